package funnel

import (
	"regexp"
	"slices"
	"strings"
)

var (
	hexColour = regexp.MustCompile(`^(?i:#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8}));?$`)
	sureHex   = regexp.MustCompile(`^(?i:#(?:[0-9a-f]{6}|[0-9a-f]{8}));?$`)
	function  = regexp.MustCompile(`^(?i:(?:rgba?|hsla?|hwb|oklch|oklab|lab|lch|color)\([^()]*\d[^()]*\));?$`)
)

// isColour is true for a colour in any spelling of CSS.
func isColour(text string) bool {
	return hexColour.MatchString(text) || function.MatchString(text) || namedColours[strings.ToLower(strings.TrimSuffix(text, ";"))]
}

// otherColours are the words of an id that speak of the colour of something in
// the world, whose name people read.
var otherColours = strings.Fields("hair eye eyes skin quiz question answer option choice favorite favourite name label title headline")

// colourByID is true for a colour in any spelling under an id that says that it
// holds one, and for one in a spelling that can be nothing else under any id.
// #add may be a place on a page, and White the name of a person.
func colourByID(id, text string) bool {
	if sureHex.MatchString(text) && strings.ContainsAny(text, "0123456789") || function.MatchString(text) {
		return true
	}
	switch text {
	case "transparent", "currentColor", "currentcolor":
		return true
	}
	words := strings.Split(id, "_")
	says := slices.ContainsFunc(words, func(word string) bool {
		return word == "color" || word == "colour" || word == "colors" || word == "colours"
	})
	about := slices.ContainsFunc(words, func(word string) bool { return slices.Contains(otherColours, word) })
	return says && isColour(text) && (!about || strings.HasPrefix(text, "#"))
}

// namedColours are the names of CSS Color 4.
var namedColours = func() map[string]bool {
	known := make(map[string]bool)
	for _, name := range strings.Fields(`aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
		burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray darkgreen
		darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue darkslategray
		darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia
		gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush
		lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon
		lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon
		mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise
		mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid
		palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red
		rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow
		springgreen steelblue tan teal thistle tomato transparent turquoise violet wheat white whitesmoke yellow yellowgreen currentcolor`) {
		known[name] = true
	}
	return known
}()
