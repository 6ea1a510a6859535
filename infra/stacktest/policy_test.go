package stacktest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// list makes a list of what IAM writes as one value or as several.
func list(v any) []any {
	if several, ok := v.([]any); ok {
		return several
	}
	return []any{v}
}

// statements are the IAM statements of a role.
func statements(r resource) (all []object) {
	for _, p := range list(r.Properties["Policies"]) {
		document := p.(map[string]any)["PolicyDocument"].(map[string]any)
		for _, s := range list(document["Statement"]) {
			all = append(all, s.(map[string]any))
		}
	}
	return all
}

// functionRole is the role that the function has.
func (s template) functionRole(t *testing.T) resource {
	t.Helper()
	role := s.one(t, "AWS::Lambda::Function", "Runtime", "provided.al2023").Properties["Role"].(map[string]any)["Fn::GetAtt"].([]any)
	return s.Resources[role[0].(string)]
}

// allows evaluates the function's policy, as far as IAM's language is used in it.
func (s template) allows(t *testing.T) func(action, resource string) bool {
	all := statements(s.functionRole(t))
	return func(action, resource string) bool {
		for _, statement := range all {
			if statement["Effect"] != "Allow" || !slices.Contains(list(statement["Action"]), any(action)) {
				continue
			}
			for _, pattern := range list(statement["Resource"]) {
				if like(s.resolve(pattern), resource) {
					return true
				}
			}
		}
		return false
	}
}

// like matches IAM's wildcards: * is anything, ? is one character.
func like(pattern, value string) bool {
	quoted := regexp.QuoteMeta(pattern)
	expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	return regexp.MustCompile("^" + expression + "$").MatchString(value)
}

func TestStack_HasNoWildcardInAnAction(t *testing.T) {
	for _, s := range []template{documented(t), staged(t)} {
		for id, role := range s.all("AWS::IAM::Role") {
			for _, statement := range statements(role) {
				for _, action := range list(statement["Action"]) {
					if strings.Contains(action.(string), "*") {
						t.Errorf("%s may %v", id, action)
					}
				}
				for _, pattern := range list(statement["Resource"]) {
					if pattern == "*" && statement["Sid"] != "Trace" && statement["Sid"] != "DeliverLogs" {
						t.Errorf("%s may %v everywhere", id, statement["Action"])
					}
				}
			}
			if role.Properties["ManagedPolicyArns"] != nil {
				t.Errorf("%s has managed policies", id)
			}
		}
		if n := len(s.all("AWS::IAM::Policy")); n != 0 {
			t.Errorf("%d policies were added to the roles", n)
		}
	}
}
