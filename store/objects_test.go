package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

func TestDir(t *testing.T) {
	testObjects(t, store.NewDir(filepath.Join(t.TempDir(), "not", "there", "yet")))
}

func TestS3(t *testing.T) {
	endpoint, bucket := storetest.S3(t)
	testObjects(t, store.NewS3(storetest.S3Client(endpoint), bucket, endpoint+"/"+bucket+"/"))
}

// testObjects is what every Objects must do.
func testObjects(t *testing.T, o store.Objects) {
	get := func(t *testing.T, key string, want []byte) {
		t.Helper()
		got, err := o.Get(t.Context(), key)
		ok(t, err)
		if !bytes.Equal(got, want) {
			t.Errorf("%q: %d bytes %.20q, want %d bytes %.20q", key, len(got), got, len(want), want)
		}
	}
	t.Run("RoundTrips", func(t *testing.T) {
		for i, key := range []string{
			"a", "images/run 1/opt_logo#1.png", "images/ünï/日本🙂.png", "x/a+b&c=d?e%2F.json", "..x/..y..", "dots/.hidden", "quote'\"", "~tilde", "back\\slash",
			"deep/" + strings.Repeat("d/", 100) + "x", strings.Repeat("k/", 511) + "xy",
		} {
			body := []byte(fmt.Sprint("body ", i, "\x00\xff"))
			ok(t, o.Put(t.Context(), key, "image/png", body))
			get(t, key, body)
		}
		get(t, "a", []byte("body 0\x00\xff"))
	})
	t.Run("Empty", func(t *testing.T) {
		ok(t, o.Put(t.Context(), "empty", "text/plain", nil))
		get(t, "empty", nil)
	})
	t.Run("Large", func(t *testing.T) {
		body := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
		ok(t, o.Put(t.Context(), "large", "image/png", body))
		get(t, "large", body)
	})
	t.Run("PutReplaces", func(t *testing.T) {
		ok(t, o.Put(t.Context(), "replaced", "text/plain", []byte("a long one")))
		ok(t, o.Put(t.Context(), "replaced", "text/plain", []byte("short")))
		get(t, "replaced", []byte("short"))
	})
	t.Run("PutsAtOnceLeaveOneWhole", func(t *testing.T) {
		bodies := make(map[string]bool)
		for i := range 20 {
			bodies[strings.Repeat(fmt.Sprintf("%02d", i), 50_000)] = true
		}
		ok(t, o.Put(t.Context(), "at once", "text/plain", []byte(strings.Repeat("00", 50_000))))
		for _, err := range atOnce(40, func(i int) error {
			if i%2 == 0 {
				return o.Put(t.Context(), "at once", "text/plain", []byte(strings.Repeat(fmt.Sprintf("%02d", i/2), 50_000)))
			}
			got, err := o.Get(t.Context(), "at once")
			if err == nil && !bodies[string(got)] {
				err = fmt.Errorf("read %d bytes that nobody put", len(got))
			}
			return err
		}) {
			ok(t, err)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		ok(t, o.Put(t.Context(), "folder/file", "text/plain", []byte("x")))
		for _, key := range []string{"none", "none/none", "folder", "folder/none", "folder/file/below"} {
			_, err := o.Get(t.Context(), key)
			wantErr(t, "get "+key, err, store.ErrNotFound)
			if err != nil && !strings.Contains(err.Error(), o.Location(key)) {
				t.Errorf("error %q does not name %s", err, o.Location(key))
			}
		}
	})
	t.Run("ErrInvalid", func(t *testing.T) {
		for _, key := range []string{
			"", ".", "..", "../x", "a/../../x", "a/..", "./a", "a/./b", "/etc/passwd", "a//b", "a/", "nul\x00", "\xff",
			strings.Repeat("k", 1025),
		} {
			_, err := o.Get(t.Context(), key)
			wantErr(t, fmt.Sprintf("get %.20q", key), err, store.ErrInvalid)
			wantErr(t, fmt.Sprintf("put %.20q", key), o.Put(t.Context(), key, "text/plain", nil), store.ErrInvalid)
		}
	})
	t.Run("ContextEnded", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := o.Get(ctx, "a")
		for _, err := range []error{err, o.Put(ctx, "b", "text/plain", nil)} {
			if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
				t.Errorf("error %v, want context.Canceled", err)
			}
		}
	})
	t.Run("URLOpens", func(t *testing.T) {
		key := "images/run 1/ünï+#?%25&.png"
		ok(t, o.Put(t.Context(), key, "image/png", []byte("png")))
		transport := &http.Transport{}
		transport.RegisterProtocol("file", http.NewFileTransport(http.Dir("/")))
		answer, err := (&http.Client{Transport: transport}).Get(o.URL(key))
		ok(t, err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		ok(t, err)
		if string(body) != "png" || answer.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %s %s %q", o.URL(key), answer.Status, answer.Header.Get("Content-Type"), body)
		}
	})
}

func TestDirStaysInside(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	ok(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600))
	ok(t, os.Symlink(outside, filepath.Join(inside, "link")))
	o := store.NewDir(inside)
	if body, err := o.Get(t.Context(), "link/secret"); err == nil {
		t.Errorf("read %q through a link that leaves the folder", body)
	}
	if err := o.Put(t.Context(), "link/new", "text/plain", []byte("x")); err == nil {
		t.Error("wrote through a link that leaves the folder")
	}
	entries, err := os.ReadDir(outside)
	ok(t, err)
	if len(entries) != 1 {
		t.Errorf("outside are %v", entries)
	}
}

func TestDirLeavesNoTemporaryFiles(t *testing.T) {
	dir := t.TempDir()
	o := store.NewDir(dir)
	ok(t, o.Put(t.Context(), "a/b", "text/plain", []byte("x")))
	if err := o.Put(t.Context(), "a", "text/plain", []byte("a folder is here")); err == nil {
		t.Error("a file took the place of a folder")
	}
	ok(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if strings.Contains(path, ".tmp-") {
			t.Errorf("left behind: %s", path)
		}
		return err
	}))
}

func TestS3Addresses(t *testing.T) {
	client := s3.New(s3.Options{Region: "eu-west-1"})
	for base, want := range map[string]string{
		"":                          "https://bucket.s3.eu-west-1.amazonaws.com/images/a%20%2B%C3%BC.png",
		"https://d1.cloudfront.net": "https://d1.cloudfront.net/images/a%20%2B%C3%BC.png",
		"https://cdn.example/x/":    "https://cdn.example/x/images/a%20%2B%C3%BC.png",
	} {
		o := store.NewS3(client, "bucket", base)
		if got := o.URL("images/a +ü.png"); got != want {
			t.Errorf("URL under %q: %s, want %s", base, got, want)
		}
		if got := o.Location("images/a b"); got != "s3://bucket/images/a b" {
			t.Errorf("location %s", got)
		}
	}
}

func TestS3Errors(t *testing.T) {
	for name, test := range map[string]struct {
		answer answers
		want   error
	}{
		"SlowDown":     {answers{status: 503, body: `<Error><Code>SlowDown</Code></Error>`}, store.ErrUnavailable},
		"NotReached":   {answers{err: errors.New("dial tcp: no route to host")}, store.ErrUnavailable},
		"NoSuchKey":    {answers{status: 404, body: `<Error><Code>NoSuchKey</Code></Error>`}, store.ErrNotFound},
		"NoSuchBucket": {answers{status: 404, body: `<Error><Code>NoSuchBucket</Code></Error>`}, nil},
		"AccessDenied": {answers{status: 403, body: `<Error><Code>AccessDenied</Code></Error>`}, nil},
		"CutOff":       {answers{status: 200, body: "part", broken: true}, store.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config("http://127.0.0.1:1")
			cfg.HTTPClient = test.answer
			cfg.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) }
			_, err := store.NewS3(s3.NewFromConfig(cfg), "bucket", "").Get(t.Context(), "key")
			wantErr(t, "get", err, test.want)
			if err != nil && !strings.Contains(err.Error(), "s3://bucket/key") {
				t.Errorf("error %q does not name the object", err)
			}
		})
	}
}
