package store_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

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
