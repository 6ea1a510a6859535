package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

// PutTemplate implements Store.
func (b *Bolt) PutTemplate(ctx context.Context, t Template) (Template, error) {
	op := fmt.Sprintf("put template %q", t.TemplateID)
	t, err := t.checked()
	if err != nil {
		return Template{}, wrap(op, err)
	}
	var stored Template
	err = b.write(ctx, op, func(tx *bbolt.Tx) error {
		versions, err := tx.Bucket(bucketTemplates).CreateBucketIfNotExists([]byte(t.TemplateID))
		if err != nil {
			return err
		}
		var latest templateRecord
		if err := load(versions, LatestVersion, &latest); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		stored = t
		if stored.CreatedAt.IsZero() {
			if stored.CreatedAt = latest.template().CreatedAt; stored.CreatedAt.IsZero() {
				stored.CreatedAt = stored.UpdatedAt
			}
		}
		n := latest.VersionNumber + 1
		stored.Version = strconv.FormatInt(n, 10)
		r := newTemplateRecord(stored)
		r.VersionNumber = n
		if err := put(versions, stored.Version, r); err != nil {
			return err
		}
		return put(versions, LatestVersion, r)
	})
	if err != nil {
		return Template{}, err
	}
	return stored, nil
}

// Template implements Store.
func (b *Bolt) Template(ctx context.Context, id, version string) (Template, error) {
	if version == "" {
		version = LatestVersion
	}
	op := fmt.Sprintf("template %q version %q", id, version)
	if err := firstError(checkID("templateId", id, maxPartitionKey), checkID("version", version, maxSortKey)); err != nil {
		return Template{}, wrap(op, err)
	}
	var r templateRecord
	err := b.read(ctx, op, func(tx *bbolt.Tx) error {
		return load(tx.Bucket(bucketTemplates).Bucket([]byte(id)), version, &r)
	})
	if err != nil {
		return Template{}, err
	}
	return r.template(), nil
}

// Templates implements Store.
func (b *Bolt) Templates(ctx context.Context, status TemplateStatus, limit int, pageToken string) ([]Template, string, error) {
	const op = "list templates"
	after, err := parseTemplatesToken(pageToken, status)
	if err != nil {
		return nil, "", wrap(op, err)
	}
	limit = pageSize(limit)
	var templates []Template
	err = b.read(ctx, op, func(tx *bbolt.Tx) error {
		all := tx.Bucket(bucketTemplates)
		c := all.Cursor()
		id, _ := c.Seek([]byte(after))
		if after != "" && bytes.Equal(id, []byte(after)) {
			id, _ = c.Next()
		}
		for ; id != nil && len(templates) <= limit; id, _ = c.Next() {
			var r templateRecord
			if err := load(all.Bucket(id), LatestVersion, &r); err != nil {
				return err
			}
			t := r.template()
			if status != "" && t.Status != status {
				continue
			}
			t.BrandGuideContent, t.TemplateFunnelJSON = "", ""
			templates = append(templates, t)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	templates, next := page(templates, limit, templatesAfter(status))
	return templates, next, nil
}
