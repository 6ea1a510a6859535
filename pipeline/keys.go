package pipeline

import (
	"fmt"
	"regexp"

	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// Rows of a run's log, in the store's logType: a path, so that a prefix selects them.

// runRow is the row of an attempt's beginning.
func runRow(attempt int) string { return fmt.Sprintf("run#%03d", attempt) }

// suspendedRow is the row of an attempt that was suspended.
func suspendedRow(attempt int) string { return runRow(attempt) + "#suspended" }

// stepRow is the row of a step.
func stepRow(attempt int, step string) string { return fmt.Sprintf("step#%03d#%s", attempt, step) }

// errorRow is the row of an attempt's failure.
func errorRow(attempt int) string { return fmt.Sprintf("error#%03d", attempt) }

// agentCalls is the ledger's name of the agent's calls, which are numbered.
const agentCalls = ledger.Prefix + "agent#"

// imageCall is the ledger's name of the call for an element's image.
func imageCall(elementID string) string { return ledger.Prefix + "image#" + elementID }

// Keys of objects. What an attempt writes has the attempt in its key, so that nothing is overwritten.

// imageKey is where an image of the funnel, by its key there, is stored as it was made anew.
func imageKey(runID, image string, attempt int, format string) string {
	return fmt.Sprintf("%s%s/%s-%d.%s", store.ImagesPrefix, runID, slug(image), attempt, extension(format))
}

// untouchedKey is where a model's answer is stored as it came, beside the image that was made of it.
func untouchedKey(runID, image string, attempt int, format string) string {
	return fmt.Sprintf("%s%s/%s-%d-untouched.%s", store.ImagesPrefix, runID, slug(image), attempt, extension(format))
}

// extension is a format's in the name of a file.
func extension(format string) string {
	if format == "jpeg" {
		return "jpg"
	}
	return format
}

// madeKey is where it is stored which image a request made.
func madeKey(requestSum string) string {
	return store.RunsPrefix + "_images/" + requestSum + ".json"
}

// answerKey is where an answer of the agent is stored. asked tells it apart from the run's other ones.
func answerKey(runID, asked string, attempt int) string {
	return fmt.Sprintf("%s%s/call-agent-%s-%d.json", store.RunsPrefix, runID, asked, attempt)
}

// guideKey is where the rules are kept that the agent found in a guide's prose, for every run with that guide. A
// simulated agent finds none that a real run may use.
func guideKey(asked, model string, simulated bool) string {
	if simulated {
		model += "-simulated"
	}
	return fmt.Sprintf("%s%s/%s.json", store.GuidesPrefix, asked, slug(model))
}

// outputKey is where the output document of a run is stored.
func outputKey(runID string, attempt int) string {
	return fmt.Sprintf("%s%s/output-%d.json", store.RunsPrefix, runID, attempt)
}

// responseKey is where a response is stored that is too large to be returned.
func responseKey(body []byte) string {
	return fmt.Sprintf("%s%s.json", store.ResponsesPrefix, shortHash(string(body)))
}

var unsafeInKey = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// slug is an element's id as part of an object's key. Two ids that differ give two slugs.
func slug(id string) string {
	s := unsafeInKey.ReplaceAllString(id, "-")
	if s != id || len(s) > 100 {
		s = fmt.Sprintf("%s-%s", truncate(s, 80), shortHash(id))
	}
	return s
}
