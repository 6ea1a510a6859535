package funnel

import (
	"regexp"
	"slices"
	"strings"
)

// The most words of a legal line. What is longer is a letter that mentions
// privacy, or a document of its own, and is read by a person in any case.
const (
	longestLine   = 60  // told by its content
	longestNotice = 250 // told by its id
)

// legalIDs are the words at an id's end that say that a text is a legal one.
var legalIDs = strings.Fields("privacy terms disclaimer disclaimers unsubscribe copyright gdpr cookie cookies legal disclosure tos consent imprint")

// neutralIDs are the words of an id that say nothing of what a text is.
var neutralIDs = strings.Fields("text copy line note notice content html policy footer link label message small")

// legalSentence finds a sentence that has legal effect.
var legalSentence = regexp.MustCompile(`(?i)(?:©|&copy;|\(c\)\s*\d{4}|\bcopyright\b\s*(?:©|\(c\)|&copy;)?\s*\d{4}|\ball rights reserved\b` +
	`|\bwe (?:respect|value|protect|care about) your privacy\b` +
	`|\byour (?:information|data|details|privacy|e-?mail(?: address)?) (?:is|are|will be|will)\b.{0,40}\b(?:safe|secure|protected|shared|sold|confidential|private)\b` +
	`|\bwe (?:will |'ll |’ll )?(?:never|not|don['’]t|do not|won['’]t) (?:sell|share|rent|spam)\b` +
	`|^\W*unsubscribe\b|\bunsubscribe (?:at )?any ?time\b|\b(?:to|can|may) (?:unsubscribe|opt[- ]out)\b|\bopt[- ]out (?:at )?any ?time\b` +
	`|\bresults (?:may|will|can|do) (?:vary|differ)\b|\bresults (?:are )?not (?:typical|guaranteed)\b|\bindividual results\b` +
	`|\bby (?:signing|submitting|clicking|entering|subscribing|providing|continuing|registering|checking|opting|joining|using|purchasing)\b.{0,160}\b(?:agree|consent|accept)\b` +
	`|\bI (?:agree|consent) to\b|\bsubject to (?:our|the|these) (?:terms|conditions|privacy)\b` +
	`|\bnot (?:a )?part of (?:the )?(?:facebook|meta|google|youtube|instagram|tiktok)\b|\bnot (?:affiliated|associated|endorsed)\b|\bis a (?:registered )?trademark of\b` +
	`|\bnot intended to (?:diagnose|treat|cure|prevent|be|replace|substitute)\b|\bnot (?:constitute |provide |intended as )?(?:medical|legal|financial|investment|tax|professional) advice\b` +
	`|\b(?:earnings|income|medical|affiliate|health) (?:disclaimer|disclosure)\b|\bevaluated by the food and drug\b|\bnot a substitute for\b` +
	`|\bvoid where prohibited\b|\bdata rates may apply\b|\breply stop\b|\bno purchase necessary\b|\bmay earn (?:a |an )?(?:\w+ )?commissions?\b)`)

// legalLabel is the text of nothing but links to legal pages.
var legalLabel = regexp.MustCompile(`(?i)^(?:(?:our |the )?(?:privacy(?: policy| notice)?|terms(?: (?:of (?:service|use)|(?:and|&|&amp;) conditions))?|unsubscribe` +
	`|cookie policy|cookies|legal(?: notice)?|imprint|disclaimers?|refund policy|earnings disclaimer)(?:\s*(?:[|•·,/&—–-]|and|&amp;)\s*|\s*$))+$`)

var (
	sentenceEnd = regexp.MustCompile(`[.!?…]+(?:\s+|$)|\n+`)
	greeting    = regexp.MustCompile(`(?i)^\s*(?:hi|hey|hello|dear|welcome)\b`)
)

// isLegal is true for a line that has legal effect, by what its id or its
// sentences say. An id is given as words does. A text in which more than a
// third of the words are of sentences of another kind is copy.
func isLegal(id, text string) bool {
	seen := strings.TrimSpace(visible(split(text)))
	length := len(strings.Fields(seen))
	if legalID(id) && length <= longestNotice && !greeting.MatchString(seen) {
		return true
	}
	if length > longestLine {
		return false
	}
	if legalLabel.MatchString(seen) {
		return true
	}
	legal := 0
	for _, sentence := range sentenceEnd.Split(seen, -1) {
		if legalSentence.MatchString(sentence) {
			legal += len(strings.Fields(sentence))
		}
	}
	return legal > 0 && 3*legal >= 2*length
}

// legalID is true where the last word of an id that says something says that
// its text is a legal one.
func legalID(id string) bool {
	for _, word := range slices.Backward(strings.Split(id, "_")) {
		if !slices.Contains(neutralIDs, word) && strings.Trim(word, "0123456789") != "" {
			return slices.Contains(legalIDs, word)
		}
	}
	return false
}
