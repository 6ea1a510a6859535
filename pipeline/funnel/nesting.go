package funnel

import (
	"html"
	"regexp"
	"strings"
)

// A nesting is what the order of tags and text says about a text.
type nesting struct {
	balanced bool // every tag that opens is closed, inside the one that was open before
	outside  bool // text stands outside every tag
	empty    int  // elements with nothing in them
}

// void are the elements that never have an end tag.
var void = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true,
	"link": true, "meta": true, "param": true, "source": true, "track": true, "wbr": true,
}

var tagName = regexp.MustCompile(`^</?([A-Za-z][^\s/>]*)`)

// nest looks at the nesting of pieces.
func nest(pieces []piece) nesting {
	n := nesting{balanced: true}
	var open []string
	fresh := false // nothing has come since the innermost element opened
	for _, p := range pieces {
		switch p.kind {
		case prose, merge:
			if strings.TrimSpace(html.UnescapeString(p.text)) != "" {
				n.outside = n.outside || len(open) == 0
				fresh = false
			}
		case tag:
			name := strings.ToLower(tagName.FindStringSubmatch(p.text)[1])
			switch {
			case strings.HasPrefix(p.text, "</"):
				if len(open) == 0 || open[len(open)-1] != name {
					n.balanced = false
					continue
				}
				open = open[:len(open)-1]
				if fresh {
					n.empty++
				}
				fresh = false
			case void[name] || strings.HasSuffix(p.text, "/>"):
				fresh = false
			default:
				open = append(open, name)
				fresh = true
			}
		}
	}
	n.balanced = n.balanced && len(open) == 0
	return n
}
