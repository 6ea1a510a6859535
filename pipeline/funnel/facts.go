package funnel

// A Fact is something that a text says and a rewrite must not change.
type Fact struct {
	Kind  string // "price", "percent", "number", "date", "time", "phone", "code", "duration", "ordinal", "mark", "quote"
	Text  string // as it stands in the text
	Value string // the same for every spelling of the same fact: "97 USD"
}

// Facts returns the facts of a text, in order.
func Facts(text string) []Fact { return nil }
