package brand

// A Brand is what a guide says, as far as code can use it. Everything in it may be empty. It is also the form in which
// a template's metadata.brand overrides a guide, and in which the agent gives the rules that it finds in prose.
type Brand struct {
	Name         string     `json:"name,omitempty"`
	Spellings    []Spelling `json:"spellings,omitempty"`
	Products     []Product  `json:"products,omitempty"`
	People       []string   `json:"people,omitempty"`
	Contact      Contact    `json:"contact,omitzero"`
	Palette      []Colour   `json:"palette,omitempty"`
	Fonts        []Font     `json:"fonts,omitempty"`
	Logo         []string   `json:"logo,omitempty"`      // addresses of the real logo, the best first
	LogoRules    []string   `json:"logoRules,omitempty"` // what the guide says of the logo's use
	Imagery      []string   `json:"imagery,omitempty"`   // what it says of pictures and visual style
	Voice        []string   `json:"voice,omitempty"`     // how it speaks: "calm", "plain, never cute"
	Avoid        []string   `json:"avoid,omitempty"`     // words and phrases that must not be used
	Prefer       []Prefer   `json:"prefer,omitempty"`    // words to use in place of others
	Competitors  []string   `json:"competitors,omitempty"`
	Calls        []string   `json:"callsToAction,omitempty"`
	MustSay      []string   `json:"mustSay,omitempty"`      // disclaimers
	ReadingGrade float64    `json:"readingGrade,omitempty"` // of US schools; 0: the guide does not say
	Exclamations *bool      `json:"exclamations,omitempty"` // whether the brand uses them; nil: the guide does not say
	Emoji        *bool      `json:"emoji,omitempty"`
}

// A Spelling is a name or mark that is written one way.
type Spelling struct {
	Right string   `json:"right"`
	Wrong []string `json:"wrong,omitempty"` // forms not to be used
}

// A Product is something that the brand sells.
type Product struct {
	Name  string `json:"name"`
	Price string `json:"price,omitempty"` // as the guide writes it: "$50,000"
}

// Contact is where a brand is reached.
type Contact struct {
	Emails    []string `json:"emails,omitempty"`
	Phones    []string `json:"phones,omitempty"`
	Addresses []string `json:"addresses,omitempty"` // postal, on one line each
	Domains   []string `json:"domains,omitempty"`
	Socials   []string `json:"socials,omitempty"` // addresses of profiles, and handles
}

// A Colour is one of the palette.
type Colour struct {
	Hex  string `json:"hex"` // #RRGGBB in capitals
	Role Role   `json:"role,omitempty"`
	Name string `json:"name,omitempty"` // as the guide calls it
}

// A Role is what a colour is for.
type Role string

// The roles of a palette's colours; "" is none of them, or not known.
const (
	Primary    Role = "primary"
	Secondary  Role = "secondary"
	Accent     Role = "accent"
	Background Role = "background"
	Surface    Role = "surface"
	Ink        Role = "text"
	Muted      Role = "muted" // text that stands back
)

// A Font is a family and where it is used: "headings", "body".
type Font struct {
	Family string `json:"family"`
	Use    string `json:"use,omitempty"`
}

// A Prefer is a word to use in place of others.
type Prefer struct {
	Use     string   `json:"use"`
	Instead []string `json:"instead,omitempty"`
}
