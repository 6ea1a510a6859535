// Package funnel reads a funnel, finds what in it may change, and puts the
// changes back.
//
// A funnel is what funnel builders export: a JSON array of elements, of type
// "character" with a text, of type "image" with a url, or of a type this
// package does not know.
//
//	Parse ──▶ Texts, Images ──▶ (rewritten elsewhere) ──▶ Fit, Check ──▶ Merge
//
// What comes out is published as it is, so whatever was not rewritten survives
// byte for byte: key order, unknown keys, number spelling, escapes, white
// space. For that a Funnel keeps the bytes it was read from and where in them
// each value stands, and Merge writes new values into those places. Nothing is
// decoded and encoded again.
//
// The package is pure: it opens no file and no address, and knows no model.
package funnel

import "bytes"

// The limits of a funnel. They are far above what funnel builders export, and
// keep one run's payload, prompt and records within what the services take.
const (
	MaxElements = 5000     // elements in a funnel
	MaxText     = 64 << 10 // bytes of one text or alt_text, decoded
	MaxFunnel   = 8 << 20  // bytes of the whole document
	MaxID       = 512      // bytes of one element_id, which becomes part of database keys
)

// A Text is one piece of copy: a text that people read and that may be
// rewritten.
type Text struct {
	// Key tells the text apart from every other one of the funnel; Merge takes
	// the rewrite under it. It is the element's id where that is the id of one
	// element and the element has one text, which is nearly always.
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

// An Image is an element of type image that names a picture.
type Image struct {
	Key           string // tells it apart from every other image of the funnel: see Text
	ElementID     string
	URL, AltText  string
	Page          string // as of a Text
	Width, Height int    // in pixels; 0 where the element does not say, or says garbage
	Transparent   bool   // the background is to be transparent
}

// A Funnel is a parsed funnel. It never changes, so it is safe for concurrent
// use. Parse makes one; the zero Funnel is of no use.
type Funnel struct {
	raw      []byte
	elements []element
	index    map[string]int // element_id to place in elements
}

// An element is what Merge must know of one element of the array: its id, and
// the place of the one value that may be replaced.
type element struct {
	id    string
	use   use
	text  string // use copyText: as decoded
	image Image  // use picture
	value span   // the JSON string to replace
}

// A use is what an element may have replaced.
type use int

const (
	untouched use = iota // nothing
	copyText             // its text
	picture              // its url
)

// A span is a place in the raw bytes: from start up to, not including, end.
type span struct{ start, end int }

// Len returns the number of elements, those of unknown types included.
func (f *Funnel) Len() int { return len(f.elements) }

// Texts returns the copy, in funnel order: the texts of character elements for
// which IsCopy holds.
func (f *Funnel) Texts() []Text {
	var texts []Text
	for _, e := range f.elements {
		if e.use == copyText {
			texts = append(texts, Text{Key: e.id, ElementID: e.id, Field: "text", Text: e.text, Role: RoleBody})
		}
	}
	return texts
}

// Images returns the elements of type image whose url is not blank, in funnel
// order. Two of them may share one url.
func (f *Funnel) Images() []Image {
	var images []Image
	for _, e := range f.elements {
		if e.use == picture {
			images = append(images, e.image)
		}
	}
	return images
}

// Raw returns a copy of the array as it was given to Parse, white space and
// all, without a byte order mark. Where Parse was given a JSON string that
// holds an array, it is the array.
func (f *Funnel) Raw() []byte { return bytes.Clone(f.raw) }
