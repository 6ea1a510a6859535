package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/full-turner/full-turner/store"
)

// templateView is a template as the actions return it.
type templateView struct {
	TemplateID         string               `json:"templateId"`
	Version            string               `json:"version"`
	Name               string               `json:"name"`
	Description        string               `json:"description"`
	Status             store.TemplateStatus `json:"status"`
	Metadata           json.RawMessage      `json:"metadata,omitempty"`
	CreatedAt          string               `json:"createdAt"`
	UpdatedAt          string               `json:"updatedAt"`
	BrandGuideContent  string               `json:"brandGuideContent,omitempty"`
	TemplateFunnelJSON string               `json:"templateFunnelJson,omitempty"`
}

func viewTemplate(t store.Template) templateView {
	return templateView{t.TemplateID, t.Version, t.Name, t.Description, t.Status, t.Metadata, stamp(t.CreatedAt), stamp(t.UpdatedAt), t.BrandGuideContent, t.TemplateFunnelJSON}
}

// putTemplate checks a template and stores it as the next version. What a run could not use is refused here.
func (p *Pipeline) putTemplate(ctx context.Context, fields object) (any, error) {
	id, err := templateID(fields)
	if err != nil {
		return nil, err
	}
	t := store.Template{TemplateID: id, Status: store.Active}
	if t.Name, err = fields.text("name"); err != nil {
		return nil, err
	}
	if t.Description, err = fields.text("description"); err != nil {
		return nil, err
	}
	if len(t.Name) > 1000 || len(t.Description) > 20_000 {
		return nil, failure(InvalidRequest, "name may have 1,000 bytes and description 20,000; put longer texts into the brand guide")
	}
	status, err := templateStatus(fields)
	if err != nil {
		return nil, err
	}
	if status != "" {
		t.Status = status
	}
	if t.BrandGuideContent, err = fields.textOrJSON("brandGuideContent"); err != nil {
		return nil, err
	}
	if _, err := parseGuide(t.BrandGuideContent); err != nil {
		return nil, fmt.Errorf("brandGuideContent: %w", err)
	}
	if t.Metadata, err = metadataField(fields); err != nil {
		return nil, err
	}
	settings, err := parseSettings(t.Metadata)
	if err != nil {
		return nil, failure(InvalidRequest, "%w", err)
	}
	if t.TemplateFunnelJSON, err = fields.textOrJSON("templateFunnelJson"); err != nil {
		return nil, err
	}
	if _, err := parseFunnel(t.TemplateFunnelJSON, settings); err != nil {
		return nil, fmt.Errorf("templateFunnelJson: %w", err)
	}
	stored, err := p.Store.PutTemplate(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("put template %s: %w", id, err)
	}
	return struct {
		TemplateID string               `json:"templateId"`
		Version    string               `json:"version"`
		Status     store.TemplateStatus `json:"status"`
	}{stored.TemplateID, stored.Version, stored.Status}, nil
}

// metadataField is the optional field metadata.
func metadataField(fields object) (json.RawMessage, error) {
	if !fields.has("metadata") {
		return nil, nil
	}
	if m := fields["metadata"]; m[0] != '{' || len(m) > 20_000 {
		return nil, failure(InvalidRequest, "metadata must be a JSON object of at most 20,000 bytes")
	}
	return fields["metadata"], nil
}

// getTemplate returns a template whole.
func (p *Pipeline) getTemplate(ctx context.Context, fields object) (any, error) {
	id, err := templateID(fields)
	if err != nil {
		return nil, err
	}
	version, err := fields.text("version")
	if err != nil {
		return nil, err
	}
	if version == "" {
		version = store.LatestVersion
	}
	if !versions.MatchString(version) {
		return nil, failure(InvalidRequest, "version %q must be \"latest\" or a version, such as \"3\"", abbreviate(version))
	}
	t, err := p.Store.Template(ctx, id, version)
	if errors.Is(err, store.ErrNotFound) {
		return nil, failure(TemplateNotFound, "there is no template %q with version %q", id, version)
	}
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", id, err)
	}
	return viewTemplate(t), nil
}

// listTemplates returns the latest versions, without their guides and funnels.
func (p *Pipeline) listTemplates(ctx context.Context, fields object) (any, error) {
	status, err := templateStatus(fields)
	if err != nil {
		return nil, err
	}
	limit, token, err := page(fields)
	if err != nil {
		return nil, err
	}
	list, next, err := p.Store.Templates(ctx, status, limit, token)
	if err != nil {
		return nil, badToken(err)
	}
	views := []templateView{}
	for _, t := range list {
		views = append(views, viewTemplate(t))
	}
	return struct {
		Templates []templateView `json:"templates"`
		NextToken string         `json:"nextToken,omitempty"`
	}{views, next}, nil
}

// templateID is the required id of a template action.
func templateID(fields object) (string, error) {
	id, err := fields.text("templateId")
	if err != nil {
		return "", err
	}
	if !templateIDs.MatchString(id) {
		return "", failure(InvalidRequest, "templateId %q must be 1 to 128 letters, digits, dots, dashes, colons and underscores, and start with a letter or digit", abbreviate(id))
	}
	return id, nil
}

// templateStatus is the optional status of a template action.
func templateStatus(fields object) (store.TemplateStatus, error) {
	s, err := fields.text("status")
	if err != nil {
		return "", err
	}
	switch status := store.TemplateStatus(s); status {
	case "", store.Active, store.Draft, store.Archived:
		return status, nil
	}
	return "", failure(InvalidRequest, "status %q must be active, draft or archived", abbreviate(s))
}

// page is the optional limit and token of a list.
func page(fields object) (limit int, token string, err error) {
	if limit, err = fields.count("limit", 20, 100); err != nil {
		return 0, "", err
	}
	token, err = fields.text("nextToken")
	return limit, token, err
}

// badToken makes an InvalidRequest of a token that no list gave.
func badToken(err error) error {
	if errors.Is(err, store.ErrBadToken) {
		return failure(InvalidRequest, "nextToken: %w", err)
	}
	return err
}

// marshal is JSON without HTML escaping: addresses and markup stay readable.
func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
