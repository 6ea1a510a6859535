package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// imageTask is one distinct image to make. Elements of the funnel that show the same original in the same shape share it.
type imageTask struct {
	spot        // the largest, which the image is asked for in
	url, alt    string
	altKey      string // of the alternative text, among the funnel's texts
	transparent bool
	smaller     []spot // the other sizes that it is shown in
	unread      error  // why its original could not be fetched, where that was tried already
}

// spot is a size that an image is shown in, and where.
type spot struct {
	keys, elementIDs []string // of the funnel's images; never empty
	width, height    int      // as the elements declare them; 0: as the original has them
}

// shaped says that two places have the same shape, within 2 %.
func (p spot) shaped(q spot) bool {
	if p.width <= 0 || p.height <= 0 || q.width <= 0 || q.height <= 0 {
		return p.width == q.width && p.height == q.height
	}
	a, b := p.width*q.height, q.width*p.height
	return 100*max(a, b) <= 102*min(a, b)
}

// name is the image that the task is named by, in the ledger and to a person.
func (t imageTask) name() string { return t.keys[0] }

// results are those of all places, each as r is.
func (t imageTask) results(r ImageResult) []ImageResult {
	var all []ImageResult
	for _, p := range append([]spot{t.spot}, t.smaller...) {
		r.ElementIDs, r.keys = p.elementIDs, p.keys
		all = append(all, r)
	}
	return all
}

// add takes one more image of the same original.
func (t *imageTask) add(p spot) {
	if p.width*p.height > t.width*t.height {
		t.spot, p = p, t.spot
	}
	t.place(p)
}

// place shows the image in one more place, and leaves the size that it is asked for in.
func (t *imageTask) place(p spot) {
	known := []*spot{&t.spot}
	for i := range t.smaller {
		known = append(known, &t.smaller[i])
	}
	for _, k := range known {
		if k.width == p.width && k.height == p.height {
			k.keys, k.elementIDs = append(k.keys, p.keys...), append(k.elementIDs, p.elementIDs...)
			return
		}
	}
	t.smaller = append(t.smaller, p)
}

// asked tells the image apart from every other one of the run, and is the same in every attempt.
func (t imageTask) asked() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %d %t", t.url, t.alt, t.width, t.height, t.transparent))
	return hex.EncodeToString(sum[:16])
}

// role is what the image does, by the first of its elements that says so.
func (t imageTask) role() ImageRole {
	for _, id := range t.elementIDs {
		if role := imageRole(id, t.width, t.height); role != "" {
			return role
		}
	}
	return ""
}

// showsLogo says that the image is a logo or that its element says that it shows one.
func (t imageTask) showsLogo() bool {
	return t.role() == RoleLogo || slices.Contains(idWords(t.alt), "logo")
}

// background is what OpenAI calls the image's background.
func (t imageTask) background() string {
	if t.transparent {
		return "transparent"
	}
	return "opaque"
}

// ProcessImagesBatch lists the distinct images of the funnel, in the funnel's order.
func ProcessImagesBatch(ctx context.Context, w *work, t template) (tasks []imageTask, err error) {
	defer w.step(ctx, StepProcessImagesBatch).end(&err)
	return imageTasks(t.funnel), nil
}

// imageTasks are the distinct images of a funnel.
func imageTasks(f *funnel.Funnel) []imageTask {
	var tasks []imageTask
	byURL := map[string][]int{} // the tasks of an original
images:
	for _, image := range f.Images() {
		p := spot{[]string{image.Key}, []string{image.ElementID}, image.Width, image.Height}
		for _, i := range byURL[image.URL] {
			if t := &tasks[i]; t.transparent == image.Transparent && t.shaped(p) {
				t.add(p)
				continue images
			}
		}
		byURL[image.URL] = append(byURL[image.URL], len(tasks))
		tasks = append(tasks, imageTask{spot: p, url: image.URL, alt: image.AltText, altKey: image.AltKey, transparent: image.Transparent})
	}
	return tasks
}
