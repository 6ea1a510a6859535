// Package funnel reads a funnel, finds what in it may change, and puts the
// changes back.
//
// A funnel is what funnel builders export: a JSON array of elements, with a
// text, or of type "image" with a url and an alt_text, or of something this
// package does not know.
//
//	Parse ──▶ Texts, Images ──▶ (rewritten elsewhere) ──▶ Fit, Check ──▶ Merge
//	      ├─▶ Held: strings that are not copy, each with the reason
//	      └─▶ Unread: elements without anything to replace, each with the reason
//
// What comes out is published as it is, so whatever was not rewritten survives
// byte for byte: key order, unknown keys, number spelling, escapes, white
// space. For that a Funnel keeps the bytes it was read from and where in them
// each value stands, and Merge writes new values into those places. Nothing is
// decoded and encoded again.
//
// The package is pure: it opens no file and no address, and knows no model.
package funnel

import (
	"bytes"
	"regexp"
	"slices"
)

// The limits of a funnel. They are far above what funnel builders export, and
// keep one run's payload, prompt and records within what the services take.
const (
	MaxElements = 5000     // elements in a funnel
	MaxTexts    = 20_000   // strings of all elements, each node of rich text counted
	MaxText     = 64 << 10 // bytes of one text or alt_text, decoded
	MaxFunnel   = 8 << 20  // bytes of the whole document
	MaxID       = 512      // bytes of one element_id, which becomes part of database keys
)

// A Text is one piece of copy: a text that people read and that may be
// rewritten.
type Text struct {
	// Key tells the text apart from every other one of the funnel; Merge takes
	// the rewrite under it. It is the element's id, nearly always. The second
	// element with the id "a" has the key "a~2". A string that is not the
	// element's text has its field behind it, "a#alt_text", and the nodes of
	// rich text are "a#0", "a#1". Where a key would be another element's id, ~2
	// (or the next number that is free) is put behind it.
	Key       string
	ElementID string
	Field     string // the element's key that holds it: "text" or "alt_text"
	Text      string
	Page      string // the page it is on, as far as its id says: "opt", "ty", "email"; "" where it says nothing
	Role      Role
}

// A Role is what a text does on its page. It bounds a rewrite's length and form.
type Role string

// The roles. What is none of the others is RoleBody.
const (
	RoleBody            Role = "body"
	RoleHeadline        Role = "headline"
	RoleButton          Role = "button"
	RoleLabel           Role = "label" // of a form's field, its placeholder
	RoleSubject         Role = "subject"
	RolePreheader       Role = "preheader"
	RoleMetaTitle       Role = "metaTitle"
	RoleMetaDescription Role = "metaDescription"
	RoleKeywords        Role = "keywords"
	RoleAlt             Role = "alt"   // of an image
	RoleName            Role = "name"  // of a brand, an author, a sender
	RoleLegal           Role = "legal" // privacy, terms, disclaimer, unsubscribe
)

// Kept is something of the funnel that was left as it is on purpose, and why.
type Kept struct {
	ElementID string `json:"elementId"`
	Code      string `json:"code"`    // for programs: "url", "locked", "unknownType"
	Message   string `json:"message"` // for people
}

// A Finding is a rule that a rewrite breaks.
type Finding struct {
	Rule     string   `json:"rule"` // its name: "fact.price", "brand.former"
	Severity Severity `json:"severity"`
	Message  string   `json:"message"` // one sentence, in words that a model can act on
}

// A Severity says what a finding does to a rewrite.
type Severity string

const (
	// Error: the rewrite is not taken. It is asked for again, and what breaks the rule to the end keeps its original.
	Error Severity = "error"
	// Warning: the rewrite may be taken. It is asked for again as often as one that is not, and costs its score.
	Warning Severity = "warning"
)

// A Held is a string of the funnel that is not copy, so that no model sees it:
// an address, a colour, a legal line, a text of a locked element.
// Code may replace it; Merge takes the new value under its key.
type Held struct {
	Text
	Code    string // for programs: "url", "email", "colour", "legal", "locked"; see messages
	Message string // for people: "a web address, not copy"
}

// An Image is an element of type image that names a picture.
type Image struct {
	Key           string // tells it apart from every other image of the funnel: see Text
	ElementID     string
	URL, AltText  string
	AltKey        string // the key of its AltText among Texts or Held; "" where it has none
	Page          string // as of a Text
	Width, Height int    // in pixels; 0 where the element does not say, or says garbage
	Transparent   bool   // the background is to be transparent
}

// A Funnel is a parsed funnel. It never changes, so it is safe for concurrent
// use. Parse makes one; the zero Funnel is of no use.
//
// Every element is accounted for: it has a text in Texts or Held, is in Images,
// or is in Unread.
type Funnel struct {
	raw      []byte
	count    int             // elements
	leaves   []leaf          // every string that may be replaced, element by element
	pictures []picture       // every url of a picture
	unread   []Kept          // the elements that have neither
	texts    map[string]int  // key to place in leaves
	urls     map[string]int  // key to place in pictures
	elements map[string]bool // the keys of all elements
	patterns []*regexp.Regexp
}

// A leaf is one string of an element, and where it stands.
type leaf struct {
	Text
	code   string // why it is held; "" where it is copy
	value  span   // the JSON string to replace, quotes included
	nested bool   // the JSON string stands in JSON that stands in a JSON string
	size   int    // of nested: bytes of the inner JSON string
	whole  *whole // of nested: the string that it stands in
}

// A whole is a text that holds rich-text JSON.
type whole struct {
	key  string // of the element
	size int    // in bytes, decoded
}

// A picture is an image, and where its url stands.
type picture struct {
	Image
	value span
}

// A span is a place in the raw bytes: from start up to, not including, end.
type span struct{ start, end int }

// Len returns the number of elements, those of unknown types included.
func (f *Funnel) Len() int { return f.count }

// Texts returns the copy, in funnel order.
func (f *Funnel) Texts() []Text {
	var texts []Text
	for _, l := range f.leaves {
		if l.code == "" {
			texts = append(texts, l.Text)
		}
	}
	return texts
}

// Held returns every string that is not copy, in funnel order, with the reason.
func (f *Funnel) Held() []Held {
	var held []Held
	for _, l := range f.leaves {
		if l.code != "" {
			held = append(held, Held{Text: l.Text, Code: l.code, Message: messages[l.code]})
		}
	}
	return held
}

// Unread returns the elements in which nothing may be replaced, in funnel
// order, with the reason.
func (f *Funnel) Unread() []Kept { return slices.Clone(f.unread) }

// Images returns the elements of type image whose url is not blank and that are
// not locked, in funnel order. Two of them may share one url.
func (f *Funnel) Images() []Image {
	var images []Image
	for _, p := range f.pictures {
		images = append(images, p.Image)
	}
	return images
}

// Placeholders returns the patterns of Options, for the check of a rewrite.
func (f *Funnel) Placeholders() []*regexp.Regexp { return slices.Clone(f.patterns) }

// Raw returns a copy of the array as it was given to Parse, white space and
// all, without a byte order mark. Where Parse was given a JSON string that
// holds an array, it is the array.
func (f *Funnel) Raw() []byte { return bytes.Clone(f.raw) }
