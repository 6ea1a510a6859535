// Package storetest starts, for tests, the servers that package store talks to
// in AWS: dynalite for DynamoDB and gofakes3 for S3, both over HTTP on loopback.
//
// They are real servers behind real SDK clients, so that a test, a compiled
// binary and a process that is killed all meet the same wire.
package storetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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

// serve runs a dynalite for every empty line of its standard input, prints its
// port, and ends the one whose port it reads. It ends with its standard input,
// which also ends when the test process is killed. A client that is killed in the
// middle of a request would end it with an uncaught ECONNRESET.
const serve = `
process.on('uncaughtException', err => { if (err.code !== 'ECONNRESET') { console.error(err); process.exit(1) } })
const dynalite = require('dynalite')
const servers = {}
require('readline').createInterface({ input: process.stdin }).on('close', () => process.exit(0)).on('line', port => {
	if (port) {
		servers[port].close(() => {})
		servers[port].closeAllConnections()
		delete servers[port]
		return
	}
	const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
	server.listen(0, '127.0.0.1', () => { servers[server.address().port] = server; console.log(server.address().port) })
})
`

// Dynalite starts a DynamoDB with no tables, which ends with the test, and
// returns the configuration of its clients. The endpoint is *BaseEndpoint. It
// skips the test under -short, because it needs Node.
func Dynalite(t testing.TB) aws.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("dynalite is not started with -short")
	}
	d, err := process()
	if err != nil {
		t.Fatal(err)
	}
	port, err := d.start()
	if err != nil {
		t.Fatalf("dynalite did not start: %v", err)
	}
	t.Cleanup(func() {
		if err := d.end(port); err != nil {
			t.Errorf("dynalite: %v", err)
		}
	})
	return Config("http://127.0.0.1:" + port)
}

// dynalites is the process that has every DynamoDB of a test process, each with
// tables of its own: Node takes longer to start than most tests take.
type dynalites struct {
	mu     sync.Mutex
	stdin  io.Writer
	stdout *bufio.Reader
}

var process = sync.OnceValues(func() (*dynalites, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	infra := filepath.Join(root, "infra")
	if _, err := os.Stat(filepath.Join(infra, "node_modules", "dynalite")); err != nil {
		return nil, fmt.Errorf("dynalite is not installed: run npm ci --prefix infra (%w)", err)
	}
	cmd := exec.Command("node", "-e", serve)
	cmd.Dir = infra
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start dynalite: %w", err)
	}
	return &dynalites{stdin: stdin, stdout: bufio.NewReader(stdout)}, nil
})

func (d *dynalites) start() (port string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := io.WriteString(d.stdin, "\n"); err != nil {
		return "", err
	}
	line, err := d.stdout.ReadString('\n')
	return strings.TrimSpace(line), err
}

func (d *dynalites) end(port string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := io.WriteString(d.stdin, port+"\n")
	return err
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
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("no go.mod in or above the folder of the test")
		}
		dir = filepath.Dir(dir)
	}
}
