package stacktest

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

func TestBootstrap_IsTheSameTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("the Lambda is not compiled with -short")
	}
	first, err := lambdatest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	second := filepath.Join(t.TempDir(), "elsewhere", "bootstrap")
	if err := lambdatest.Build(second, lambdatest.Lambda); err != nil {
		t.Fatal(err)
	}
	if digest(t, first) != digest(t, second) {
		t.Error("two builds differ: every deployment would replace the function")
	}
}

func TestBootstrap_IsBuiltAsItIsTested(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range lambdatest.Flags {
		if !strings.Contains(string(makefile), flag) {
			t.Errorf("make build has no %s", flag)
		}
	}
}

func digest(t *testing.T, path string) [sha256.Size]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
}

// BenchmarkBootstrap gives the size of the binary that is deployed, and the time that this machine's own takes from
// its start to its first request for an invocation.
func BenchmarkBootstrap(b *testing.B) {
	deployed := filepath.Join(b.TempDir(), "bootstrap")
	if err := lambdatest.Build(deployed, lambdatest.Lambda, "GOOS=linux", "GOARCH=arm64"); err != nil {
		b.Fatal(err)
	}
	file, err := os.Stat(deployed)
	if err != nil {
		b.Fatal(err)
	}
	w := lambdatest.New(b, lambdatest.Options{})
	var total time.Duration
	for b.Loop() {
		took, err := w.ColdStart(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		total += took
	}
	b.ReportMetric(0, "ns/op") // it would time the end of the process too
	b.ReportMetric(float64(total.Microseconds())/float64(b.N)/1000, "ms/start")
	b.ReportMetric(float64(file.Size())/1e6, "MB")
}
