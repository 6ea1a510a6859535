package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// statement is the XMP packet that says that a model made a picture from another one, in the words of the IPTC
// (https://cv.iptc.org/newscodes/digitalsourcetype/), which search engines and social networks read.
const statement = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>" +
	`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
	`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" ` +
	`Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"/>` +
	`</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

// said is in every value by which the IPTC's vocabulary, and C2PA after it, says that a model had a part in a picture.
var said = []byte("rainedAlgorithmicMedia")

const (
	xmpSegment  = "http://ns.adobe.com/xap/1.0/\x00"
	xmpExtended = "http://ns.adobe.com/xmp/extension/\x00"
	xmpChunk    = "XML:com.adobe.xmp\x00"
)

// synthetic is a JPEG or PNG whose metadata say that a model made it; no pixel of it is touched. One that says so
// already is left byte for byte, for it may be signed. XMP that does not say so is replaced.
func synthetic(body []byte) []byte {
	switch {
	case bytes.HasPrefix(body, []byte{0xff, 0xd8}):
		return syntheticJPEG(body)
	case bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")):
		return syntheticPNG(body)
	}
	return body
}

func syntheticJPEG(body []byte) []byte {
	var segment []byte
	segment = append(segment, 0xff, 0xe1)
	segment = binary.BigEndian.AppendUint16(segment, uint16(2+len(xmpSegment)+len(statement)))
	segment = append(append(segment, xmpSegment...), statement...)
	out := append(make([]byte, 0, len(body)+len(segment)), body[:2]...)
	at, placed, says := 2, false, false
	place := func() {
		if !placed {
			out, placed = append(out, segment...), true
		}
	}
	for at+4 <= len(body) && body[at] == 0xff && !says {
		marker, size := body[at+1], 2+int(binary.BigEndian.Uint16(body[at+2:]))
		if marker < 0xc0 || marker == 0xd8 || marker == 0xd9 || marker == 0xda || marker == 0xff || at+size > len(body) {
			break
		}
		data := body[at+4 : max(at+4, at+size)]
		says = marker >= 0xe0 && bytes.Contains(data, said)
		isXMP := marker == 0xe1 && (bytes.HasPrefix(data, []byte(xmpSegment)) || bytes.HasPrefix(data, []byte(xmpExtended)))
		// JFIF and EXIF each want to be the first.
		if marker != 0xe0 && (marker != 0xe1 || !bytes.HasPrefix(data, []byte("Exif\x00"))) {
			place()
		}
		if !isXMP {
			out = append(out, body[at:at+size]...)
		}
		at += size
	}
	if says {
		return body
	}
	place()
	return append(out, body[at:]...)
}

func syntheticPNG(body []byte) []byte {
	const first = 8 + 25 // the signature and the header's chunk, which comes first
	if len(body) < first {
		return body
	}
	data := xmpChunk + "\x00\x00\x00\x00" + statement // neither compressed, nor in a language, nor translated
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	chunk = append(append(chunk, "iTXt"...), data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	out := append(make([]byte, 0, len(body)+len(chunk)), body[:first]...)
	out = append(out, chunk...)
	at := first
	for at+12 <= len(body) {
		size := 12 + int64(binary.BigEndian.Uint32(body[at:]))
		if int64(at)+size > int64(len(body)) {
			break
		}
		kind, data := string(body[at+4:at+8]), body[at+8:at+int(size)-4]
		if kind != "IDAT" && bytes.Contains(data, said) {
			return body
		}
		if kind != "iTXt" || !bytes.HasPrefix(data, []byte(xmpChunk)) {
			out = append(out, body[at:at+int(size)]...)
		}
		at += int(size)
	}
	return append(out, body[at:]...)
}
