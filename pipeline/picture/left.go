package picture

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"
)

// Left is why a picture is left alone: redrawing it would break what it is for.
type Left struct {
	Code    string // "animated", "pixel", "uniform", "transparent", "merge-tag" or "placeholder"
	Message string // one sentence in lower case
}

func (l *Left) Error() string { return l.Message }

// spacer is the longest side, in pixels, of a tracking pixel or a spacer.
const spacer = 3

var (
	mergeTag    = regexp.MustCompile(`\{\{|\{%|%%[A-Za-z_]+%%|\*\|[^|]+\|\*|\$\{|%7B%7B|\[\[`)
	placeholder = regexp.MustCompile(`(?i)/(?:lazy[-_]?(?:load)?|placeholder|blank|spacer|pixel|1x1|transparent)\.(?:gif|png|svg)(?:[?#]|$)`)
	noPicture   = &Left{"pixel", "it is a tracking pixel or a spacer"}
)

// LeaveAlone says, before anything is fetched, that an element's picture is to be left alone; nil where it is not.
// A side that is not known is 0.
func LeaveAlone(url string, width, height int) *Left {
	switch {
	case width > 0 && width <= spacer, height > 0 && height <= spacer:
		return noPicture
	case strings.HasPrefix(strings.ToLower(url), "data:"):
		return nil // what it holds tells
	case mergeTag.MatchString(url):
		return &Left{"merge-tag", "its address holds a merge tag, which is filled in when it is sent"}
	case placeholder.MatchString(url):
		return &Left{"placeholder", "its address is that of a placeholder, and the picture is elsewhere"}
	}
	return nil
}

// animated says that a GIF, PNG or WebP has more than one frame.
func animated(body []byte) bool {
	switch {
	case bytes.HasPrefix(body, []byte("GIF8")):
		return gifFrames(body) > 1
	case bytes.HasPrefix(body, []byte("\x89PNG")):
		for at := 8; at+8 <= len(body); {
			kind := string(body[at+4 : at+8])
			if kind == "acTL" || kind == "IDAT" {
				return kind == "acTL" && (at+12 > len(body) || binary.BigEndian.Uint32(body[at+8:]) > 1)
			}
			at += 12 + int(binary.BigEndian.Uint32(body[at:]))
		}
	case len(body) > 20 && string(body[8:16]) == "WEBPVP8X":
		return body[20]&0x02 != 0
	}
	return false
}

// gifFrames counts a GIF's frames, up to two, without decoding any.
func gifFrames(body []byte) (frames int) {
	if len(body) < 13 {
		return 0
	}
	table := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	at := 13 + table(body[10])
	blocks := func() {
		for at < len(body) && body[at] != 0 {
			at += 1 + int(body[at])
		}
		at++
	}
	for at+10 < len(body) && frames < 2 {
		switch body[at] {
		case 0x21:
			at += 2
			blocks()
		case 0x2c:
			frames++
			at += 11 + table(body[at+9])
			blocks()
		default:
			return frames
		}
	}
	return frames
}
