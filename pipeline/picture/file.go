package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// file is a source's bytes, and what they say beside of the pixels.
type file struct {
	body    []byte // as a decoder takes it: what every viewer forgives is mended
	plain   bool   // a PNG or JPEG that holds a picture and nothing else
	turn    int    // the EXIF orientation, 1 to 8; 1 is upright
	profile []byte // ICC; nil where there is none
}

// open reads a source's metadata, none of its pixels.
func open(body []byte) file {
	switch {
	case bytes.HasPrefix(body, []byte("\xff\xd8")):
		return openJPEG(body)
	case bytes.HasPrefix(body, pngMagic):
		return openPNG(body)
	case len(body) > 12 && string(body[8:12]) == "WEBP":
		return openWebP(body)
	case bytes.HasPrefix(body, []byte("II*\x00")), bytes.HasPrefix(body, []byte("MM\x00*")):
		return file{body: body, turn: orientation(body)}
	}
	return file{body: body, turn: 1}
}

var jpegEnd = []byte{0xff, 0xd9}

// openJPEG adds an end marker that is missing.
func openJPEG(body []byte) file {
	f := file{body: body, plain: true, turn: 1}
	var exif bool
	var parts [256][]byte // of the profile, numbered from 1
	segments(body, func(marker byte, data []byte) bool {
		tiff, isEXIF := bytes.CutPrefix(data, []byte("Exif\x00\x00"))
		icc, isICC := bytes.CutPrefix(data, []byte("ICC_PROFILE\x00"))
		switch {
		case marker == 0xe1 && isEXIF && !exif:
			exif, f.turn = true, orientation(tiff)
		case marker == 0xe2 && isICC && len(icc) > 2:
			parts[icc[0]] = icc[2:]
		}
		if marker > 0xe0 && marker < 0xee || marker == 0xef || marker == 0xfe { // not JFIF's nor Adobe's, which say how to decode
			f.plain = false
		}
		return true
	})
	for _, part := range parts {
		f.profile = append(f.profile, part...)
	}
	if !bytes.HasSuffix(body, jpegEnd) {
		f.plain, f.body = false, append(body[:len(body):len(body)], jpegEnd...)
	}
	return f
}

var pngMagic = []byte("\x89PNG\r\n\x1a\n")

// harmless are the chunks of a plain PNG that are no part of the pixels.
var harmless = map[string]bool{"tRNS": true, "sRGB": true, "gAMA": true, "cHRM": true, "pHYs": true, "sBIT": true, "bKGD": true, "hIST": true}

// openPNG leaves away the chunks that a decoder has no need of, whatever their checksums are, and what follows the end.
func openPNG(body []byte) file {
	f := file{body: body, plain: true, turn: 1}
	kept := bytes.NewBuffer(nil)
	keep := func(kind string, data []byte, sum []byte) {
		kept.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
		kept.WriteString(kind)
		kept.Write(data)
		kept.Write(sum)
	}
	type chunk struct {
		kind      string
		data, sum []byte
	}
	var chunks []chunk
	ended := false
	for at := len(pngMagic); at+8 <= len(body) && !ended; {
		size := int64(binary.BigEndian.Uint32(body[at:]))
		if int64(at)+8+size > int64(len(body)) {
			break
		}
		end := at + 8 + int(size)
		c := chunk{string(body[at+4 : at+8]), body[at+8 : end], body[end:min(end+4, len(body))]}
		right := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body[at+4:end]))
		critical := c.kind[0]&0x20 == 0
		if !bytes.Equal(c.sum, right) && (!critical || len(c.sum) < 4) {
			c.sum, f.plain = right, false
		}
		switch c.kind {
		case "eXIf":
			f.turn = orientation(c.data)
		case "iCCP":
			if _, packed, ok := bytes.Cut(c.data, []byte{0}); ok && len(packed) > 1 {
				f.profile = inflated(packed[1:])
			}
		}
		f.plain = f.plain && (critical || harmless[c.kind])
		if critical || c.kind == "tRNS" {
			chunks = append(chunks, c)
		}
		ended = c.kind == "IEND"
		at = end + 4
		f.plain = f.plain && !(ended && at < len(body))
	}
	if f.plain && ended {
		return f
	}
	f.plain = false
	kept.Grow(len(body))
	kept.Write(pngMagic)
	for _, c := range chunks {
		keep(c.kind, c.data, c.sum)
	}
	if !ended {
		keep("IEND", nil, []byte{0xae, 0x42, 0x60, 0x82})
	}
	f.body = kept.Bytes()
	return f
}

func openWebP(body []byte) file {
	f := file{body: body, turn: 1}
	for at := 12; at+8 <= len(body); {
		size := int64(binary.LittleEndian.Uint32(body[at+4:]))
		if int64(at)+8+size > int64(len(body)) {
			break
		}
		data := body[at+8 : at+8+int(size)]
		switch string(body[at : at+4]) {
		case "EXIF":
			f.turn = orientation(bytes.TrimPrefix(data, []byte("Exif\x00\x00")))
		case "ICCP":
			f.profile = data
		}
		at += 8 + int(size+size&1)
	}
	return f
}

// inflated unpacks a profile; nil where it is damaged or larger than any.
func inflated(packed []byte) []byte {
	const largest = 4 << 20
	reader, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(reader, largest+1))
	if err != nil || len(profile) > largest {
		return nil
	}
	return profile
}

// orientation is what EXIF data or a TIFF says of how the picture is to be turned, 1 to 8; 1 is not at all.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	for n, at := order.Uint16(tiff[at:]), at+2; n > 0 && at+12 <= int64(len(tiff)); n, at = n-1, at+12 {
		if order.Uint16(tiff[at:]) == 0x0112 {
			if turn := int(order.Uint16(tiff[at+8:])); turn >= 1 && turn <= 8 {
				return turn
			}
		}
	}
	return 1
}
