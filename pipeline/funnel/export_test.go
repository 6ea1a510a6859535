package funnel

// For the tests: which rule decided.
var WhyNotCopy = whyNotCopy
