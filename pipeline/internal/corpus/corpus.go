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

// Worlds are three trades, three former owners and three clients. All are invented.
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
