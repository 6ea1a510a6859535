package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

// newTables creates empty tables, with a folder for large fields.
func newTables(t *testing.T, cfg aws.Config) store.DynamoConfig {
	t.Helper()
	id := rand.Text()
	c := store.DynamoConfig{Templates: "templates-" + id, Runs: "runs-" + id, Logs: "logs-" + id, Objects: store.NewDir(t.TempDir())}
	storetest.CreateTables(t, cfg, c)
	return c
}

// items reads a whole table as it is.
func items(t *testing.T, cfg aws.Config, table string) []map[string]types.AttributeValue {
	t.Helper()
	var all []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(cfg), &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background()) // also in a cleanup
		ok(t, err)
		all = append(all, page.Items...)
	}
	return all
}

// checkItemSizes proves that no item is near DynamoDB's limit, and runs small.
func checkItemSizes(t *testing.T, cfg aws.Config, c store.DynamoConfig) {
	t.Helper()
	for table, limit := range map[string]int{c.Templates: 400 << 10, c.Runs: 40 << 10, c.Logs: 400 << 10} {
		for _, item := range items(t, cfg, table) {
			if size := sizeOf(&types.AttributeValueMemberM{Value: item}); size > limit {
				t.Errorf("an item of %s has %d bytes, want at most %d", table, size, limit)
			}
		}
	}
}

// sizeOf is at least the size of a value as DynamoDB counts it.
func sizeOf(av types.AttributeValue) int {
	switch av := av.(type) {
	case *types.AttributeValueMemberS:
		return len(av.Value)
	case *types.AttributeValueMemberN:
		return len(av.Value)/2 + 2
	case *types.AttributeValueMemberL:
		size := 3
		for _, v := range av.Value {
			size += 1 + sizeOf(v)
		}
		return size
	case *types.AttributeValueMemberM:
		size := 3
		for k, v := range av.Value {
			size += 1 + len(k) + sizeOf(v)
		}
		return size
	}
	return 1
}

// lossy is a connection that loses the answer to every write the first time it
// is sent; the write has happened.
type lossy struct {
	client http.Client
	seen   sync.Map
}

func (l *lossy) Do(r *http.Request) (*http.Response, error) {
	answer, err := l.client.Do(r)
	target, id := r.Header.Get("X-Amz-Target"), r.Header.Get("Amz-Sdk-Invocation-Id")
	if err != nil || !strings.HasSuffix(target, ".PutItem") && !strings.HasSuffix(target, ".UpdateItem") {
		return answer, err
	}
	if _, again := l.seen.LoadOrStore(id, true); again {
		return answer, nil
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return nil, errors.Join(errors.New("connection reset by peer"), err, answer.Body.Close())
}

// TestDynamoLosingAnswers proves that a write whose answer was lost, and which
// the SDK therefore repeats, is not taken for somebody else's.
func TestDynamoLosingAnswers(t *testing.T) {
	cfg := storetest.Dynalite(t)
	lost := cfg
	lost.HTTPClient = &lossy{client: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 50}}}
	lost.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = ratelimit.None
		})
	}
	testStore(t, func(t *testing.T) store.Store { return store.NewDynamo(lost, newTables(t, cfg)) },
		"TemplateVersionsNeverChange", "TemplatesPutAtOnceGetVersionsOfTheirOwn", "CreateRunTwiceReturnsTheFirst",
		"CreateRunAtOnceMakesOne", "TakeLeaseNeedsWhatWasSeen", "TakeLeaseAtOnceHasOneWinner", "RenewLeaseDoesNotTouchTheRest",
		"ZombieChangesNothing", "ClosedRunStaysClosed", "ManyWritersOfOneRun", "AddLogAtOnceAddsOne")
}

// held is a connection that holds back a PutItem whose body contains a text
// until release is closed.
type held struct {
	text             string
	reached, release chan struct{}
}

func (h held) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutItem") && strings.Contains(string(body), h.text) {
		close(h.reached)
		<-h.release
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultClient.Do(r)
}

func TestDynamoLateWrites(t *testing.T) {
	cfg := storetest.Dynalite(t)
	for name, test := range map[string]struct {
		text       string
		late, soon func(t *testing.T, s store.Store) error
		want       error
		check      func(t *testing.T, s store.Store)
	}{
		"LatestNeverMovesBack": {
			text: `"latest"`,
			late: func(t *testing.T, s store.Store) error {
				_, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "t", Name: "first"})
				return err
			},
			soon: func(t *testing.T, s store.Store) error {
				_, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "t", Name: "second"})
				return err
			},
			check: func(t *testing.T, s store.Store) {
				latest, err := s.Template(t.Context(), "t", "")
				ok(t, err)
				if latest.Version != "2" || latest.Name != "second" {
					t.Errorf("latest is version %s, %s", latest.Version, latest.Name)
				}
			},
		},
		"SetLogNeverReplacesALaterAttempts": {
			text: `"late"`,
			late: func(t *testing.T, s store.Store) error {
				return s.SetLog(t.Context(), store.Log{RunID: "r", LogType: "call", Attempt: 1, Message: "late"})
			},
			soon: func(t *testing.T, s store.Store) error {
				takeRun(t, s, readRun(t, s, "r"))
				return s.SetLog(t.Context(), store.Log{RunID: "r", LogType: "call", Attempt: 2, Message: "soon"})
			},
			want: store.ErrFenced,
			check: func(t *testing.T, s store.Store) {
				logs, err := s.Logs(t.Context(), "r", "")
				ok(t, err)
				if len(logs) != 1 || logs[0].Message != "soon" {
					t.Errorf("logs %+v", logs)
				}
			},
		},
		"CreateRunJoinsTheClaimOfAnother": {
			text: `"late owner"`,
			late: func(t *testing.T, s store.Store) error {
				_, err := s.CreateRun(t.Context(), store.Run{RunID: "new", TemplateID: "t", Status: store.Running, Timestamp: clock, LeaseOwner: "late owner"})
				return err
			},
			soon: func(t *testing.T, s store.Store) error {
				_, err := s.CreateRun(t.Context(), store.Run{RunID: "new", TemplateID: "t", Status: store.Running, Timestamp: clock.Add(time.Hour), LeaseOwner: "soon"})
				return err
			},
			want: store.ErrConflict,
			check: func(t *testing.T, s store.Store) {
				r := readRun(t, s, "new")
				if r.LeaseOwner != "soon" || !r.Timestamp.Equal(kept(clock)) {
					t.Errorf("run of %s at %s, want the soon one's at the claimed time", r.LeaseOwner, r.Timestamp)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTables(t, cfg)
			s := store.NewDynamo(cfg, c)
			startRun(t, s, "r")
			h := held{text: test.text, reached: make(chan struct{}), release: make(chan struct{})}
			slow := cfg
			slow.HTTPClient = h
			done := make(chan error)
			go func() { done <- test.late(t, store.NewDynamo(slow, c)) }()
			<-h.reached
			ok(t, test.soon(t, s))
			close(h.release)
			if err := <-done; !errors.Is(err, test.want) {
				t.Errorf("late write: %v, want %v", err, test.want)
			}
			test.check(t, s)
		})
	}
}

func TestDynamoTemplatePutByHand(t *testing.T) {
	cfg := storetest.Dynalite(t)
	c := newTables(t, cfg)
	s := store.NewDynamo(cfg, c)
	text := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	byHand := func(item map[string]types.AttributeValue) {
		t.Helper()
		_, err := dynamodb.NewFromConfig(cfg).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &c.Templates, Item: item})
		ok(t, err)
	}
	byHand(map[string]types.AttributeValue{"templateId": text("text"), "version": text("latest"),
		"brandGuideContent": text("# Guide"), "templateFunnelJson": text("[]")})
	byHand(map[string]types.AttributeValue{"templateId": text("native"), "version": text("latest"), "name": text("Native"),
		"brandGuideContent": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"brandName": text("Ünï <b>"), "colors": &types.AttributeValueMemberSS{Value: []string{"#112233"}},
			"sizes": &types.AttributeValueMemberNS{Value: []string{"1.5"}}, "on": &types.AttributeValueMemberBOOL{Value: true},
			"logo": &types.AttributeValueMemberB{Value: []byte("x")}, "none": &types.AttributeValueMemberNULL{Value: true}}},
		"templateFunnelJson": &types.AttributeValueMemberL{Value: []types.AttributeValue{
			&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"element_id": text("a")}}}},
		"description": &types.AttributeValueMemberNULL{Value: true}, "createdAt": text("yesterday"),
		"updatedAt": &types.AttributeValueMemberN{Value: "1700000000"}, "versionNumber": text("x"), "unknown": text("y")})
	byHand(map[string]types.AttributeValue{"templateId": text("offset"), "version": text("latest"), "status": text("draft"),
		"createdAt": text("2026-11-23T13:00:00+01:00")})

	got, err := s.Template(t.Context(), "text", "")
	ok(t, err)
	sameTemplate(t, "text", got, store.Template{TemplateID: "text", Version: "latest", Status: store.Active,
		BrandGuideContent: "# Guide", TemplateFunnelJSON: "[]"})
	got, err = s.Template(t.Context(), "native", "latest")
	ok(t, err)
	sameTemplate(t, "native", got, store.Template{TemplateID: "native", Version: "latest", Status: store.Active, Name: "Native",
		BrandGuideContent:  `{"brandName":"Ünï <b>","colors":["#112233"],"logo":"eA==","none":null,"on":true,"sizes":[1.5]}`,
		TemplateFunnelJSON: `[{"element_id":"a"}]`})
	got, err = s.Template(t.Context(), "offset", "latest")
	ok(t, err)
	sameTemplate(t, "offset", got, store.Template{TemplateID: "offset", Version: "latest", Status: store.Draft,
		CreatedAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)})
	list, _, err := s.Templates(t.Context(), store.Active, 0, "")
	ok(t, err)
	if ids := fmt.Sprint(sorted(list, func(t store.Template) string { return t.TemplateID })); ids != "[native text]" {
		t.Errorf("active templates %s", ids)
	}

	put, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "text", Name: "put"})
	ok(t, err)
	got, err = s.Template(t.Context(), "text", "")
	ok(t, err)
	if put.Version != "1" || got.Version != "1" || got.Name != "put" {
		t.Errorf("version %s, latest %s %q", put.Version, got.Version, got.Name)
	}
}

// TestDynamoPutTemplateCutShort proves that a version whose latest item was
// never written does not stop the next.
func TestDynamoPutTemplateCutShort(t *testing.T) {
	cfg := storetest.Dynalite(t)
	c := newTables(t, cfg)
	s := store.NewDynamo(cfg, c)
	first, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "t", Name: "first"})
	ok(t, err)
	var latest map[string]types.AttributeValue
	for _, item := range items(t, cfg, c.Templates) {
		if item["version"].(*types.AttributeValueMemberS).Value == store.LatestVersion {
			latest = item
		}
	}
	_, err = s.PutTemplate(t.Context(), store.Template{TemplateID: "t", Name: "second"})
	ok(t, err)
	_, err = dynamodb.NewFromConfig(cfg).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &c.Templates, Item: latest})
	ok(t, err)
	if got, err := s.Template(t.Context(), "t", ""); err != nil || got.Version != first.Version {
		t.Fatalf("latest %s, %v", got.Version, err)
	}
	third, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "t", Name: "third"})
	ok(t, err)
	if got, err := s.Template(t.Context(), "t", ""); err != nil || third.Version != "3" || got.Version != "3" {
		t.Errorf("put %s, latest %s, %v", third.Version, got.Version, err)
	}
}

// TestDynamoCreateRunCutShort proves that a creator that died after claiming
// the id leaves it usable, with the timestamp it claimed.
func TestDynamoCreateRunCutShort(t *testing.T) {
	cfg := storetest.Dynalite(t)
	c := newTables(t, cfg)
	s := store.NewDynamo(cfg, c)
	client := dynamodb.NewFromConfig(cfg)
	created, err := s.CreateRun(t.Context(), store.Run{RunID: "r", TemplateID: "t", Timestamp: clock, Status: store.Running})
	ok(t, err)
	for _, item := range items(t, cfg, c.Runs) {
		_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &c.Runs,
			Key: map[string]types.AttributeValue{"runId": item["runId"], "timestamp": item["timestamp"]}})
		ok(t, err)
	}
	again, err := s.CreateRun(t.Context(), store.Run{RunID: "r", TemplateID: "t", Timestamp: clock.Add(time.Hour), Status: store.Running})
	ok(t, err)
	sameRun(t, "created again", again, created)
}

func TestDynamoAttributes(t *testing.T) {
	cfg := storetest.Dynalite(t)
	c := newTables(t, cfg)
	c.LogTTL = 24 * time.Hour
	s := store.NewDynamo(cfg, c)
	_, err := s.CreateRun(t.Context(), fullRun("r"))
	ok(t, err)
	run := takeRun(t, s, fullRun("r"))
	ok(t, s.AddLog(t.Context(), store.Log{RunID: "r", LogType: "step#x", Timestamp: clock, Attempt: 1, Data: json.RawMessage(`{"a":[1]}`)}))

	item := items(t, cfg, c.Runs)[0]
	for name, want := range map[string]string{
		"runId": "S", "timestamp": "S", "templateId": "S", "status": "S", "input": "M", "output": "M", "cost": "M", "error": "M",
		"models": "M", "imageProcessingResults": "L", "duration": "N", "leaseUntil": "N", "attempt": "N", "updatedAt": "S", "maxCostUsd": "N",
	} {
		if got := strings.TrimPrefix(fmt.Sprintf("%T", item[name]), "*types.AttributeValueMember"); got != want {
			t.Errorf("%s is a %s, want %s", name, got, want)
		}
	}
	if got := item["timestamp"].(*types.AttributeValueMemberS).Value; got != "2026-11-23T11:00:00.123Z" {
		t.Errorf("timestamp %s", got)
	}
	if got := item["leaseUntil"].(*types.AttributeValueMemberN).Value; got != fmt.Sprint(run.LeaseUntil.UnixMilli()) {
		t.Errorf("leaseUntil %s", got)
	}
	if got := item["cost"].(*types.AttributeValueMemberM).Value["total"].(*types.AttributeValueMemberN).Value; got != "123456789.012345678" {
		t.Errorf("cost.total %s", got)
	}
	rows := items(t, cfg, c.Logs)
	for _, row := range rows {
		expires, has := row["expiresAt"].(*types.AttributeValueMemberN)
		switch row["logType"].(*types.AttributeValueMemberS).Value {
		case "run#created":
			if has {
				t.Error("the claim of a run id expires")
			}
		default:
			if !has || expires.Value != fmt.Sprint(clock.Add(24*time.Hour).Unix()) {
				t.Errorf("expiresAt %v", row["expiresAt"])
			}
		}
	}
	if len(rows) != 2 {
		t.Errorf("%d rows, want 2", len(rows))
	}
}

func TestDynamoSpilledContent(t *testing.T) {
	cfg := storetest.Dynalite(t)
	endpoint, bucket := storetest.S3(t)
	client := storetest.S3Client(endpoint)
	c := newTables(t, cfg)
	c.Objects = store.NewS3(client, bucket, "")
	s := store.NewDynamo(cfg, c)
	guide := strings.Repeat("guide", 200_000)
	_, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "t", BrandGuideContent: guide})
	ok(t, err)
	got, err := s.Template(t.Context(), "t", "1")
	ok(t, err)
	if got.BrandGuideContent != guide {
		t.Errorf("guide of %d bytes, want %d", len(got.BrandGuideContent), len(guide))
	}

	var key string
	for _, item := range items(t, cfg, c.Templates) {
		spilled := item["spilled"].(*types.AttributeValueMemberM).Value["brandGuideContent"].(*types.AttributeValueMemberS).Value
		if key != "" && key != spilled {
			t.Errorf("the same content has keys %s and %s", key, spilled)
		}
		key = spilled
		if item["brandGuideContent"] != nil {
			t.Error("the guide is in the item too")
		}
	}
	if !strings.HasPrefix(key, store.SpillPrefix) {
		t.Errorf("key %q", key)
	}
	ok(t, c.Objects.Put(t.Context(), key, "application/json", []byte(`"another"`)))
	_, err = s.Template(t.Context(), "t", "")
	wantErr(t, "damaged", err, nil)
	if err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("damaged: error %v does not name %s", err, key)
	}

	missing := store.NewDynamo(cfg, store.DynamoConfig{Templates: c.Templates, Objects: store.NewDir(t.TempDir())})
	_, err = missing.Template(t.Context(), "t", "")
	wantErr(t, "missing", err, nil)
	if err == nil || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "brandGuideContent") {
		t.Errorf("missing: error %v does not name %s", err, key)
	}
	if list, _, err := missing.Templates(t.Context(), "", 0, ""); err != nil || len(list) != 1 {
		t.Errorf("a list needs the contents: %v", err)
	}

	bare := store.NewDynamo(cfg, store.DynamoConfig{Templates: c.Templates, Runs: c.Runs, Logs: c.Logs})
	_, err = bare.PutTemplate(t.Context(), store.Template{TemplateID: "u", BrandGuideContent: guide})
	wantErr(t, "put without an object store", err, store.ErrInvalid)
	_, err = bare.CreateRun(t.Context(), store.Run{RunID: "r", Status: store.Running})
	ok(t, err)
	_, err = bare.CreateRun(t.Context(), store.Run{RunID: "r", Status: store.Running, Input: json.RawMessage(`"` + guide + `"`)})
	wantErr(t, "create of a run that exists uploads nothing", err, store.ErrConflict)
	_, err = bare.Template(t.Context(), "t", "")
	wantErr(t, "read without an object store", err, store.ErrInvalid)
}

// answers is a service that always gives one answer.
type answers struct {
	status int
	body   string
	err    error
	broken bool // the body ends early
}

func (a answers) Do(*http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	body := io.Reader(strings.NewReader(a.body))
	if a.broken {
		body = io.MultiReader(body, iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(body)}, nil
}

func TestDynamoErrors(t *testing.T) {
	throttled := `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow"}`
	for name, test := range map[string]struct {
		answer      answers
		unavailable bool
	}{
		"Throttled":       {answers{status: 400, body: throttled}, true},
		"InternalError":   {answers{status: 500, body: `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}`}, true},
		"GatewayPage":     {answers{status: 503, body: `<html>`}, true},
		"NotReached":      {answers{err: errors.New("dial tcp: no route to host")}, true},
		"CutOff":          {answers{status: 200, body: `{"Item":{"runId":{"S":"x`}, true},
		"NoTable":         {answers{status: 400, body: `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}`}, false},
		"AccessDenied":    {answers{status: 400, body: `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not authorized"}`}, false},
		"ValidationError": {answers{status: 400, body: `{"__type":"com.amazon.coral.validate#ValidationException","message":"bad"}`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config("http://127.0.0.1:1")
			cfg.HTTPClient = test.answer
			cfg.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) }
			s := store.NewDynamo(cfg, store.DynamoConfig{Templates: "a", Runs: "b", Logs: "c"})
			_, template := s.Template(t.Context(), "id", "")
			_, create := s.CreateRun(t.Context(), store.Run{RunID: "id", Status: store.Running})
			_, run := s.Run(t.Context(), "id")
			_, logs := s.Logs(t.Context(), "id", "")
			renew := s.RenewLease(t.Context(), store.Run{RunID: "id"}, clock)
			for _, err := range []error{template, create, run, logs, renew} {
				var want error
				if test.unavailable {
					want = store.ErrUnavailable
				}
				wantErr(t, "call", err, want)
				if err == nil || !strings.Contains(err.Error(), `"id"`) {
					t.Errorf("error %v does not name the key", err)
				}
			}
		})
	}
}
