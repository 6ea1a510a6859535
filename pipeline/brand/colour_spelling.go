package brand

import (
	"fmt"
	"strings"

	"golang.org/x/image/colornames"
)

// readValue reads the value of an element that holds a colour: what readColour reads, any name of CSS, and a semicolon
// behind it. What has no colour of its own (transparent, currentColor) is none.
func readValue(value string) (rgba, bool) {
	bare := bareValue(value)
	c, ok := readColour(bare, true)
	if named, known := colornames.Map[strings.ToLower(bare)]; !ok && known {
		c, ok = rgba{float64(named.R) / 255, float64(named.G) / 255, float64(named.B) / 255, 1}, true
	}
	return c.written(), ok && c.a > 0
}

// bareValue is a value without the white space around it and the semicolon behind it.
func bareValue(value string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), ";"))
}

// spell writes a colour in the way that a value was written in, which readValue has read: hex as #RRGGBB, in small
// letters where it had some; a function as rgb(), or rgba() with the alpha as it was; a name as #RRGGBB.
func spell(value string, c rgba) string {
	bare := bareValue(value)
	return strings.Replace(value, bare, spellBare(bare, c), 1)
}

func spellBare(bare string, c rgba) string {
	if m := colourFun.FindStringSubmatch(bare); m != nil {
		args := strings.Fields(strings.NewReplacer(",", " ", "/", " ").Replace(m[2]))
		if strings.EqualFold(m[1], "color") {
			args = args[1:] // srgb
		}
		channels := fmt.Sprintf("%d, %d, %d", byteOf(c.r), byteOf(c.g), byteOf(c.b))
		if len(args) == 4 {
			return "rgba(" + channels + ", " + args[3] + ")"
		}
		return "rgb(" + channels + ")"
	}
	hex, alpha := c.hex(), ""
	if digits, ok := strings.CutPrefix(bare, "#"); ok {
		switch len(digits) {
		case 4:
			alpha = digits[3:] + digits[3:]
		case 8:
			alpha = digits[6:]
		}
	} else if !bareHex.MatchString(bare) {
		return hex // a name
	} else {
		hex = hex[1:]
	}
	if strings.ContainsAny(bare, "abcdef") {
		hex = strings.ToLower(hex)
	}
	return hex + alpha
}
