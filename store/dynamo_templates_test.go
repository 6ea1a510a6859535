package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

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
