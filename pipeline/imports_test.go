package pipeline_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImportsPointOneWay holds that imports point one way: main → pipeline → {openai, store} → cost, and each SDK in one package.
func TestImportsPointOneWay(t *testing.T) {
	const module = "github.com/full-turner/full-turner/"
	out, err := exec.Command("go", "list", "-C", "..", "-json=ImportPath,Imports", ".", "./cost", "./openai", "./store", "./pipeline/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	may := map[string][]string{ // ours that each of ours may import
		"cost": {}, "openai": {"cost"}, "store": {"cost"}, "pipeline/brand": {"pipeline/funnel"}, "pipeline/funnel": {},
		"pipeline/internal/fetch": {}, "pipeline/internal/corpus": {"pipeline/brand", "pipeline/funnel"}, "pipeline/picture": {}, "pipeline/ledger": {"cost", "store"},
		"pipeline": {"cost", "openai", "store", "pipeline/brand", "pipeline/funnel", "pipeline/internal/fetch", "pipeline/ledger", "pipeline/picture"},
	}
	sdks := map[string]string{ // the package besides main that may import it
		"github.com/openai/": "openai", "github.com/aws/aws-sdk-go-v2": "store", "github.com/guregu/": "store",
		"go.etcd.io/": "store", "code.dny.dev/ssrf": "pipeline/internal/fetch", "github.com/aws/aws-lambda-go": "", "github.com/aws/aws-cdk-go": "",
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&pkg); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(pkg.ImportPath, module)
		if name == strings.TrimSuffix(module, "/") {
			continue // main wires everything
		}
		for _, path := range pkg.Imports {
			if own, ok := strings.CutPrefix(path, module); ok && !slices.Contains(may[name], own) {
				t.Errorf("%s imports %s", name, own)
			}
			for sdk, owner := range sdks {
				if strings.HasPrefix(path, sdk) && name != owner {
					t.Errorf("%s imports %s, which is %q's", name, path, owner)
				}
			}
			if name == "cost" && strings.Contains(path, ".") {
				t.Errorf("cost imports %s", path)
			}
		}
	}
}
