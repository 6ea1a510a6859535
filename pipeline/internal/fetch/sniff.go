package fetch

import (
	"bytes"
	"regexp"
	"strings"
)

// A format is a kind of file, told by its first bytes.
type format struct {
	name   string // of a codec; with an article, where there is none for it
	remedy string // what to do about a file that is not worked on
}

const export = "export it as png, jpeg or webp"

// magic are the files told by what they begin with. A dot stands for any byte.
var magic = []struct {
	begins string
	format
}{
	{"\x89PNG\r\n\x1a\n", format{name: "png"}},
	{"\xff\xd8\xff", format{name: "jpeg"}},
	{"RIFF....WEBP", format{name: "webp"}},
	{"GIF87a", format{name: "gif"}},
	{"GIF89a", format{name: "gif"}},
	{"II*\x00", format{name: "tiff"}},
	{"MM\x00*", format{name: "tiff"}},
	{"BM....\x00\x00\x00\x00", format{name: "bmp"}},
	{"II+\x00", format{"a big tiff", export}},
	{"MM\x00+", format{"a big tiff", export}},
	{"\x00\x00\x01\x00", format{"an ico", export}},
	{"\x00\x00\x02\x00", format{"a cur", export}},
	{"%PDF-", format{"a pdf", "export the page as png, jpeg or webp"}},
	{"8BPS", format{"a photoshop file", export}},
	{"\x00\x00\x00\x0cJXL \r\n", format{"a jpeg xl", export}},
	{"\xff\x0a", format{"a jpeg xl", export}},
	{"\x00\x00\x00\x0cjP  \r\n", format{"a jpeg 2000", export}},
	{"\xff\x4f\xff\x51", format{"a jpeg 2000", export}},
	{"\x1aE\xdf\xa3", format{"a video", "use a picture"}},
	{"PK\x03\x04", format{"a zip", "use the address of the picture itself"}},
	{"\x1f\x8b", format{"a gzip", "use the address of the picture itself"}},
}

// brands are the files of ISO's media format, by brand.
var brands = map[string]format{
	"avif": {"an avif", export}, "avis": {"an avif", export},
	"heic": {"a heic", export}, "heix": {"a heic", export}, "heim": {"a heic", export}, "heis": {"a heic", export},
	"hevc": {"a heic", export}, "hevx": {"a heic", export}, "mif1": {"a heic", export}, "msf1": {"a heic", export},
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
		return format{"a video", "use a picture"}
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(body[:min(len(body), 4096)]), "\ufeff"))
	switch {
	case len(body) == 0:
		return format{"empty", "check the file"}
	case strings.HasPrefix(text, "<"):
		svg, page := svgElement.FindStringIndex(text), htmlElement.FindStringIndex(text)
		if svg != nil && (page == nil || svg[0] < page[0]) {
			return format{"an svg", export}
		}
		if page != nil {
			return format{"a web page", "use the address of the picture itself"}
		}
		return format{"an xml document", "use the address of the picture itself"}
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return format{"a json document", "use the address of the picture itself"}
	}
	return format{"not a known kind of picture", "use a png, jpeg or webp"}
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
