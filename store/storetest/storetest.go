// Package storetest starts, for tests, the servers that package store talks to
// in AWS: dynalite for DynamoDB and gofakes3 for S3, both over HTTP on loopback.
//
// They are real servers behind real SDK clients, so that a test, a compiled
// binary and a process that is killed all meet the same wire.
package storetest

import (
	"bufio"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/full-turner/full-turner/store"
)

// Region is the region of both servers. They take any credentials; Config uses
// "test" and "test".
const Region = "us-east-1"

// serve runs dynalite until its standard input ends, which it also does when
// the test process is killed. A client that is killed in the middle of a
// request would end dynalite with an uncaught ECONNRESET.
const serve = `
process.on('uncaughtException', err => { if (err.code !== 'ECONNRESET') { console.error(err); process.exit(1) } })
process.stdin.on('end', () => process.exit(0)).resume()
const server = require('dynalite')({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port))
`

// Dynalite starts a DynamoDB with no tables, which ends with the test, and
// returns the configuration of its clients. The endpoint is *BaseEndpoint. It
// skips the test under -short, because it needs Node.
func Dynalite(t testing.TB) aws.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("dynalite is not started with -short")
	}
	infra := filepath.Join(moduleRoot(t), "infra")
	if _, err := os.Stat(filepath.Join(infra, "node_modules", "dynalite")); err != nil {
		t.Fatalf("dynalite is not installed: run npm ci --prefix infra (%v)", err)
	}
	cmd := exec.Command("node", "-e", serve)
	cmd.Dir = infra
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start dynalite: %v", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(stdin.Close(), cmd.Wait()); err != nil {
			t.Errorf("dynalite: %v", err)
		}
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("dynalite did not start: %v", err)
	}
	go io.Copy(io.Discard, stdout) // dynalite must not block on a full pipe
	return Config(strings.TrimSpace(address))
}

// Config returns the configuration of clients of the server at endpoint.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: &endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// CreateTables creates the three tables that c names, with their keys and
// index, as the stack does.
func CreateTables(t testing.TB, cfg aws.Config, c store.DynamoConfig) {
	t.Helper()
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	text := func(names ...string) (attributes []types.AttributeDefinition) {
		for _, name := range names {
			attributes = append(attributes, types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS})
		}
		return attributes
	}
	for _, table := range []*dynamodb.CreateTableInput{{
		TableName:            &c.Templates,
		AttributeDefinitions: text(store.AttributeTemplateID, store.AttributeVersion),
		KeySchema: []types.KeySchemaElement{
			key(store.AttributeTemplateID, types.KeyTypeHash), key(store.AttributeVersion, types.KeyTypeRange),
		},
	}, {
		TableName:            &c.Runs,
		AttributeDefinitions: text(store.AttributeRunID, store.AttributeTimestamp, store.AttributeTemplateID),
		KeySchema: []types.KeySchemaElement{
			key(store.AttributeRunID, types.KeyTypeHash), key(store.AttributeTimestamp, types.KeyTypeRange),
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String(store.IndexName),
			KeySchema: []types.KeySchemaElement{
				key(store.AttributeTemplateID, types.KeyTypeHash), key(store.AttributeTimestamp, types.KeyTypeRange),
			},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	}, {
		TableName:            &c.Logs,
		AttributeDefinitions: text(store.AttributeRunID, store.AttributeLogType),
		KeySchema: []types.KeySchemaElement{
			key(store.AttributeRunID, types.KeyTypeHash), key(store.AttributeLogType, types.KeyTypeRange),
		},
	}} {
		table.BillingMode = types.BillingModePayPerRequest
		client := dynamodb.NewFromConfig(cfg)
		if _, err := client.CreateTable(t.Context(), table); err != nil {
			t.Fatalf("create table %s: %v", *table.TableName, err)
		}
		// dynalite makes a table in the background, however short it takes.
		wait := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
			o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
		})
		if err := wait.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: table.TableName}, time.Minute); err != nil {
			t.Fatalf("create table %s: %v", *table.TableName, err)
		}
	}
}

// S3 starts an S3 with one empty bucket, which ends with the test. Clients must
// use plain HTTP, as the endpoint does, and path-style addresses, as the SDK
// does by itself for a numeric host.
func S3(t testing.TB) (endpoint, bucket string) {
	t.Helper()
	const name = "full-turner-test"
	backend := s3mem.New()
	if err := backend.CreateBucket(name); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	return server.URL, name
}

// S3Client returns a client of the S3 at endpoint.
func S3Client(endpoint string) *s3.Client { return s3.NewFromConfig(Config(endpoint)) }

// moduleRoot returns the folder of go.mod, in or above that of the test.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod in or above the folder of the test")
		}
		dir = filepath.Dir(dir)
	}
}
