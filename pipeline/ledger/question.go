package ledger

import (
	"context"
	"time"

	"github.com/full-turner/full-turner/cost"
)

// Question is a paid call that somebody wants the answer of. It is data; the functions at its end say how it is sent,
// and what its answer is worth.
type Question struct {
	Kind cost.Kind
	// Row is its name among the rows: of the first call, or, where it ends with "#", of calls that are numbered. It
	// begins with Prefix.
	Row string
	// Asked tells it apart from every other question of the run, and is the same in every attempt.
	Asked   string
	Subject Subject
	Model   string

	Ceiling    cost.Amount   // the most that one try can cost
	Needs      time.Duration // the time that a call needs before the deadline
	MaxUnknown int64         // tries, over all attempts, that may end with nobody knowing their outcome; 0 is 1
	Request    any           // what is sent; only Ask reads it

	Key         string // where the answer is to be stored; new in every attempt
	ContentType string // of the stored answer

	// Prepare completes the question when it turns out that a call has to be made: whatever costs work to find out
	// (Model, Ceiling, Request, …) need not be known before. Its error is what Once returns. nil: it is complete.
	Prepare func(ctx context.Context, q *Question) error
	// Ask sends the request and waits for the answer.
	Ask func(ctx context.Context, c Call) (Reply, error)
	// Fetch gets the answer of a response in flight by c.ResponseID. nil: it cannot be fetched.
	Fetch func(ctx context.Context, c Call) (Reply, error)
	// Judge returns what is to be stored of an answer. Its error says that the answer is of no use.
	Judge func(answer []byte) ([]byte, error)
}

// Subject is what a row says of what was asked, for people.
type Subject struct {
	ElementID  string `json:"elementId,omitempty"`  // of an image
	Elements   int    `json:"elements,omitempty"`   // texts asked of the agent
	Size       string `json:"size,omitempty"`       // of an image
	Quality    string `json:"quality,omitempty"`    // of an image
	Background string `json:"background,omitempty"` // of an image
	Source     string `json:"source,omitempty"`     // of an image: SHA-256 of its original, in hexadecimal
}

// Call is one call as its Ask or Fetch sees it. Its functions are called by one goroutine at a time.
type Call struct {
	Row        string
	Model      string
	Request    any           // of the question; nil in a Fetch
	ResponseID string        // of the response to fetch; "" in an Ask
	Age        time.Duration // since the call was begun

	// Started writes down the id under which the answer can be fetched. Its error ends the call.
	Started func(id string) error
	// MaybeCharged writes down that a try went out and that nobody knows its outcome. Its error says that the call
	// must not be tried again, and ends it.
	MaybeCharged func(cause error) error
}

// Reply is what a call came to. Beside an error it holds what is known all the same.
type Reply struct {
	Content  []byte      // the answer; empty beside an error that leaves none
	Usage    *cost.Usage // nil: it does not say what it used
	InFlight bool        // it has not ended, and can be fetched by its id
}

// Answer is the answer of a question, good and stored.
type Answer struct {
	Key    string // where it is stored
	Model  string // that was asked for it
	Reused bool   // it was there already: an earlier attempt paid for it
	// Attempt is that of the call, of a recorded one beside its fault too; Calls how many calls the question has had,
	// in all attempts.
	Attempt, Calls int

	content []byte // nil: to be read from Key
}
