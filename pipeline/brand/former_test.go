package brand_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// strings of an invented funnel, id to text.
var fernFunnel = []funnel.Text{
	{ElementID: "opt_brand_name", Text: "Fern & Fable"},
	{ElementID: "opt_meta_title", Text: "Success! | Fern & Fable", Role: funnel.RoleMetaTitle},
	{ElementID: "ty_meta_title", Text: "Download | Fern & Fable", Role: funnel.RoleMetaTitle},
	{ElementID: "email_from_name", Text: "Odalys from Fern & Fable"},
	{ElementID: "email_signature", Text: "<p>Warmly,</p><p>Odalys Quint<br>Founder, Fern & Fable</p>"},
	{ElementID: "support_email", Text: "odalys@fernfable.com"},
	{ElementID: "form_email_placeholder", Text: "your@email.com", Role: funnel.RoleLabel},
	{ElementID: "cta_url", Text: "https://www.fernfable.com/guide.pdf"},
	{ElementID: "hero_image_url", Text: "https://images.leadconnectorhq.com/a.png"},
	{ElementID: "instagram_url", Text: "https://instagram.com/fernfable"},
	{ElementID: "share_url", Text: "https://facebook.com/sharer/sharer.php?u=x"},
	{ElementID: "company_phone", Text: "(555) 014-7788"},
}

func TestFindFormer(t *testing.T) {
	want := brand.Former{
		Names: []string{"Fern & Fable"}, People: []string{"Odalys", "Odalys Quint"}, Domains: []string{"fernfable.com"},
		Emails: []string{"odalys@fernfable.com"}, Phones: []string{"(555) 014-7788"}, Socials: []string{"https://instagram.com/fernfable"},
	}
	if diff := cmp.Diff(want, brand.FindFormer(fernFunnel, brand.Brand{})); diff != "" {
		t.Errorf("want, got: %s", diff)
	}
	t.Run("the client's own is not the former owner's", func(t *testing.T) {
		client := brand.Brand{Name: "Fern & Fable", People: []string{"Odalys Quint", "Odalys"}, Contact: brand.Contact{
			Domains: []string{"fernfable.com"}, Socials: []string{"https://www.instagram.com/fernfable/"}, Phones: []string{"555 014 7788"}}}
		if diff := cmp.Diff(brand.Former{}, brand.FindFormer(fernFunnel, client)); diff != "" {
			t.Errorf("want, got: %s", diff)
		}
	})
	t.Run("a common word at the end of a title is no name", func(t *testing.T) {
		got := brand.FindFormer([]funnel.Text{
			{ElementID: "a_meta_title", Text: "Our Planner | Success"}, {ElementID: "b_meta_title", Text: "Our Planner List | Success"},
		}, brand.Brand{})
		if slices.Contains(got.Names, "Success") {
			t.Errorf("names: %q", got.Names)
		}
	})
}

func TestReplacement(t *testing.T) {
	former := brand.FindFormer(fernFunnel, brand.Brand{})
	client := brand.Brand{Name: "Moss Row", Contact: brand.Contact{Emails: []string{"hello@mossrow.com"}, Domains: []string{"mossrow.com"}, Phones: []string{"+1 555 010 0001"},
		Socials: []string{"https://instagram.com/mossrow"}}}
	for _, test := range []struct {
		name     string
		operator map[string]string
		was, now string
	}{
		{"an address by the guide's only one", nil, "odalys@fernfable.com", "hello@mossrow.com"},
		{"a home page by the guide's only site", nil, "https://www.fernfable.com/", "https://mossrow.com/"},
		{"a path stays until an operator maps the domain", nil, "https://www.fernfable.com/guide.pdf", "https://www.fernfable.com/guide.pdf"},
		{"a mapped domain keeps the path", map[string]string{"fernfable.com": "mossrow.com"}, "https://www.fernfable.com/guide.pdf?a=1", "https://mossrow.com/guide.pdf?a=1"},
		{"a domain that only ends alike stays", map[string]string{"fernfable.com": "mossrow.com"}, "https://notfernfable.com/x", "https://notfernfable.com/x"},
		{"another subdomain stays", map[string]string{"fernfable.com": "mossrow.com"}, "https://shop.fernfable.com/x", "https://shop.fernfable.com/x"},
		{"a general mailbox of a mapped domain", map[string]string{"fernfable.com": "mossrow.com"}, "mailto:help@fernfable.com?subject=Hi", "mailto:help@mossrow.com?subject=Hi"},
		{"a profile by the one of its network", nil, "https://instagram.com/fernfable", "https://instagram.com/mossrow"},
		{"a phone number", nil, `<a href="tel:5550147788">555-014-7788</a>`, `<a href="tel:+15550100001">+1 555 010 0001</a>`},
		{"a name", nil, "Fern & Fable, since 2011", "Moss Row, since 2011"},
	} {
		t.Run(test.name, func(t *testing.T) {
			now, done := brand.NewReplacement(test.operator, former, client).Replace(test.was)
			if now != test.now || (len(done) > 0) != (now != test.was) {
				t.Errorf("%q becomes %q, want %q; told: %q", test.was, now, test.now, done)
			}
		})
	}
	left := brand.Leftover([]funnel.Text{{ElementID: "cta_url", Text: "https://www.fernfable.com/guide.pdf"}, {ElementID: "h", Text: "Moss Row"}}, former, client)
	if len(left) != 1 || left[0].ElementID != "cta_url" || !strings.Contains(left[0].Message, "fernfable.com/guide.pdf") {
		t.Errorf("left: %v", left)
	}
}

func TestScore(t *testing.T) {
	tried := []string{"brand.banned", "style.doubled", "copy.language"}
	fails := func(rule string, s funnel.Severity) []funnel.Finding {
		return []funnel.Finding{{Rule: rule, Severity: s}}
	}
	for _, test := range []struct {
		name     string
		findings []funnel.Finding
		want     int
	}{
		{"all kept", nil, 100},
		{"a warning costs half of its weight", fails("style.doubled", funnel.Warning), 95},
		{"an error is under half", fails("style.doubled", funnel.Error), 49},
		{"a weightier error costs more", append(fails("brand.banned", funnel.Error), fails("copy.language", funnel.Error)...), 10},
	} {
		if got := brand.Score(test.findings, tried); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
