package stacktest

import (
	"testing"

	"github.com/full-turner/full-turner/pipeline"
)

// environment is the function's, resolved.
func (s template) environment(t *testing.T) map[string]string {
	t.Helper()
	variables := s.one(t, "AWS::Lambda::Function", "Runtime", "provided.al2023").Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
	resolved := map[string]string{}
	for name, value := range variables {
		resolved[name] = s.resolve(value)
	}
	return resolved
}

func TestStack_SetsWhatTheFunctionReads(t *testing.T) {
	set, chosen := documented(t).environment(t), staged(t).environment(t)
	read := map[string]bool{}
	for _, setting := range pipeline.Settings {
		if setting.Where == pipeline.Laptop {
			continue
		}
		read[setting.Variable] = true
		_, given := set[setting.Variable]
		if _, may := chosen[setting.Variable]; may && !setting.Required() {
			given = true // it is set where an operator says so
		}
		// What says how runs are made may be left to its default where an operator can set it.
		if !given && (setting.Where == pipeline.Lambda || setting.Context == "") {
			t.Errorf("the function reads %s, and the stack does not set it", setting.Variable)
		}
	}
	for name := range set {
		if !read[name] {
			t.Errorf("the stack sets %s, and nothing reads it", name)
		}
	}
	for _, model := range []string{"OPENAI_MODEL", "OPENAI_IMAGE_MODEL"} {
		if set[model] != "" {
			t.Errorf("%s is set: the default could not be replaced once it is shut down", model)
		}
	}
}
