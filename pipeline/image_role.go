package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// ImageRole is what an image does on its page. It bounds what is asked for, and in which quality.
type ImageRole string

// The roles of images; "" is none of them.
const (
	RoleLogo       ImageRole = "logo"
	RoleHero       ImageRole = "hero" // the large picture at the top
	RoleAction     ImageRole = "cta"  // a call to action
	RoleIcon       ImageRole = "icon"
	RolePortrait   ImageRole = "portrait"
	RoleBackground ImageRole = "background" // behind text
)

type roleWords struct {
	role  ImageRole
	words []string
}

// imageRoles are the roles with the words in an element's id that give them away. The first that fits counts: the
// background of a hero is a background.
var imageRoles = []roleWords{
	{RoleLogo, []string{"logo", "logos", "logotype", "wordmark", "brandmark"}},
	{RoleBackground, []string{"background", "bg", "backdrop", "texture", "pattern"}},
	{RoleIcon, []string{"icon", "icons", "favicon", "badge", "bullet", "checkmark"}},
	{RolePortrait, []string{"portrait", "headshot", "avatar", "author", "founder", "speaker", "coach"}},
	{RoleAction, []string{"cta", "button", "btn"}},
	{RoleHero, []string{"hero", "banner", "masthead", "cover"}},
}

// imageRole is what an image does, by the words of its element's id and, where those say nothing, by the size in pixels
// that the element declares; 0 where it declares none.
func imageRole(id string, width, height int) ImageRole {
	words := idWords(id)
	for _, r := range imageRoles {
		if slices.ContainsFunc(r.words, func(w string) bool { return slices.Contains(words, w) }) {
			return r.role
		}
	}
	switch {
	case width <= 0 || height <= 0:
		return ""
	case max(width, height) <= 96:
		return RoleIcon
	case width >= 1000 && 2*width >= 3*height:
		return RoleHero
	}
	return ""
}

// idWords are the words of an id, in small letters: "optHero_bg2" is opt, hero and bg.
func idWords(id string) []string {
	var b strings.Builder
	small := false // the letter before
	for _, r := range id {
		switch {
		case !unicode.IsLetter(r):
			b.WriteByte(' ')
		case unicode.IsUpper(r) && small:
			b.WriteByte(' ')
			fallthrough
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		small = unicode.IsLower(r)
	}
	return strings.Fields(b.String())
}

// does is what a role is, for the image model; "" of none.
func (r ImageRole) does() string {
	switch r {
	case RoleLogo:
		return "It is a logo: keep it simple, flat and legible when it is small."
	case RoleHero:
		return "It is the large picture at the top of a page: one clear subject, and calm where text may stand."
	case RoleAction:
		return "It calls to action: its wording and its button stand out, in the brand's accent colour."
	case RoleIcon:
		return "It is shown small, as an icon: one plain form, few colours, no small detail."
	case RolePortrait:
		return "It is a portrait: the person stays who they are, natural and undistorted; change light, background and colour only."
	case RoleBackground:
		return "Text stands in front of it: low contrast, no subject, no wording."
	}
	return ""
}

// parseQualities reads the qualities of images, by role: "medium", or "medium,logo=high". That of "" is for the roles
// that are not named.
func parseQualities(text string) (map[ImageRole]string, error) {
	qualities := map[ImageRole]string{"": "medium"}
	for part := range strings.SplitSeq(text, ",") {
		role, quality, named := strings.Cut(strings.TrimSpace(part), "=")
		if !named {
			role, quality = "", role
		} else if !slices.ContainsFunc(imageRoles, func(r roleWords) bool { return string(r.role) == role }) {
			return nil, fmt.Errorf("is %q; %q is not one of logo, hero, cta, icon, portrait and background", text, role)
		}
		if !slices.Contains([]string{"low", "medium", "high", "xhigh", "max"}, quality) {
			return nil, fmt.Errorf("is %q; it must be low, medium, high, xhigh or max, by role too: medium,logo=high", text)
		}
		qualities[ImageRole(role)] = quality
	}
	return qualities, nil
}
