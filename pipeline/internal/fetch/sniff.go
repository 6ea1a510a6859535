package fetch

import (
	"bytes"
	"regexp"
	"strings"
)

// A format is a kind of file, told by its first bytes.
type format struct {
	name      string // with an article
	remedy    string // what to do about a file that is not worked on
	mediaType string // of one that is; else ""
}

const export = "export it as png, jpeg or webp"

// magic are the files told by what they begin with. A dot stands for any byte.
var magic = []struct {
	begins string
	format
}{
	{"\x89PNG\r\n\x1a\n", format{mediaType: "image/png"}},
	{"\xff\xd8\xff", format{mediaType: "image/jpeg"}},
	{"RIFF....WEBP", format{mediaType: "image/webp"}},
	{"GIF87a", format{mediaType: "image/gif"}},
	{"GIF89a", format{mediaType: "image/gif"}},
	{"II*\x00", format{mediaType: "image/tiff"}},
	{"MM\x00*", format{mediaType: "image/tiff"}},
	{"BM....\x00\x00\x00\x00", format{mediaType: "image/bmp"}},
	{"II+\x00", format{name: "a big tiff", remedy: export}},
	{"MM\x00+", format{name: "a big tiff", remedy: export}},
	{"\x00\x00\x01\x00", format{name: "an ico", remedy: export}},
	{"\x00\x00\x02\x00", format{name: "a cur", remedy: export}},
	{"%PDF-", format{name: "a pdf", remedy: "export the page as png, jpeg or webp"}},
	{"8BPS", format{name: "a photoshop file", remedy: export}},
	{"\x00\x00\x00\x0cJXL \r\n", format{name: "a jpeg xl", remedy: export}},
	{"\xff\x0a", format{name: "a jpeg xl", remedy: export}},
	{"\x00\x00\x00\x0cjP  \r\n", format{name: "a jpeg 2000", remedy: export}},
	{"\xff\x4f\xff\x51", format{name: "a jpeg 2000", remedy: export}},
	{"\x1aE\xdf\xa3", format{name: "a video", remedy: "use a picture"}},
	{"PK\x03\x04", format{name: "a zip", remedy: "use the address of the picture itself"}},
	{"\x1f\x8b", format{name: "a gzip", remedy: "use the address of the picture itself"}},
}

// brands are the files of ISO's media format, by brand.
var brands = map[string]format{
	"avif": {name: "an avif", remedy: export}, "avis": {name: "an avif", remedy: export},
	"heic": {name: "a heic", remedy: export}, "heix": {name: "a heic", remedy: export}, "heim": {name: "a heic", remedy: export}, "heis": {name: "a heic", remedy: export},
	"hevc": {name: "a heic", remedy: export}, "hevx": {name: "a heic", remedy: export}, "mif1": {name: "a heic", remedy: export}, "msf1": {name: "a heic", remedy: export},
}

var (
	svgElement  = regexp.MustCompile(`(?i)<(?:\w+:)?svg[\s/>]`)
	htmlElement = regexp.MustCompile(`(?i)<(?:!doctype\s+html|html|head|body|title|meta|script|div|p|h1|a)[\s/>]`)
)

// sniff returns what a body is, by its bytes alone.
func sniff(body []byte) format {
	for _, m := range magic {
		if begins(body, m.begins) {
			return m.format
		}
	}
	if begins(body, "....ftyp") && len(body) >= 12 {
		if major, ok := brands[string(body[8:12])]; ok {
			// The generic brands name the codec among the compatible ones.
			if box := body[8:min(len(body), max(int(body[3]), 12))]; bytes.Contains(box, []byte("avi")) {
				return brands["avif"]
			}
			return major
		}
		return format{name: "a video", remedy: "use a picture"}
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(body[:min(len(body), 4096)]), "\ufeff"))
	switch {
	case len(body) == 0:
		return format{name: "empty", remedy: "check the file"}
	case strings.HasPrefix(text, "<"):
		svg, page := svgElement.FindStringIndex(text), htmlElement.FindStringIndex(text)
		if svg != nil && (page == nil || svg[0] < page[0]) {
			return format{mediaType: "image/svg+xml"}
		}
		if page != nil {
			return format{name: "a web page", remedy: "use the address of the picture itself"}
		}
		return format{name: "an xml document", remedy: "use the address of the picture itself"}
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return format{name: "a json document", remedy: "use the address of the picture itself"}
	}
	return format{name: "not a known kind of picture", remedy: "use a png, jpeg or webp"}
}

// begins is true where body begins with pattern, in which a dot is any byte.
func begins(body []byte, pattern string) bool {
	if len(body) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] != '.' && pattern[i] != body[i] {
			return false
		}
	}
	return true
}
