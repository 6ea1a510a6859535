package funnel

import (
	"regexp"
	"strings"
)

// A block says what a placeholder does to the stretch of text behind it.
type block int

const (
	output  block = iota // nothing: it stands for a value
	opening              // {{#if x}}, [et_pb_text]; or a statement with no end
	middle               // {{else}}
	closing              // {{/if}}, {{ENDIF}}, [/et_pb_text]
)

var (
	blockHead = regexp.MustCompile(`^[\[{<%*|~(\-\s]*([/#^>&@!]?)[~\-\s]*(\w*)(?:\s*:\s*(\w+))?`)
	keyword   = map[string]block{}
)

func init() {
	for _, word := range strings.Fields("if ifnot unless for foreach each case switch while range with block section interested hide repeat loop capture raw comment tablerow form autoescape filter macro interestedin") {
		keyword[word] = opening
		keyword["end"+word] = closing
	}
	for _, word := range strings.Fields("else elsif elseif elif elseunless when default empty otherwise") {
		keyword[word] = middle
	}
	delete(keyword, "form")
	delete(keyword, "default")
	delete(keyword, "empty")
	keyword["end"] = closing
	keyword["next"] = closing
}

// blockOf tells what a placeholder does, and the name by which an end finds its
// beginning; the name of an end that ends anything is "".
func blockOf(text string) (block, string) {
	head := blockHead.FindStringSubmatch(text[:min(len(text), shortTag)])
	mark, word, part := head[1], strings.ToLower(head[2]), strings.ToLower(head[3])
	statement := strings.HasPrefix(text, "{%") || strings.HasPrefix(text, "%%[") || strings.HasPrefix(text, "[%") ||
		strings.HasPrefix(text, "<%") && !strings.HasPrefix(text, "<%=") || strings.HasPrefix(text, "<#") || strings.HasPrefix(text, "</#")
	switch does := keyword[word]; {
	case mark == "/" || strings.HasPrefix(text, "</"):
		return closing, strings.TrimPrefix(word, "end")
	case does == closing && (word == "end" || word == "next"):
		return closing, part
	case does == closing:
		return closing, strings.TrimPrefix(word, "end")
	case does == middle:
		return middle, word
	case does == opening:
		return opening, word
	case statement && strings.HasPrefix(word, "end"):
		return closing, strings.TrimPrefix(word, "end")
	case statement:
		return opening, word
	case strings.HasPrefix(text, "{{") && (mark == "#" || mark == "^" || mark == ">"):
		return opening, word
	}
	return output, word
}

// outline returns what each piece does. A shortcode opens a block only where the
// text closes it.
func outline(pieces []piece) ([]block, []string) {
	does, names := make([]block, len(pieces)), make([]string, len(pieces))
	ends := map[string]bool{}
	for i, p := range pieces {
		if p.kind != merge || strings.HasPrefix(p.text, "</") {
			continue
		}
		does[i], names[i] = blockOf(p.text)
		if does[i] == closing {
			ends[names[i]] = true
		}
	}
	for i, p := range pieces {
		if p.kind == merge && does[i] == output && names[i] != "" && ends[names[i]] && strings.HasPrefix(p.text, "[") {
			does[i] = opening
		}
	}
	return does, names
}

// deepest bounds how far back the beginning of a block is looked for.
const deepest = 64

// A room is a stretch of a text between two parts of its skeleton of blocks.
type room struct {
	inside bool     // of a block, an alternative or a branch
	full   bool     // something stands in it
	tags   []string // the placeholders in it
}

// rooms returns the stretches that the blocks and frames of a text make.
func rooms(pieces []piece) []room {
	does, names := outline(pieces)
	all := []room{{}}
	type begun struct {
		name string
		room int
	}
	var open []begun
	deep := map[int]int{} // how many blocks more, or fewer, hold the rooms from here on
	frames := 0
	for i, p := range pieces {
		last := &all[len(all)-1]
		switch {
		case p.kind == frame:
			if opens, closes := strings.HasSuffix(p.text, "{") || strings.HasSuffix(p.text, "["), strings.HasPrefix(p.text, "}") || strings.HasPrefix(p.text, "]"); opens && !closes {
				frames++
			} else if closes && !opens {
				frames--
			}
			all = append(all, room{inside: frames > 0})
		case does[i] == output:
			last.full = last.full || p.kind == tag || strings.TrimSpace(p.text) != ""
			if p.kind == merge {
				last.tags = append(last.tags, p.text)
			}
		default:
			all = append(all, room{inside: frames > 0})
			if does[i] == opening {
				open = append(open, begun{names[i], len(all) - 1})
			}
			for k := len(open) - 1; does[i] == closing && k >= max(0, len(open)-deepest); k-- {
				if names[i] == "" || names[i] == open[k].name {
					deep[open[k].room]++
					deep[len(all)-1]--
					open = open[:k]
					break
				}
			}
		}
	}
	depth := 0
	for i := range all {
		depth += deep[i]
		all[i].inside = all[i].inside || depth > 0
	}
	return all
}
