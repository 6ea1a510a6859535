package openaitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Statement is what the organization's costs and usage say of one day, from midnight to midnight UTC. A call is of the
// day on which it arrived, by Options.Now.
type Statement struct {
	Day         time.Time
	Costs       []CostLine
	Completions []UsageLine // responses of the agent
	Images      []UsageLine // image edits
}

// CostLine is the money of one line item of a project.
type CostLine struct {
	Project, LineItem string
	Nano              int64 // nano-dollars
}

// UsageLine is what the calls of one model used together in a project.
type UsageLine struct {
	Project, Model string
	Requests       int64
	Usage
}

// lines are what the model charges for one call, in nano-dollars, by what stands behind the model's name in a line
// item. They are price's result together: the half a nano-dollar that a tier may leave is in the output.
func (m Model) lines(u Usage, rate string, nano int64) map[string]int64 {
	if m.PerImage != 0 {
		return map[string]int64{"images": nano}
	}
	r, tier := m.Rates, rate
	if m.LongAbove > 0 && u.Input > m.LongAbove {
		r = m.Long
	}
	if own, ok := m.Tiers[tier]; ok {
		r, tier = own, ""
	}
	if r.Write == 0 {
		u.CacheWrite, u.CacheWriteLong = 0, 0
	}
	cachedText := u.Cached - u.CachedImage
	lines := map[string]int64{
		"input_tokens":              (u.Input - u.ImageInput - cachedText - u.CacheWrite) * r.Input,
		"cached_input_tokens":       cachedText * r.Cached,
		"cache_write_tokens":        (u.CacheWrite - u.CacheWriteLong) * r.Write,
		"cache_write_12h_tokens":    u.CacheWriteLong * r.WriteLong,
		"image_input_tokens":        (u.ImageInput - u.CachedImage) * r.Image,
		"cached_image_input_tokens": u.CachedImage * r.CachedImage,
	}
	for item, amount := range lines {
		switch tier {
		case "flex", "batch":
			lines[item] = amount / 2
		case "priority":
			lines[item] = amount * 2
		}
		nano -= lines[item]
	}
	lines["output_tokens"] = nano
	maps.DeleteFunc(lines, func(_ string, amount int64) bool { return amount == 0 })
	return lines
}

// statement is what the bill says of a day.
func (s *Server) statement(day time.Time) Statement {
	project := cmp.Or(s.o.Project, "proj_simulated")
	costs := map[string]int64{}
	usage := map[string]map[string]*UsageLine{KindAgent: {}, KindImage: {}} // by kind and model
	for _, r := range s.Bill().Charges {
		if !r.Arrived.Truncate(24 * time.Hour).Equal(day) {
			continue
		}
		one := func(kind, model, tier string, used Usage, nano int64) {
			for item, nano := range s.served(model).lines(used, tier, nano) {
				costs[model+", "+item] += nano
			}
			line := usage[kind][model]
			if line == nil {
				line = &UsageLine{Project: project, Model: model}
				usage[kind][model] = line
			}
			line.add(UsageLine{Requests: 1, Usage: used})
		}
		if r.Carrier == "" {
			one(r.Kind, r.Model, r.Rate, r.Usage, r.Nano)
			continue
		}
		carried := s.served(r.Carrier).price(r.Carried, "", r.Rate)
		one(KindAgent, r.Carrier, r.Rate, r.Carried, carried)
		one(r.Kind, r.Model, "", r.Usage, r.Nano-carried)
	}
	st := Statement{Day: day}
	for _, item := range slices.Sorted(maps.Keys(costs)) {
		st.Costs = append(st.Costs, CostLine{project, item, costs[item]})
	}
	of := func(kind string) (lines []UsageLine) {
		for _, model := range slices.Sorted(maps.Keys(usage[kind])) {
			lines = append(lines, *usage[kind][model])
		}
		return lines
	}
	st.Completions, st.Images = of(KindAgent), of(KindImage)
	if s.o.Statement != nil {
		s.o.Statement(&st)
	}
	return st
}

// served is a model by its name or its dated name.
func (s *Server) served(name string) Model {
	if m, ok := s.models[name]; ok {
		return m
	}
	return s.models[dated.ReplaceAllString(name, "")]
}

// add adds what other calls used.
func (l *UsageLine) add(more UsageLine) {
	l.Requests += more.Requests
	for _, sum := range []struct {
		to   *int64
		more int64
	}{
		{&l.Input, more.Input}, {&l.Cached, more.Cached}, {&l.CacheWrite, more.CacheWrite}, {&l.CacheWriteLong, more.CacheWriteLong},
		{&l.ImageInput, more.ImageInput}, {&l.CachedImage, more.CachedImage}, {&l.Output, more.Output},
		{&l.Reasoning, more.Reasoning}, {&l.Images, more.Images},
	} {
		*sum.to += sum.more
	}
}

// costs answers GET /organization/costs.
func (s *Server) costs(w http.ResponseWriter, r *http.Request) {
	s.report(w, r, 180, []string{"project_id", "line_item"}, func(q reportQuery, st Statement) []any {
		sums := map[string]map[string]any{}
		amounts := map[string]int64{}
		for _, line := range st.Costs {
			if q.wants(line.Project) {
				key, labels := q.group(map[string]string{"project_id": line.Project, "line_item": line.LineItem})
				sums[key] = labels
				amounts[key] += line.Nano
			}
		}
		return results(sums, func(key string, result map[string]any) {
			result["object"] = "organization.costs.result"
			result["amount"] = map[string]any{"value": json.Number(decimalDollars(amounts[key])), "currency": "usd"}
			result["quantity"], result["quantity_unit"], result["api_key_id"], result["user_id"], result["api_source"] = nil, nil, nil, nil, nil
		})
	})
}

// completionsUsage answers GET /organization/usage/completions.
func (s *Server) completionsUsage(w http.ResponseWriter, r *http.Request) {
	s.usage(w, r, func(st Statement) []UsageLine { return st.Completions }, func(l UsageLine, result map[string]any) {
		result["object"] = "organization.usage.completions.result"
		result["input_tokens"], result["output_tokens"] = l.Input, l.Output
		result["input_cached_tokens"], result["input_cached_text_tokens"] = l.Cached, l.Cached
		result["input_uncached_tokens"] = l.Input - l.Cached - l.CacheWrite
		result["input_text_tokens"] = l.Input - l.Cached - l.CacheWrite
		result["input_cache_write_tokens"] = l.CacheWrite
		result["input_cache_write_30m_tokens"], result["input_cache_write_12h_tokens"] = l.CacheWrite-l.CacheWriteLong, l.CacheWriteLong
		result["output_text_tokens"] = l.Output
		for _, none := range []string{"input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens"} {
			result[none] = 0
		}
		result["batch"], result["service_tier"] = nil, nil
	})
}

// imagesUsage answers GET /organization/usage/images.
func (s *Server) imagesUsage(w http.ResponseWriter, r *http.Request) {
	s.usage(w, r, func(st Statement) []UsageLine { return st.Images }, func(l UsageLine, result map[string]any) {
		result["object"] = "organization.usage.images.result"
		result["images"] = l.Images
		result["size"], result["source"] = nil, nil
	})
}

// usage answers for one kind of call.
func (s *Server) usage(w http.ResponseWriter, r *http.Request, of func(Statement) []UsageLine, show func(UsageLine, map[string]any)) {
	s.report(w, r, 31, []string{"project_id", "model"}, func(q reportQuery, st Statement) []any {
		sums := map[string]map[string]any{}
		used := map[string]*UsageLine{}
		for _, line := range of(st) {
			if !q.wants(line.Project) {
				continue
			}
			key, labels := q.group(map[string]string{"project_id": line.Project, "model": line.Model})
			sums[key] = labels
			if used[key] == nil {
				used[key] = &UsageLine{}
			}
			used[key].add(line)
		}
		return results(sums, func(key string, result map[string]any) {
			result["num_model_requests"] = used[key].Requests
			result["api_key_id"], result["user_id"] = nil, nil
			show(*used[key], result)
		})
	})
}

// results are the groups of a bucket, each completed by show.
func results(groups map[string]map[string]any, show func(key string, result map[string]any)) []any {
	list := []any{}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		show(key, groups[key])
		list = append(list, groups[key])
	}
	return list
}

// reportQuery is what a report is asked for.
type reportQuery struct {
	start, end time.Time
	limit      int
	groupBy    []string
	groupable  []string
	projects   []string
}

func (q reportQuery) wants(project string) bool {
	return len(q.projects) == 0 || slices.Contains(q.projects, project)
}

// group is the group that a line with these labels belongs to: a key, and the labels as they are shown. What is not
// grouped by is null.
func (q reportQuery) group(labels map[string]string) (key string, shown map[string]any) {
	shown = map[string]any{}
	for _, name := range q.groupable {
		shown[name] = nil
		if slices.Contains(q.groupBy, name) {
			shown[name] = labels[name]
			key += strconv.Quote(labels[name])
		}
	}
	return key, shown
}

// list is a parameter that may be given more than once, in either of the forms that OpenAI takes.
func list(v url.Values, name string) []string { return append(slices.Clone(v[name]), v[name+"[]"]...) }

// parseReport reads the query, or says what is wrong with it.
func parseReport(v url.Values, mostBuckets int, groupable []string) (reportQuery, *apiError) {
	invalid := func(param, why string) *apiError {
		return &apiError{param: param, code: "invalid_value", message: fmt.Sprintf("Invalid '%s': %s", param, why)}
	}
	q := reportQuery{limit: 7, groupable: groupable, groupBy: list(v, "group_by"), projects: list(v, "project_ids")}
	for name := range v {
		switch strings.TrimSuffix(name, "[]") {
		case "start_time", "end_time", "limit", "page", "bucket_width", "group_by", "project_ids":
		default:
			return q, &apiError{param: name, code: "unknown_parameter", message: fmt.Sprintf("The simulated OpenAI does not know the parameter '%s' here.", name)}
		}
	}
	start, err := strconv.ParseInt(v.Get("start_time"), 10, 64)
	if v.Get("start_time") == "" {
		return q, missing("start_time")
	}
	if err != nil || start%86400 != 0 {
		return q, invalid("start_time", "expected Unix seconds; the simulated OpenAI wants midnight UTC.")
	}
	q.start = time.Unix(start, 0).UTC()
	q.end = q.start.AddDate(0, 0, mostBuckets)
	if v.Has("end_time") {
		end, err := strconv.ParseInt(v.Get("end_time"), 10, 64)
		if err != nil || end <= start || end%86400 != 0 {
			return q, invalid("end_time", "expected Unix seconds after start_time; the simulated OpenAI wants midnight UTC.")
		}
		q.end = time.Unix(end, 0).UTC()
	}
	if v.Has("limit") {
		if q.limit, err = strconv.Atoi(v.Get("limit")); err != nil || q.limit < 1 || q.limit > mostBuckets {
			return q, invalid("limit", fmt.Sprintf("expected an integer from 1 to %d.", mostBuckets))
		}
	}
	if v.Has("page") {
		after, err := time.Parse("page_"+time.DateOnly, v.Get("page"))
		if err != nil || after.Before(q.start) {
			return q, invalid("page", "it is not a page of this list.")
		}
		q.start = after
	}
	if width := cmp.Or(v.Get("bucket_width"), "1d"); width != "1d" {
		return q, invalid("bucket_width", "the simulated OpenAI has buckets of '1d' only.")
	}
	for _, name := range q.groupBy {
		if !slices.Contains(groupable, name) {
			return q, invalid("group_by", "expected some of "+strings.Join(groupable, ", ")+".")
		}
	}
	return q, nil
}

// report answers with a page of buckets.
func (s *Server) report(w http.ResponseWriter, r *http.Request, mostBuckets int, groupable []string, of func(reportQuery, Statement) []any) {
	if problem := s.authorizeAdmin(r); problem != nil {
		writeError(w, problem)
		return
	}
	q, problem := parseReport(r.URL.Query(), mostBuckets, groupable)
	if problem != nil {
		writeError(w, problem)
		return
	}
	buckets, more, day := []any{}, any(nil), q.start
	for ; day.Before(q.end) && len(buckets) < q.limit; day = day.AddDate(0, 0, 1) {
		buckets = append(buckets, map[string]any{
			"object": "bucket", "start_time": day.Unix(), "end_time": day.AddDate(0, 0, 1).Unix(), "results": of(q, s.statement(day)),
		})
	}
	if day.Before(q.end) {
		more = day.Format("page_" + time.DateOnly)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(encode(map[string]any{"object": "page", "data": buckets, "has_more": more != nil, "next_page": more}))
}

// authorizeAdmin says what is wrong with the key of a request about the organization.
func (s *Server) authorizeAdmin(r *http.Request) *apiError {
	if problem := accept(r, ""); problem != nil {
		return problem
	}
	s.mu.Lock()
	project := s.key
	s.mu.Unlock()
	if project != "" && accept(r, project) == nil {
		return &apiError{status: http.StatusForbidden, message: "You have insufficient permissions for this operation. Missing scopes: api.usage.read. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes."}
	}
	return accept(r, s.o.AdminKey)
}

// decimalDollars is nano-dollars as a number of dollars.
func decimalDollars(nano int64) string {
	sign := ""
	if nano < 0 {
		sign, nano = "-", -nano
	}
	return fmt.Sprintf("%s%d.%09d", sign, nano/1e9, nano%1e9)
}
