package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/guregu/dynamo/v2"
)

// The contents of a template, which Templates leaves out.
var templateContents = []string{"brandGuideContent", "templateFunnelJson"}

// PutTemplate implements Store.
func (d *Dynamo) PutTemplate(ctx context.Context, t Template) (Template, error) {
	op := fmt.Sprintf("put template %q", t.TemplateID)
	t, err := t.checked()
	if err != nil {
		return Template{}, wrap(op, err)
	}
	latest, err := get(ctx, d.templates, AttributeTemplateID, t.TemplateID, AttributeVersion, LatestVersion)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return Template{}, failure(ctx, op, err)
	}
	if t.CreatedAt.IsZero() {
		if t.CreatedAt = parseStamp(text(latest, "createdAt")); t.CreatedAt.IsZero() {
			t.CreatedAt = t.UpdatedAt
		}
	}
	item, err := d.item(ctx, newTemplateRecord(t), spillOver)
	if err != nil {
		return Template{}, failure(ctx, op, err)
	}

	// The version first: latest never names one that is not there.
	n := number(latest, "versionNumber")
	for taken := item; taken != nil; {
		n++
		t.Version = strconv.FormatInt(n, 10)
		item[AttributeVersion], item["versionNumber"] = textValue(t.Version), numberValue(n)
		if taken, err = insert(ctx, d.templates, AttributeTemplateID, AttributeVersion, item); err != nil {
			return Template{}, failure(ctx, op, err)
		}
	}
	item[AttributeVersion] = textValue(LatestVersion)
	err = d.templates.Put(item).If("attribute_not_exists('versionNumber') OR 'versionNumber' < ?", n).Run(ctx)
	if err != nil && !dynamo.IsCondCheckFailed(err) { // failed: a later version is the latest by now
		return Template{}, failure(ctx, op, err)
	}
	return t, nil
}

// Template implements Store.
func (d *Dynamo) Template(ctx context.Context, id, version string) (Template, error) {
	if version == "" {
		version = LatestVersion
	}
	op := fmt.Sprintf("template %q version %q", id, version)
	if err := firstError(checkID("templateId", id, maxPartitionKey), checkID("version", version, maxSortKey)); err != nil {
		return Template{}, wrap(op, err)
	}
	item, err := get(ctx, d.templates, AttributeTemplateID, id, AttributeVersion, version)
	if err != nil {
		return Template{}, failure(ctx, op, err)
	}
	t, err := d.readTemplates(ctx, []dynamo.Item{item})
	if err != nil {
		return Template{}, failure(ctx, op, err)
	}
	return t[0], nil
}

// Templates implements Store. It is a scan, and the filter is applied to what a
// request has read, so it goes on until the page is full.
func (d *Dynamo) Templates(ctx context.Context, status TemplateStatus, limit int, pageToken string) ([]Template, string, error) {
	const op = "list templates"
	after, err := parseTemplatesToken(pageToken, status)
	if err != nil {
		return nil, "", wrap(op, err)
	}
	scan := d.templates.Scan().Consistent(true).
		Project("templateId", "'version'", "'name'", "description", "'status'", "metadata", "createdAt", "updatedAt", "versionNumber", attributeSpilled).
		Filter("'version' = ?", LatestVersion)
	switch status {
	case "":
	case Active:
		scan.Filter("'status' = ? OR attribute_not_exists('status')", status)
	default:
		scan.Filter("'status' = ?", status)
	}
	if after != "" {
		scan.StartFrom(dynamo.PagingKey{
			AttributeTemplateID: textValue(after),
			AttributeVersion:    textValue(LatestVersion),
		})
	}
	limit = pageSize(limit)
	var items []dynamo.Item
	for iter := scan.Iter(); len(items) <= limit; {
		var item dynamo.Item
		if !iter.Next(ctx, &item) {
			if err := iter.Err(); err != nil {
				return nil, "", failure(ctx, op, err)
			}
			break
		}
		items = append(items, item)
	}
	templates, err := d.readTemplates(ctx, items, templateContents...)
	if err != nil {
		return nil, "", failure(ctx, op, err)
	}
	templates, next := page(templates, limit, templatesAfter(status))
	return templates, next, nil
}

func (d *Dynamo) readTemplates(ctx context.Context, items []dynamo.Item, without ...string) ([]Template, error) {
	docs, err := d.documents(ctx, items, without...)
	if err != nil {
		return nil, err
	}
	templates := make([]Template, len(docs))
	for i, doc := range docs {
		if err := doc.mendTemplate(); err != nil {
			return nil, err
		}
		var r templateRecord
		if err := doc.decode(&r); err != nil {
			return nil, err
		}
		templates[i] = r.template()
	}
	return templates, nil
}

// mendTemplate makes a template that was typed into the console readable: a
// guide or funnel may be there as a native map or list instead of text, and a
// time may be anything.
func (doc document) mendTemplate() error {
	for _, name := range []string{"name", "description", "brandGuideContent", "templateFunnelJson", "status"} {
		raw := doc[name]
		switch {
		case string(raw) == "null":
			delete(doc, name)
		case len(raw) > 0 && raw[0] != '"':
			quoted, err := encode(string(raw))
			if err != nil {
				return err
			}
			doc[name] = quoted
		}
	}
	for _, name := range []string{"createdAt", "updatedAt"} {
		var s string
		if json.Unmarshal(doc[name], &s) != nil || parseStamp(s).IsZero() {
			delete(doc, name)
		}
	}
	var n int64
	if json.Unmarshal(doc["versionNumber"], &n) != nil {
		delete(doc, "versionNumber")
	}
	return nil
}
