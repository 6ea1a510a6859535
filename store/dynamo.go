package store

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/guregu/dynamo/v2"
)

// attributeWriteID holds a random text that changes with every conditional
// write of an item. When the answer to a write is lost, the SDK sends it again
// and the condition fails on our own first write; the write id tells that from
// losing to somebody else.
const attributeWriteID = "writeId"

// Dynamo is the Store in DynamoDB. It calls GetItem and PutItem on each table,
// UpdateItem on runs, Query on runs, its index and logs, and Scan on templates.
type Dynamo struct {
	templates, runs, logs dynamo.Table
	logTTL                time.Duration
	objects               Objects
}

// DynamoConfig says where a Dynamo keeps what it stores.
type DynamoConfig struct {
	Templates, Runs, Logs string        // table names
	LogTTL                time.Duration // how long log rows are kept, in AttributeExpiresAt; 0 is forever
	Objects               Objects       // holds large fields; nil refuses them
}

// NewDynamo returns the store in the tables of c. It makes no request. Retries
// are those of cfg.
func NewDynamo(cfg aws.Config, c DynamoConfig, opts ...func(*dynamodb.Options)) *Dynamo {
	db := dynamo.New(cfg, opts...)
	return &Dynamo{
		templates: db.Table(c.Templates),
		runs:      db.Table(c.Runs),
		logs:      db.Table(c.Logs),
		logTTL:    c.LogTTL,
		objects:   c.Objects,
	}
}

// get reads one item, as of now. dynamo.ErrNotFound when there is none.
func get(ctx context.Context, t dynamo.Table, hash, hashValue, sort, sortValue string) (dynamo.Item, error) {
	var item dynamo.Item
	err := t.Get(hash, hashValue).Range(sort, dynamo.Equal, sortValue).Consistent(true).One(ctx, &item)
	return item, err
}

// insert puts an item unless its key is taken, and then returns the item that
// has the key.
func insert(ctx context.Context, t dynamo.Table, hash, sort string, item dynamo.Item) (existing dynamo.Item, err error) {
	id := rand.Text()
	item[attributeWriteID] = textValue(id)
	for {
		err = t.Put(item).If("attribute_not_exists($)", hash).Run(ctx)
		if !dynamo.IsCondCheckFailed(err) {
			return nil, err
		}
		existing, err = get(ctx, t, hash, text(item, hash), sort, text(item, sort))
		switch {
		case errors.Is(err, dynamo.ErrNotFound):
			continue // deleted in between
		case err != nil:
			return nil, err
		case text(existing, attributeWriteID) == id:
			return nil, nil
		}
		return existing, nil
	}
}
