package picture_test

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

// segment is a JPEG's, of at most 65,533 bytes.
func segment(marker byte, data string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(data))), data...)
}

// chunk is a PNG's.
func chunk(kind, data string) []byte {
	b := append(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func with(body []byte, at int, put ...[]byte) []byte {
	return bytes.Join([][]byte{body[:at], bytes.Join(put, nil), body[at:]}, nil)
}

const says = `Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"`

func TestFit_SaysThatAModelMadeIt(t *testing.T) {
	photo, logo := jpegOf(photo(1, 60, 40)), pngOf(bands(60, 40, red, clear))
	jfif := segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	exif := segment(0xe1, "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00")
	for name, tt := range map[string]struct {
		answer []byte
		want   picture.Want
		after  []byte // what it stands right behind
	}{
		"in a JPEG that is left as it is": {photo, picture.Want{}, photo[:2]},
		"behind what wants to be first":   {with(photo, 2, jfif, exif), picture.Want{}, exif},
		"in the place of other XMP":       {with(photo, 2, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<other/>")), picture.Want{}, photo[:2]},
		"in a JPEG that is made":          {photo, picture.Want{Width: 20, Height: 20, Format: "jpeg"}, photo[:2]},
		"in a PNG that is left as it is":  {logo, picture.Want{Transparent: true}, logo[:33]},
		"in the place of a PNG's own":     {with(logo, 33, chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00<other/>")), picture.Want{Transparent: true}, logo[:33]},
		"in a PNG that is made":           {logo, picture.Want{Width: 20, Height: 20, Transparent: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := picture.Fit(tt.answer, tt.want)
			if err != nil {
				t.Fatal(err)
			}
			decoded(t, f.Body)
			from, to := bytes.Index(f.Body, []byte("<?xpacket begin")), bytes.Index(f.Body, []byte(`<?xpacket end="w"?>`))
			if from < 0 || to < from || bytes.Count(f.Body, []byte(says)) != 1 || bytes.Contains(f.Body, []byte("<other/>")) {
				t.Fatal("it does not say so, once")
			}
			if at := bytes.Index(f.Body, tt.after); at != 0 && tt.after == nil || at < 0 || from-(at+len(tt.after)) > 64 {
				t.Errorf("it stands at %d, not behind %d", from, at)
			}
			if err := xml.NewDecoder(strings.NewReader(string(f.Body[from:to]))).Decode(new(struct{ XMLName xml.Name })); err != nil {
				t.Error(err)
			}
		})
	}
}

// Content credentials say it too, and hold for the very bytes alone.
func TestFit_LeavesASignedAnswerAsItIs(t *testing.T) {
	claim := "jumb c2pa.created http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
	for name, answer := range map[string][]byte{
		"a JPEG": with(jpegOf(photo(1, 60, 40)), 2, segment(0xeb, claim)),
		"a PNG":  with(pngOf(bands(60, 40, red, clear)), 33, chunk("caBX", claim)),
	} {
		t.Run(name, func(t *testing.T) {
			if f, err := picture.Fit(answer, picture.Want{}); err != nil || !bytes.Equal(f.Body, answer) {
				t.Error("it is changed", err)
			}
		})
	}
}
