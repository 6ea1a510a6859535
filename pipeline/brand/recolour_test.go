package brand_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// held reads lines of "id value"; the page is what stands before a slash of the id.
func held(lines string) []funnel.Held {
	var found []funnel.Held
	for line := range strings.Lines(lines) {
		id, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		page, _, ok := strings.Cut(id, "/")
		if !ok {
			page = ""
		}
		id = strings.TrimPrefix(id, page+"/")
		found = append(found, funnel.Held{Text: funnel.Text{Key: page + "/" + id, ElementID: id, Field: "text", Text: value, Page: page}, Code: "colour"})
	}
	return found
}

// after gives every colour by its key as it is after the change.
func after(colours []funnel.Held, r brand.Recoloured) map[string]string {
	now := make(map[string]string)
	for _, h := range colours {
		now[h.Key] = h.Text.Text
		if v, ok := r.Values[h.Key]; ok {
			now[h.Key] = v
		}
	}
	return now
}

var (
	marsh = []brand.Colour{{Hex: "#1F7A8C", Role: brand.Primary}, {Hex: "#E0A458", Role: brand.Secondary}, {Hex: "#B5446E", Role: brand.Accent}}
	paper = append(slices.Clone(marsh), brand.Colour{Hex: "#FBF7F0", Role: brand.Background}, brand.Colour{Hex: "#EFE9DF", Role: brand.Surface},
		brand.Colour{Hex: "#1B1F27", Role: brand.Ink}, brand.Colour{Hex: "#5C6370", Role: brand.Muted})
)

func TestRecolour(t *testing.T) {
	for name, tt := range map[string]struct {
		colours string
		palette []brand.Colour
		want    map[string]string // values by key; what is not there is kept
		kept    []string          // codes, in order
	}{
		"the brand's colours take the roles in their order": {
			"brand #7A4FD0\nbrand_2 #E8B06A\naccent #C2417A", marsh,
			map[string]string{"/brand": "#1F7A8C", "/brand_2": "#E0A458", "/accent": "#B5446E"}, nil,
		},
		"a number may stand at the word": {"colorBrand2 #E8B06A", marsh, map[string]string{"/colorBrand2": "#E0A458"}, nil},
		"greys stay, slate and navy-black among them": {
			"text_primary #0f172a\ntext_secondary #334155\ntext_tertiary #64748b\nbg_hero #0B0D13", marsh, map[string]string{}, []string{"neutral", "neutral", "neutral", "neutral"},
		},
		"greys take a text or background colour that is like them": {
			"bg #FFFFFF\ncard_bg #F3F4F6\ntext #111827\ntext_secondary #6B7280\nborder #E5E7EB", paper,
			map[string]string{"/bg": "#FBF7F0", "/card_bg": "#EFE9DF", "/text": "#1B1F27", "/text_secondary": "#5C6370"}, []string{"neutral"},
		},
		"greys do not take one that is not": {"bg_hero #0B0D13\ntext_hero #FFFFFF", paper, map[string]string{}, []string{"neutral", "neutral"}},
		"a pale pink is no grey, and becomes as pale a tint": {
			"bg #FCE7F3", []brand.Colour{{Hex: "#1F7A8C", Role: brand.Primary}}, map[string]string{"/bg": "#DAF3F9"}, nil,
		},
		"what is dark may become what white can be read on": {"brand #1E1B4B", marsh, map[string]string{"/brand": "#1F7A8C"}, nil},
		"what is light does not become dark": {
			"brand_2 #F9D5DF", []brand.Colour{{Hex: "#14213D", Role: brand.Secondary}, {Hex: "#E0A458", Role: brand.Primary}}, map[string]string{"/brand_2": "#E0A458"}, nil,
		},
		"what is dark does not become light": {
			"brand #4A0D2B", []brand.Colour{{Hex: "#F2C14E", Role: brand.Primary}, {Hex: "#14213D", Role: brand.Accent}}, map[string]string{"/brand": "#14213D"}, nil,
		},
		"a button that repeats the brand's colour goes with it": {
			"brand #7A4FD0\nbutton #7B50D1\ncta_border #C2417A", marsh, map[string]string{"/brand": "#1F7A8C", "/button": "#1F7A8C", "/cta_border": "#B5446E"}, nil,
		},
		"a link with a palette that can be read on white": {"link #C2417A", marsh, map[string]string{"/link": "#B5446E"}, nil},
		"colours without a role take those that are free": {
			"brand #7A4FD0\nbrand_2 #3FA34D", []brand.Colour{{Hex: "#F5F5F5"}, {Hex: "#1F7A8C"}, {Hex: "#B5446E"}}, map[string]string{"/brand": "#1F7A8C", "/brand_2": "#B5446E"}, nil,
		},
		"a brand of black and white": {"brand #7A4FD0", []brand.Colour{{Hex: "#000000", Role: brand.Primary}}, map[string]string{"/brand": "#000000"}, nil},
		"an error stays red":         {"color_error #D92D20", marsh, map[string]string{}, []string{"colour"}},
		"the client's own stays":     {"brand #1f7a8c", marsh, map[string]string{}, []string{"colour"}},
		"what is none stays": {
			"brand transparent\nbg currentColor\naccent #C2417A00\ntext var(--x)", marsh, map[string]string{}, []string{"colour", "colour", "colour", "colour"},
		},
		"every spelling is kept": {
			"a/brand #7a4fd0\nb/brand #74d\nc/brand #74DC\nd/brand #7A4FD080\ne/brand rgb(122,79,208)\nf/brand rgba(122,79,208,.5)\ng/brand hsl(260 58% 56% / 50%)\n" +
				"h/brand oklch(0.55 0.19 293)\ni/brand mediumpurple;\nj/brand color(srgb 0.48 0.31 0.82)", marsh,
			map[string]string{
				"a/brand": "#1f7a8c", "b/brand": "#1f7a8c", "c/brand": "#1F7A8CCC", "d/brand": "#1F7A8C80", "e/brand": "rgb(31, 122, 140)", "f/brand": "rgba(31, 122, 140, .5)",
				"g/brand": "rgba(31, 122, 140, 50%)", "h/brand": "rgb(31, 122, 140)", "i/brand": "#1F7A8C;", "j/brand": "rgb(31, 122, 140)",
			}, nil,
		},
		"without a palette all stays": {"brand #7A4FD0\ntext #111111", nil, map[string]string{}, []string{"colour", "neutral"}},
		"a palette of no colours is none": {
			"brand #7A4FD0", []brand.Colour{{Hex: "mauvish", Role: brand.Primary}}, map[string]string{}, []string{"colour"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := brand.Recolour(held(tt.colours), tt.palette)
			if diff := cmp.Diff(tt.want, r.Values); diff != "" {
				t.Error(diff)
			}
			var codes []string
			for _, k := range r.Kept {
				codes = append(codes, k.Code)
				if k.ElementID == "" || k.Message == "" {
					t.Errorf("%+v says too little", k)
				}
			}
			if diff := cmp.Diff(tt.kept, codes); diff != "" {
				t.Errorf("kept: %s", diff)
			}
		})
	}
}

func TestRecolour_LeavesTextLegible(t *testing.T) {
	for name, tt := range map[string]struct {
		colours    string
		palette    []brand.Colour
		text, on   string // keys; "" is white
		atLeast    float64
		note       string
		wantGround string
	}{
		"a link on a white page is shaded where the palette is too pale": {
			"link #7A4FD0", []brand.Colour{{Hex: "#F2C14E", Role: brand.Primary}}, "/link", "", 4.5,
			"link is #967100, the nearest shade of primary #F2C14E that is legible on what it stands on.", "",
		},
		"a heading is large": {"heading #7A4FD0", []brand.Colour{{Hex: "#E8590C", Role: brand.Primary}}, "/heading", "", 3, "", ""},
		"white text keeps a dark button": {
			"button_bg #5B2A9D\nbutton_text #FFFFFF", []brand.Colour{{Hex: "#F2C14E", Role: brand.Accent}, {Hex: "#0B525B", Role: brand.Secondary}},
			"/button_text", "/button_bg", 4.5, "", "#0B525B",
		},
		"a button is shaded where the palette has none for its text": {
			"button #7A4FD0\nbutton_text #FFFFFF", []brand.Colour{{Hex: "#F2C14E", Role: brand.Accent}}, "/button_text", "/button", 4.5,
			"button is #967100, the nearest shade of accent #F2C14E that is as light or dark as before and leaves the text on it legible.", "#967100",
		},
		"a button that has to change makes its text legible": {
			"button #E0708A\nbutton_text #FFFFFF", []brand.Colour{{Hex: "#F2C14E", Role: brand.Accent}}, "/button_text", "/button", 4.5,
			"button is #967100, the nearest shade of accent #F2C14E that is as light or dark as before and leaves the text on it legible.", "#967100",
		},
		"text stands on the background of its place": {
			"bg #FFFFFF\nhero_bg #2A0F4A\nhero_link #D9C2FF", marsh, "/hero_link", "/hero_bg", 4.5,
			"hero_bg is #00272E, the nearest shade of primary #1F7A8C that is as light or dark as before and leaves the text on it legible.", "#00272E",
		},
		"light text without a place stands on the darkest": {
			"bg_hero #0B0D13\nbg_section #111522\ntext_light #F4F4F6\nlink #C9A6FF", marsh, "/link", "/bg_hero", 4.5, "", "",
		},
		"an id says what a text stands on": {
			"bg #FFFFFF\nopt_color_brand #5B2A9D\nopt_color_on_brand #FFFFFF", []brand.Colour{{Hex: "#F2C14E", Role: brand.Primary}, {Hex: "#0B525B", Role: brand.Accent}},
			"/opt_color_on_brand", "/opt_color_brand", 4.5, "", "#0B525B",
		},
		"a second button has a text of its own": {
			"button #5B2A9D\nbutton_text #FFFFFF\nbutton_secondary #F7D9E3\nbutton_secondary_text #5B2A9D", marsh, "/button_secondary_text", "/button_secondary", 4.5,
			"button_secondary_text is #830F44, the nearest shade of accent #B5446E that is legible on what it stands on.", "",
		},
		"a grey gives way to a new background": {
			"bg #FFFFFF\ntext #767676", []brand.Colour{{Hex: "#E8E2D6", Role: brand.Background}, {Hex: "#1F7A8C", Role: brand.Primary}}, "/text", "/bg", 4.5,
			"text is #656565, the nearest shade of its own #767676 that is legible on what it stands on.", "#E8E2D6",
		},
		"what could not be read is no worse, and told": {
			"bg #FFFFFF\ntext #BBBBBB", marsh, "/text", "/bg", 1.91, "text on bg has a contrast of 1.91:1, under the 4.5:1 of WCAG 2.2 AA; it had 1.91:1 before.", "",
		},
		"a fill that white could be read on is told": {
			"brand #7A4FD0", []brand.Colour{{Hex: "#F2C14E", Role: brand.Primary}}, "", "", 0,
			"On brand, white text had a contrast of 5.44:1 and has 1.67:1 now; if the page writes in white there, it can no longer be read.", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			colours := held(tt.colours)
			r := brand.Recolour(colours, tt.palette)
			now := after(colours, r)
			ground := "#FFFFFF"
			if tt.on != "" {
				ground = now[tt.on]
			}
			if got := brand.Contrast(now[tt.text], ground); tt.text != "" && got < tt.atLeast {
				t.Errorf("%s on %s has %.2f:1", now[tt.text], ground, got)
			}
			if tt.wantGround != "" && ground != tt.wantGround {
				t.Errorf("the ground is %s", ground)
			}
			if got := strings.Join(r.Notes, "\n"); got != tt.note {
				t.Errorf("notes %q", got)
			}
			if len(r.Problems) > 0 {
				t.Errorf("problems %q", r.Problems)
			}
		})
	}
}

// The fields of an element are what CSS calls them.
func TestRecolour_ReadsFields(t *testing.T) {
	var colours []funnel.Held
	for field, value := range map[string]string{"backgroundColor": "#5B2A9D", "color": "#FFFFFF", "borderColor": "#5B2A9D"} {
		colours = append(colours, funnel.Held{Text: funnel.Text{Key: "cta_button#" + field, ElementID: "cta_button", Field: field, Text: value}, Code: "colour"})
	}
	r := brand.Recolour(colours, []brand.Colour{{Hex: "#F2C14E", Role: brand.Accent}, {Hex: "#0B525B", Role: brand.Primary}})
	want := map[string]string{"cta_button#backgroundColor": "#0B525B", "cta_button#borderColor": "#0B525B"}
	if diff := cmp.Diff(want, r.Values); diff != "" {
		t.Error(diff)
	}
}

func TestRecolour_SaysWhoseColoursStay(t *testing.T) {
	r := brand.Recolour(held("brand #7A4FD0\nlink #C2417A\ntext #111111"), nil)
	want := []string{"The brand guide names no colour, so 2 of the former owner's stay: brand #7A4FD0, link #C2417A."}
	if diff := cmp.Diff(want, r.Problems); diff != "" {
		t.Error(diff)
	}
	if r := brand.Recolour(held("text #111111"), nil); len(r.Problems) > 0 {
		t.Errorf("a grey is nobody's: %q", r.Problems)
	}
}

// recolourIDs are ids whose pairs the property test knows: a text, and what it stands on for certain.
var (
	recolourIDs   = strings.Fields("brand brand_2 accent button_bg button_text bg bg_hero hero_heading hero_text card_bg card_link text_primary text_secondary link heading border color_error x")
	recolourPairs = map[string]string{"button_text": "button_bg", "hero_heading": "bg_hero", "hero_text": "bg_hero", "card_link": "card_bg"}
)

// holdRecolour recolours what the bytes stand for and holds the result against what is promised.
func holdRecolour(t *testing.T, data []byte) {
	t.Helper()
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return b
	}
	roles := []brand.Role{"", brand.Primary, brand.Secondary, brand.Accent, brand.Background, brand.Surface, brand.Ink, brand.Muted}
	var palette []brand.Colour
	for range next() % 8 {
		palette = append(palette, brand.Colour{Hex: fmt.Sprintf("#%02X%02X%02X", next(), next(), next()), Role: roles[next()%8]})
	}
	var colours []funnel.Held
	was := make(map[string]string)
	for len(data) > 0 && len(colours) < 60 {
		id, page := recolourIDs[int(next())%len(recolourIDs)], []string{"", "opt", "ty"}[next()%3]
		r, g, b := next(), next(), next()
		value := []string{
			fmt.Sprintf("#%02X%02X%02X", r, g, b), fmt.Sprintf("#%02x%02x%02x", r, g, b), fmt.Sprintf("rgb(%d %d %d)", r, g, b),
			fmt.Sprintf("#%02x%02x%02x%02x", r, g, b, g), "transparent",
		}[next()%5]
		key := page + "/" + id
		if _, twice := was[key]; twice {
			continue
		}
		was[key] = value
		colours = append(colours, funnel.Held{Text: funnel.Text{Key: key, ElementID: id, Text: value, Page: page}, Code: "colour"})
	}
	r := brand.Recolour(colours, palette)
	if again := brand.Recolour(colours, palette); !cmp.Equal(r, again) {
		t.Fatalf("not the same twice: %s", cmp.Diff(r, again))
	}
	if len(r.Values)+len(r.Kept) != len(colours) {
		t.Fatalf("%d values and %d kept of %d", len(r.Values), len(r.Kept), len(colours))
	}
	now := after(colours, r)
	for key, v := range r.Values {
		if brand.Contrast(v, v) != 1 {
			t.Errorf("%s became %q", key, v)
		}
		for end, other := range map[string]string{"#FFFFFF": "#000000", "#000000": "#FFFFFF"} {
			if brand.Contrast(was[key], end) < 3 && brand.Contrast(v, other) < 4.5 {
				t.Errorf("%s went from light to dark or back: %s to %s", key, was[key], v)
			}
		}
		if len(was[key]) == 9 && was[key][7:] != v[7:] {
			t.Errorf("%s lost its alpha: %s to %s", key, was[key], v)
		}
	}
	opaque := func(v string) bool { return v != "" && v != "transparent" && len(v) != 9 }
	for _, h := range colours {
		on := h.Page + "/" + recolourPairs[h.ElementID]
		if !opaque(was[h.Key]) || !opaque(was[on]) {
			continue
		}
		need := brand.ContrastText
		if strings.Contains(h.ElementID, "heading") {
			need = brand.ContrastLarge
		}
		before, got := brand.Contrast(was[h.Key], was[on]), brand.Contrast(now[h.Key], now[on])
		if got < min(need, before) {
			t.Errorf("%s on %s: %s on %s had %.3f, %s on %s has %.3f (palette %v)", h.Key, on, was[h.Key], was[on], before, now[h.Key], now[on], got, palette)
		}
	}
	// A text without a place is still legible on something that it could be read on, or no worse on its page.
	for _, h := range colours {
		if _, placed := recolourPairs[h.ElementID]; placed || !strings.Contains(" text_primary text_secondary link ", " "+h.ElementID+" ") || !opaque(was[h.Key]) {
			continue
		}
		for _, g := range []string{"bg", "bg_hero", "card_bg"} {
			on := h.Page + "/" + g
			if !opaque(was[on]) || brand.Contrast(was[h.Key], was[on]) < brand.ContrastText {
				continue
			}
			if got := brand.Contrast(now[h.Key], now[on]); got < brand.ContrastText {
				t.Errorf("%s on %s: %s on %s could be read, %s on %s has %.3f", h.Key, on, was[h.Key], was[on], now[h.Key], now[on], got)
			}
		}
	}
}

func TestRecolour_HoldsForAnyColours(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		data := make([]byte, 40+rnd.IntN(200))
		for i := range data {
			data[i] = byte(rnd.Uint32())
		}
		holdRecolour(t, data)
	}
}

func TestRecolour_BoundsItsWork(t *testing.T) {
	var lines strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&lines, "bg_%d #%02X%02XFF\nlink_%d #FF%02X%02X80\n", i, i%256, i%99, i, i%256, i%77)
	}
	colours := held(lines.String())
	r := brand.Recolour(colours, paper)
	if len(r.Values)+len(r.Kept) != len(colours) {
		t.Errorf("%d and %d of %d", len(r.Values), len(r.Kept), len(colours))
	}
}

func FuzzRecolour(f *testing.F) {
	for _, seed := range []string{"", "\x01\xf2\xc1\x4e\x01\x03\x00\x7a\x4f\xd0\x00\x04\x00\xff\xff\xff\x00", "\x00\x00\x00\x7a\x4f\xd0\x00", strings.Repeat("\x07abcdefgh", 20)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { holdRecolour(t, data) })
}
