package store_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
