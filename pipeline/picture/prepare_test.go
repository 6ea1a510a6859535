package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

// turned is a JPEG whose EXIF asks for an orientation.
func turned(body []byte, orientation byte) []byte {
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00"
	return append([]byte("\xff\xd8\xff\xe1\x00"+string(rune(len(exif)+2))+exif), body[2:]...)
}

func TestPrepare_TurnsAPictureUpright(t *testing.T) {
	for orientation := byte(1); orientation <= 8; orientation++ {
		s, err := picture.Prepare(t.Context(), turned(jpegOf(bands(64, 32, red, blue)), orientation), nil)
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := image.Decode(bytes.NewReader(s.Body))
		if err != nil || m.Bounds().Dx() != s.SentWidth || s.Width != s.SentWidth || (s.Width < s.Height) != (orientation >= 5) {
			t.Fatalf("%d: %d by %d, %v", orientation, s.Width, s.Height, err)
		}
		first := red
		if strings.ContainsRune("2378", rune('0'+orientation)) {
			first = blue
		}
		if got := m.At(4, 4); !near(got, first) {
			t.Errorf("%d: %v, want %v", orientation, got, first)
		}
		if bytes.Contains(s.Body, []byte("Exif")) {
			t.Errorf("%d: the metadata went along", orientation)
		}
	}
}

func TestPrepare_SendsNoMoreThanAModelLooksAt(t *testing.T) {
	s, err := picture.Prepare(t.Context(), jpegOf(bands(2000, 1500, red, blue)), nil)
	if err != nil || s.SentWidth*s.SentHeight > picture.SentPixels || s.Width != 2000 || s.MediaType != "image/jpeg" {
		t.Errorf("%d by %d, %v", s.SentWidth, s.SentHeight, err)
	}
}

func TestPrepare_LeavesAlone(t *testing.T) {
	var moving bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{red, blue})
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	for code, body := range map[string][]byte{
		"animated": moving.Bytes(), "pixel": pngOf(bands(1, 1, red)), "uniform": pngOf(bands(9, 9, red)), "transparent": pngOf(bands(9, 9, clear)),
	} {
		_, err := picture.Prepare(t.Context(), body, nil)
		if left := (*picture.Left)(nil); !errors.As(err, &left) || left.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestPrepare_RefusesWhatMemoryHasNoRoomFor(t *testing.T) {
	if _, err := picture.Prepare(t.Context(), claiming(8000, 6000), picture.NewMemory(64<<20)); !errors.Is(err, picture.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := picture.Prepare(t.Context(), pngOf(bands(60, 40, red, blue)), picture.NewMemory(64<<20)); err != nil {
		t.Error(err)
	}
}

func TestLeaveAlone(t *testing.T) {
	for _, tt := range []struct {
		url           string
		width, height int
		code          string
	}{
		{"https://a.example/p.gif", 1, 1, "pixel"}, {"https://a.example/s.gif", 600, 3, "pixel"},
		{"https://a.example/{{user.picture}}", 0, 0, "merge-tag"}, {"https://a.example/%%photo%%.png", 0, 0, "merge-tag"}, {"https://a.example/*|PHOTO|*", 0, 0, "merge-tag"},
		{"https://a.example/placeholder.gif?x", 0, 0, "placeholder"},
		{"https://a.example/hero%20one.png", 600, 400, ""}, {"data:image/png,{{", 0, 0, ""},
	} {
		code := ""
		if left := picture.LeaveAlone(tt.url, tt.width, tt.height); left != nil {
			code = left.Code
		}
		if code != tt.code {
			t.Errorf("%s: %q, want %q", tt.url, code, tt.code)
		}
	}
}
