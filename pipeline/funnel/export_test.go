package funnel

// For the tests: which rule decided, and what counts as a link.
var (
	WhyNotCopy = whyNotCopy
	Links      = links
)
