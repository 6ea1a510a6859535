package funnel

import (
	"regexp"
	"slices"
	"strings"
)

// roleWords are the words of an id, read from its end, that say what a text
// does. A word that is not here says nothing, and the one before it is asked.
var roleWords = func() map[string]Role {
	known := make(map[string]Role)
	for role, ids := range map[Role]string{
		RoleHeadline:        "headline heading header title subheadline subheading subtitle subhead h1 h2 h3 h4 h5 h6 hook tagline slogan",
		RoleButton:          "button btn cta submit",
		RoleLabel:           "placeholder label hint tooltip",
		RoleSubject:         "subject",
		RolePreheader:       "preheader preview",
		RoleKeywords:        "keywords keyword",
		RoleName:            "author",
		RoleAlt:             "alt",
		RoleMetaDescription: "description",
		RoleBody:            "body message paragraph subtext copy letter content footer signature closing intro story bullet feature faq answer question testimonial review quote",
	} {
		for _, word := range strings.Fields(ids) {
			known[word] = role
		}
	}
	return known
}()

// owners are the words before name that make it a brand's or a person's, and
// not a form's field.
var owners = strings.Fields("brand from sender company business author founder host coach owner site store shop organisation organization")

// roleOf returns what a text does on its page. The id is given as words does.
func roleOf(id string, kind []string, field, text string) Role {
	switch field {
	case "alt_text", "alt", "altText":
		return RoleAlt
	case "placeholder", "label":
		if !slices.Contains(kind, "button") {
			return RoleLabel
		}
	}
	role := roleOfID(strings.Split(id, "_"))
	if role == "" {
		role = roleOfKind(kind)
	}
	if role == "" || role == RoleBody {
		role = roleOfLook(text, role)
	}
	if length := len(strings.Fields(text)); role == RoleHeadline && length > 40 || role == RoleButton && length > 12 || role == RoleName && length > 8 {
		return RoleBody
	}
	return role
}

// roleOfID asks the words of an id, the last first.
func roleOfID(ids []string) Role {
	has := func(words ...string) bool {
		return slices.ContainsFunc(ids, func(word string) bool { return slices.Contains(words, word) })
	}
	page := has("meta", "seo", "og", "twitter", "social")
	for i, word := range slices.Backward(ids) {
		role := roleWords[word]
		switch {
		case word == "name":
			if i > 0 && slices.Contains(owners, ids[i-1]) {
				return RoleName
			}
			continue
		case word == "header" && i > 0 && ids[i-1] == "pre":
			return RolePreheader
		case word == "title" && (page || i > 0 && ids[i-1] == "page"):
			return RoleMetaTitle
		case word == "description" && !page:
			return RoleBody
		case word == "preview" && !has("email", "subject", "inbox"):
			continue
		case role == RoleLabel && word == "label" && has("button", "btn", "cta"):
			return RoleButton
		case role == "":
			continue
		}
		return role
	}
	return ""
}

// roleOfKind asks the words of an element's type.
func roleOfKind(kind []string) Role {
	for _, word := range kind {
		switch word {
		case "heading", "headline", "subheadline", "title", "h1", "h2", "h3", "h4", "h5", "h6":
			return RoleHeadline
		case "button", "btn", "cta":
			return RoleButton
		case "label", "input", "placeholder", "field":
			return RoleLabel
		case "paragraph":
			return RoleBody
		}
	}
	return ""
}

var (
	headingOnly = regexp.MustCompile(`(?is)^\s*<h[1-6][\s>][^<]*(?:<(?:/?(?:b|i|u|em|strong|span|br|mark|font|sup|sub)\b)[^>]*>[^<]*)*</h[1-6]>\s*$`)
	buttonOnly  = regexp.MustCompile(`(?is)^\s*<(?:button\b[^>]*>.*</button>|input\b[^>]*\btype=["']?(?:submit|button)\b[^>]*>)\s*$`)
	inputOnly   = regexp.MustCompile(`(?is)^\s*<(?:input|textarea|label)\b[^>]*>[^<]*(?:</(?:textarea|label)>)?\s*$`)
)

// roleOfLook asks the text's HTML.
func roleOfLook(text string, otherwise Role) Role {
	switch {
	case headingOnly.MatchString(text):
		return RoleHeadline
	case buttonOnly.MatchString(text):
		return RoleButton
	case inputOnly.MatchString(text):
		return RoleLabel
	case otherwise == "":
		return RoleBody
	}
	return otherwise
}

// pages are the words at an id's beginning that name a page.
var pages = regexp.MustCompile(`^((?:opt_?in|opt|thank_?you|thanks|ty|download|dl|delivery|email|mail|upsell|oto|downsell|sales|checkout|` +
	`order|cart|confirm|confirmation|webinar|replay|registration|register|reg|landing|lp|squeeze|home|about|bonus|vsl|survey|quiz|application|` +
	`membership|members|blog|product|sms|ad|popup|booking|calendar|contact|pricing|offer|invoice|receipt)(?:_?\d+)?|(?:page|step|day)_?\d+)(?:_|$)`)

// pageOf returns the page that an element says it is on, or that its id begins
// with.
func pageOf(e element) string {
	for _, field := range []string{"page", "pageId", "step"} {
		page, ok := text(e.fields[field])
		if raw := e.fields[field]; !ok && raw != nil && kindOf(raw) == "a number" {
			page = string(raw)
		}
		if page = strings.TrimSpace(page); page != "" && len(page) <= 64 {
			return page
		}
	}
	match := pages.FindStringSubmatch(words(e.id))
	if match == nil {
		return ""
	}
	return match[1]
}
