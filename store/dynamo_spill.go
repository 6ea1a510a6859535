package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"
)

const (
	attributeSpilled = "spilled" // map of attribute name to object key
	spillOver        = 32 << 10  // bytes of JSON
	spillRunOver     = 8 << 10
	spillConcurrency = 8
)

// resident attributes always stay in the item: the keys, and what conditions
// and filters look at. All are short.
var resident = []string{
	AttributeTemplateID, AttributeVersion, AttributeRunID, AttributeTimestamp, AttributeLogType,
	"status", "attempt", "leaseUntil", "versionNumber", "createdAt", "updatedAt",
}

// item returns a record as a DynamoDB item. Fields of more than over bytes, and
// those DynamoDB cannot hold, are in the object store when it returns.
func (d *Dynamo) item(ctx context.Context, record any, over int) (dynamo.Item, error) {
	doc, err := newDocument(record)
	if err != nil {
		return nil, err
	}
	item := make(dynamo.Item, len(doc))
	spilled := make(map[string]types.AttributeValue)
	for name, raw := range doc {
		if len(raw) > over && !slices.Contains(resident, name) {
			spilled[name] = textValue(spillKey(raw))
			continue
		}
		switch av, err := attributeValue(raw); {
		case errors.Is(err, errUnfit):
			spilled[name] = textValue(spillKey(raw))
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		default:
			item[name] = av
		}
	}
	if len(spilled) == 0 {
		return item, nil
	}
	item[attributeSpilled] = &types.AttributeValueMemberM{Value: spilled}

	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(spillConcurrency)
	for name := range spilled {
		if d.objects == nil {
			return nil, fmt.Errorf("%w: %s is more than a DynamoDB item should hold, and there is no object store", ErrInvalid, name)
		}
		g.Go(func() error {
			if err := d.objects.Put(ctx, spillKey(doc[name]), "application/json", doc[name]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	return item, g.Wait()
}

// documents returns items as JSON, with what was spilled back in its place. The
// attributes named in without are left out.
func (d *Dynamo) documents(ctx context.Context, items []dynamo.Item, without ...string) ([]document, error) {
	type fetch struct {
		doc       document
		name, key string
		raw       json.RawMessage
	}
	docs := make([]document, len(items))
	var fetches []*fetch
	for i, item := range items {
		docs[i] = make(document, len(item))
		for name, av := range item {
			if name == attributeSpilled || slices.Contains(without, name) {
				continue
			}
			raw, err := appendJSON(nil, av)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			docs[i][name] = raw
		}
		if m, ok := item[attributeSpilled].(*types.AttributeValueMemberM); ok {
			for name := range m.Value {
				if !slices.Contains(without, name) {
					fetches = append(fetches, &fetch{doc: docs[i], name: name, key: text(m.Value, name)})
				}
			}
		}
	}

	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(spillConcurrency)
	for _, f := range fetches {
		g.Go(func() (err error) {
			if f.raw, err = d.unspill(ctx, f.key); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, f := range fetches {
		f.doc[f.name] = f.raw
	}
	return docs, nil
}

// unspill reads a spilled field. That its object is gone is not ErrNotFound:
// the record is there.
func (d *Dynamo) unspill(ctx context.Context, key string) (json.RawMessage, error) {
	if d.objects == nil {
		return nil, fmt.Errorf("%w: it is stored as object %q, and there is no object store", ErrInvalid, key)
	}
	raw, err := d.objects.Get(ctx, key)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, fmt.Errorf("its content is gone: there is no object %s", d.objects.Location(key))
	case err != nil:
		return nil, err
	case spillKey(raw) != key:
		return nil, fmt.Errorf("its content is damaged: object %s does not match its name", d.objects.Location(key))
	}
	return raw, nil
}

// spillKey names content by what it is, so that the same content is one object
// and a write that is repeated changes nothing.
func spillKey(raw []byte) string {
	sum := sha256.Sum256(raw)
	return SpillPrefix + hex.EncodeToString(sum[:])
}
