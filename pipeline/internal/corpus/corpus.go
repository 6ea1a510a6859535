// Package corpus is copy of invented funnels for tests: originals, rewrites that a good copywriter would hand in, and
// the ways in which a model errs. It is imported by tests alone.
//
// testdata holds a file for each World. In it each piece begins with "--- " and its role; ">>>" parts the original from
// its rewrite.
package corpus

import (
	"embed"
	"fmt"
	"strings"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

//go:embed testdata/*.txt
var files embed.FS

// A World is a funnel's former owner and the client who has it now.
type World struct {
	Name       string
	Client     brand.Brand
	Former     brand.Former
	Banned     string // one of Client.Avoid, a verb or noun
	Inflected  string // a form of Banned
	Competitor string
	Misspelt   string // Client.Name as it must not be written
}

// A Pair is an original and a good rewrite of it.
type Pair struct {
	World   *World
	Text    funnel.Text
	Rewrite string
}

// Worlds are trades, each with a former owner and a client. All are invented.
var Worlds = []*World{
	{
		Name: "sleep",
		Client: brand.Brand{
			Name: "Quiet Harbor", People: []string{"Ines Calder"}, Products: []brand.Product{{Name: "Harbor Nights Method", Price: "$249"}},
			Avoid:       []string{"hustle", "guru", "miracle", "fake urgency", "act now", "cheap", "sleep hack", "crush it"},
			Prefer:      []brand.Prefer{{Use: "members", Instead: []string{"customers"}}},
			Competitors: []string{"Dozeley", "Slumberworks"}, Voice: []string{"calm", "plain"}, ReadingGrade: 7,
		},
		Former: brand.Former{Names: []string{"Marlow & Finch"}, People: []string{"Tessa Brandt"}, Domains: []string{"marlowfinch.example"}, Emails: []string{"tessa@marlowfinch.example"}},
		Banned: "hustle", Inflected: "hustling", Competitor: "Dozeley", Misspelt: "quiet Harbour",
	},
	{
		Name: "money",
		Client: brand.Brand{
			Name: "Tidewell", People: []string{"Amara Osei"}, Products: []brand.Product{{Name: "The Ledger Room", Price: "$50,000"}},
			Avoid:       []string{"get rich", "loophole", "hack", "crypto", "financial freedom", "secret"},
			Prefer:      []brand.Prefer{{Use: "borrowing", Instead: []string{"gearing"}}},
			Competitors: []string{"Brightvault", "Fundly Grove"}, ReadingGrade: 9, Exclamations: new(bool), Emoji: new(bool),
		},
		Former: brand.Former{Names: []string{"Peakwise Capital", "Peakwise"}, People: []string{"Dorian Hale"}, Domains: []string{"peakwise.example"}, Emails: []string{"dorian@peakwise.example"}},
		Banned: "loophole", Inflected: "loopholes", Competitor: "Brightvault", Misspelt: "TideWell",
	},
	{
		Name: "table",
		Client: brand.Brand{
			Name: "Knusper & Kraut", People: []string{"Jonas Weidt"}, Products: []brand.Product{{Name: "Sunday Loaf Course"}},
			Avoid:       []string{"guilt-free", "clean eating", "skinny", "detox", "cheat day"},
			Competitors: []string{"Crumbville"}, Exclamations: yes(), Emoji: yes(),
		},
		Former: brand.Former{Names: []string{"Saffron Table"}, People: []string{"Mireille Aubert"}, Domains: []string{"saffrontable.example"}, Socials: []string{"https://instagram.com/saffrontable"}},
		Banned: "detox", Inflected: "detoxing", Competitor: "Crumbville", Misspelt: "knusper and Kraut",
	},
	{
		Name: "gym",
		Client: brand.Brand{
			Name: "Meadow Strength", People: []string{"Priya Nand"}, Avoid: []string{"shred", "no pain no gain", "beast mode", "bikini body"},
			Competitors: []string{"FlexForge"}, Exclamations: yes(), Emoji: yes(), ReadingGrade: 7,
		},
		Former: brand.Former{Names: []string{"Ironclad Fitness", "Ironclad"}, People: []string{"Brock Tanner"}, Domains: []string{"ironcladfit.example"}},
		Banned: "shred", Inflected: "shredding", Competitor: "FlexForge", Misspelt: "Meadow strength",
	},
	{
		Name: "homes",
		Client: brand.Brand{
			Name: "Lindenhof Homes", People: []string{"Tobias Renn"}, Avoid: []string{"dream home", "hurry", "steal", "nestled"},
			Competitors: []string{"Keystead"}, Voice: []string{"warm", "exact"},
		},
		Former: brand.Former{Names: []string{"Casa Prime Realty", "Casa Prime"}, People: []string{"Gwen Astor"}, Domains: []string{"casaprime.example"}},
		Banned: "steal", Inflected: "stealing", Competitor: "Keystead", Misspelt: "LindenHof Homes",
	},
	{
		Name: "stack",
		Client: brand.Brand{
			Name: "Slatewise", People: []string{"Maren Holt"}, Avoid: []string{"disrupt", "game-changer", "10x", "synergy", "magic"},
			Prefer: []brand.Prefer{{Use: "workspace", Instead: []string{"platform"}}}, Competitors: []string{"Boardly"}, ReadingGrade: 8,
		},
		Former: brand.Former{Names: []string{"PingRocket"}, People: []string{"Zane Okafor"}, Domains: []string{"pingrocket.example"}},
		Banned: "disrupt", Inflected: "disrupting", Competitor: "Boardly", Misspelt: "SlateWise",
	},
	{
		Name: "smile",
		Client: brand.Brand{
			Name: "Birchgrove Dental", People: []string{"Lena Mori"}, Avoid: []string{"painless", "cheap", "drill", "Hollywood smile"},
			Competitors: []string{"Dentalux"}, ReadingGrade: 8,
		},
		Former: brand.Former{Names: []string{"Whitlock Smiles"}, People: []string{"Evan Whitlock"}, Domains: []string{"whitlocksmiles.example"}},
		Banned: "drill", Inflected: "drilling", Competitor: "Dentalux", Misspelt: "BirchGrove Dental",
	},
	{
		Name: "school",
		Client: brand.Brand{
			Name: "Loom & Ladder", People: []string{"Nadia Brix"}, Avoid: []string{"ninja", "rockstar", "hack", "guru"},
			Competitors: []string{"Learnaroo"}, Exclamations: yes(), Emoji: yes(),
		},
		Former: brand.Former{Names: []string{"CodeSprint Academy", "CodeSprint"}, People: []string{"Rex Holloway"}, Domains: []string{"codesprint.example"}},
		Banned: "hack", Inflected: "hacking", Competitor: "Learnaroo", Misspelt: "Loom and Ladder",
	},
	{
		Name: "shelter",
		Client: brand.Brand{
			Name: "Second Porch", People: []string{"Wendell Amos"}, Avoid: []string{"victim", "pity", "forever home"},
			Competitors: []string{"Furhaven"}, ReadingGrade: 6,
		},
		Former: brand.Former{Names: []string{"Paws Forward Alliance", "Paws Forward"}, People: []string{"Colette Ruiz"}, Domains: []string{"pawsforward.example"}},
		Banned: "victim", Inflected: "victims", Competitor: "Furhaven", Misspelt: "SecondPorch",
	},
	{
		Name: "bistro",
		Client: brand.Brand{
			Name: "Copper Ladle", People: []string{"Anouk Silva"}, Avoid: []string{"foodie", "mouthwatering", "yummy"},
			Competitors: []string{"Plateful"}, Exclamations: yes(), Emoji: yes(),
		},
		Former: brand.Former{Names: []string{"Trattoria Bellini", "Bellini"}, People: []string{"Gino Ferro"}, Domains: []string{"trattoriabellini.example"}},
		Banned: "foodie", Inflected: "foodies", Competitor: "Plateful", Misspelt: "Copper ladle",
	},
	{
		Name: "parent",
		Client: brand.Brand{
			Name: "Small Hours", People: []string{"Ruth Adeyemi"}, Avoid: []string{"bad mom", "bad parent", "lazy", "supermom"},
			Competitors: []string{"Kinderly"}, ReadingGrade: 6,
		},
		Former: brand.Former{Names: []string{"Mama Bear Method"}, People: []string{"Shelly Kemp"}, Domains: []string{"mamabear.example"}},
		Banned: "lazy", Inflected: "laziest", Competitor: "Kinderly", Misspelt: "SmallHours",
	},
}

func yes() *bool { b := true; return &b }

// GoodRewrites returns all pairs, in the order of their files, each under a key of its own.
func GoodRewrites() []Pair {
	var pairs []Pair
	for _, w := range Worlds {
		data, err := files.ReadFile("testdata/" + w.Name + ".txt")
		if err != nil {
			panic(err) // it is embedded
		}
		for i, piece := range strings.Split(strings.TrimPrefix(string(data), "--- "), "\n--- ") {
			role, rest, _ := strings.Cut(piece, "\n")
			was, now, ok := strings.Cut(rest, "\n>>>\n")
			if !ok {
				panic(fmt.Sprintf("%s: piece %d has no rewrite", w.Name, i+1))
			}
			id := fmt.Sprintf("%s_%s_%d", w.Name, role, i+1)
			pairs = append(pairs, Pair{w, funnel.Text{Key: id, ElementID: id, Field: "text", Text: was, Page: "opt", Role: funnel.Role(role)}, strings.TrimRight(now, "\n")})
		}
	}
	return pairs
}

// Texts returns the originals of all pairs.
func Texts() []funnel.Text {
	var texts []funnel.Text
	for _, p := range GoodRewrites() {
		texts = append(texts, p.Text)
	}
	return texts
}
