package lambdatest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/store/storetest"
)

// arn is the ARN of a resource in the World's account.
func arn(service, resource string) string {
	return "arn:aws:" + service + ":" + storetest.Region + ":" + Account + ":" + resource
}

// guard is a server in front of another one. What rule gives an error code for is answered with that error; the rest
// goes through.
func guard(t testing.TB, behind string, rule func(r *http.Request, body []byte) (code string)) string {
	t.Helper()
	target, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // S3 tells buckets by it
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the process died while it asked
		}
		switch code := rule(r, body); {
		case code == "":
		case r.Header.Get("X-Amz-Target") == "":
			refuseS3(w, code)
			return
		default:
			refuse(w, code, "not now")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// guardDynamoDB holds every request against the function's policy, and against the test's faults.
func guardDynamoDB(t testing.TB, behind string, o Options) string {
	return guard(t, behind, func(r *http.Request, body []byte) string {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		var in struct{ TableName, IndexName string }
		_ = json.Unmarshal(body, &in)
		resource := arn("dynamodb", "table/"+in.TableName)
		if in.IndexName != "" {
			resource += "/index/" + in.IndexName
		}
		if !o.Allow("dynamodb:"+operation, resource) {
			return "AccessDeniedException"
		}
		if o.DynamoDB != nil {
			return o.DynamoDB(operation, body)
		}
		return ""
	})
}

// guardS3 holds every request against the function's policy.
func guardS3(t testing.TB, behind string, o Options) string {
	actions := map[string]string{http.MethodGet: "s3:GetObject", http.MethodHead: "s3:GetObject", http.MethodPut: "s3:PutObject", http.MethodDelete: "s3:DeleteObject"}
	return guard(t, behind, func(r *http.Request, _ []byte) string {
		if !o.Allow(actions[r.Method], "arn:aws:s3:::"+strings.TrimPrefix(r.URL.Path, "/")) {
			return "AccessDenied"
		}
		return ""
	})
}
