package brand

import (
	"regexp"
	"strings"
)

var (
	mdHeading = regexp.MustCompile(`^(#{1,6})\s+(.+?)\s*#*\s*$`)
	mdBullet  = regexp.MustCompile(`^\s*(?:[-*+•]|\d{1,3}[.)])\s+(.+)$`)
	mdKey     = regexp.MustCompile(`^\**([\p{L}][\p{L}\p{N} _/'’&-]{0,40}?)\**\s*:\s*\**\s*(\S.*)?$`)
	mdRule    = regexp.MustCompile(`^\s*\|?[\s:|-]*-{2,}[\s:|-]*$`)
	mdMarks   = strings.NewReplacer("**", "", "`", "")
)

// readMarkdown reads Markdown as a tree: a heading is the key of what stands under it, "Key: value" an entry, bullets
// items, a table one object a row. Prose without any of them gives nil. Paragraphs stand under the key "".
func readMarkdown(text string) *node {
	root := &node{keys: []string{}}
	stack, levels := []*node{root}, []int{0}
	var header []string
	var entry string // the "Key:" line that bullets belong to
	found := false
	list := func(key string) *node {
		top := stack[len(stack)-1]
		if n := top.get(key); n != nil && n.list {
			return n
		}
		n := &node{list: true}
		top.put(key, n)
		return n
	}
	for raw := range strings.Lines(text) {
		line := strings.TrimRight(mdMarks.Replace(raw), " \t\r\n")
		if m := mdHeading.FindStringSubmatch(line); m != nil {
			level := len(m[1])
			for len(levels) > 1 && levels[len(levels)-1] >= level {
				stack, levels = stack[:len(stack)-1], levels[:len(levels)-1]
			}
			n := &node{keys: []string{}}
			stack[len(stack)-1].put(m[2], n)
			stack, levels = append(stack, n), append(levels, level)
			header, entry, found = nil, "", true
			continue
		}
		if strings.HasPrefix(strings.TrimSpace(line), "|") {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			if mdRule.MatchString(line) {
				continue
			}
			if found = true; header == nil {
				header = cells
				continue
			}
			row := &node{keys: []string{}}
			for i, cell := range cells {
				if i < len(header) {
					row.put(header[i], &node{text: cell})
				}
			}
			if len(cells) > 1 { // the row by its first cell too, as "Primary | #0A2540" means
				row.put(" row", &node{text: cells[0]})
			}
			rows := list(" rows")
			rows.kids = append(rows.kids, row)
			continue
		}
		header = nil
		bullet := mdBullet.FindStringSubmatch(line)
		if bullet != nil {
			line = bullet[1]
		}
		if m := mdKey.FindStringSubmatch(line); m != nil && (bullet == nil || entry == "") && !strings.HasPrefix(m[2], "//") {
			found = true
			if entry = ""; m[2] == "" {
				entry = m[1]
			} else {
				stack[len(stack)-1].put(m[1], &node{text: m[2]})
			}
			continue
		}
		switch {
		case bullet != nil:
			found = true
			items := list(entry)
			items.kids = append(items.kids, &node{text: line})
		case strings.TrimSpace(line) != "":
			entry = ""
			stack[len(stack)-1].put("", &node{text: strings.TrimSpace(line)})
		}
	}
	if !found {
		return nil
	}
	return root
}
