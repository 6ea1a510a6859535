package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
	"github.com/full-turner/full-turner/store"
)

// template is what a run is made from: a brand guide, as text, and a funnel.
type template struct {
	id      string
	version string // the one that "latest" was when the run began
	guide   brand.Guide
	funnel  *funnel.Funnel

	settings templateSettings // of its metadata
}

// LoadTemplate reads the template of a run, or takes the guide and the funnel that the request brought, and pins
// the version: a resumed run works on what it began with.
//
// It fails with TemplateNotFound, TemplateInactive or InvalidTemplate.
func (p *Pipeline) LoadTemplate(ctx context.Context, h *hold) (t template, err error) {
	defer h.step(ctx, StepLoadTemplate).end(&err)
	version := h.request.TemplateVersion
	if pinned := h.record().TemplateVersion; pinned != "" {
		version = pinned
	}
	if t, err = p.template(ctx, h.request, version); err != nil {
		return template{}, err
	}
	if h.record().TemplateVersion != t.version {
		if err = h.save(ctx, func(r *store.Run) { r.TemplateVersion = t.version }); err != nil {
			return template{}, err
		}
	}
	return t, nil
}

// template reads and parses what a request asks for, at a version.
func (p *Pipeline) template(ctx context.Context, req Request, version string) (template, error) {
	t := template{id: req.templateID(), version: store.InlineTemplate}
	guide, elements, metadata := req.BrandGuide, req.TemplateFunnel, req.Metadata
	if !req.inline() {
		stored, err := p.Store.Template(ctx, req.TemplateID, version)
		if errors.Is(err, store.ErrNotFound) {
			return template{}, failure(TemplateNotFound, "there is no template %q with version %q; put it with action putTemplate, or list what is there with listTemplates", req.TemplateID, version)
		}
		if err != nil {
			return template{}, fmt.Errorf("template %s: %w", req.TemplateID, err)
		}
		if stored.Status != store.Active {
			return template{}, failure(TemplateInactive, "template %q version %s is %s; put it again with status active", req.TemplateID, stored.Version, stored.Status)
		}
		t.version, metadata = stored.Version, stored.Metadata
		if guide == "" {
			guide = stored.BrandGuideContent
		}
		if elements == "" {
			elements = stored.TemplateFunnelJSON
		}
	}
	var err error
	if t.guide, err = parseGuide(guide); err != nil {
		return template{}, err
	}
	if t.settings, err = parseSettings(metadata); err != nil {
		return template{}, failure(InvalidTemplate, "%w", err)
	}
	if t.funnel, err = parseFunnel(elements, t.settings); err != nil {
		return template{}, err
	}
	return t, nil
}

// owners are the client, as the guide, the rules that were found in its prose and the template's settings have it, and
// the former owner.
func (t template) owners(found brand.Brand) (client brand.Brand, former brand.Former) {
	client = t.guide.Brand.Filled(found).With(t.settings.brand)
	return client, brand.FindFormer(allStrings(t.funnel), client).With(t.settings.former)
}

// parseGuide parses a brand guide; the error is an InvalidTemplate.
func parseGuide(text string) (brand.Guide, error) {
	g, err := brand.Parse(text)
	if err != nil {
		return brand.Guide{}, failure(InvalidTemplate, "%w", err)
	}
	return g, nil
}

// parseFunnel parses a funnel; the error is an InvalidTemplate.
func parseFunnel(text string, s templateSettings) (*funnel.Funnel, error) {
	if strings.TrimSpace(text) == "" {
		return nil, failure(InvalidTemplate, "the funnel is empty; it must be a JSON array of elements")
	}
	f, err := funnel.ParseWith([]byte(text), s.reading())
	if err != nil {
		return nil, failure(InvalidTemplate, "the funnel: %w", err)
	}
	return f, nil
}
