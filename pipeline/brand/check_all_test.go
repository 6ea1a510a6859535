package brand_test

import (
	"testing"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

func TestRules_CheckAll(t *testing.T) {
	texts := []funnel.Text{
		{Key: "a", Text: "Get the planner", Role: funnel.RoleButton}, {Key: "b", Text: "Get the planner ", Role: funnel.RoleButton},
		{Key: "c", Text: "Get the planner", Role: funnel.RoleHeadline}, {Key: "d", Text: "Get the planner", Role: funnel.RoleButton},
	}
	found := brand.NewRules(brand.Config{}).CheckAll(texts, map[string]string{"a": "Send it over", "b": "Send it over", "c": "The planner is yours", "d": "Have it sent"})
	if len(found) != 1 || len(found["d"]) != 1 || found["d"][0].Rule != "copy.inconsistent" {
		t.Errorf("found %v", found)
	}
}
