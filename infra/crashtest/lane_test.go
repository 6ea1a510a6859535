package crashtest

import (
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
)

// lane makes one run at a time.
type lane struct {
	world   *lambdatest.World
	fronts  map[string]*front
	backs   map[string]string // where the services are that all lanes share
	image   time.Duration     // that OpenAI takes for one
	current atomic.Pointer[attempt]
}

// newLane starts a lane, which ends with the test. Of the world it uses the function alone: the services that a world
// brings are not shared between lanes.
func newLane(t testing.TB, backs, more map[string]string) *lane {
	l := &lane{fronts: map[string]*front{}, backs: backs}
	for _, service := range []string{dynamoDB, s3, openAI} {
		l.fronts[service] = newFront(t, l, service)
	}
	env := map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": l.fronts[dynamoDB].URL,
		"AWS_ENDPOINT_URL_S3":       l.fronts[s3].URL,
		"OPENAI_BASE_URL":           l.fronts[openAI].URL + "/v1",
		"LOG_LEVEL":                 "ERROR",
	}
	maps.Copy(env, more)
	l.world = lambdatest.New(t, lambdatest.Options{OpenAI: openaitest.Options{Key: key}, Env: env})
	return l
}

// key is OpenAI's.
const key = "sk-crashtest-0123456789abcdef"
