package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// imageTask is one distinct image to make. Elements of the funnel that ask for the very same image share it.
type imageTask struct {
	key           string   // of the first element's image
	elementIDs    []string // never empty; the first names the task
	url, alt      string
	width, height int // as the element declares them; 0: as the original has them
	transparent   bool
}

// name is the element that the task is named by, in the ledger and to a person.
func (t imageTask) name() string { return t.elementIDs[0] }

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
	seen := map[string]int{}
	for _, image := range f.Images() {
		task := imageTask{
			key: image.Key, elementIDs: []string{image.ElementID}, url: image.URL, alt: image.AltText,
			width: image.Width, height: image.Height, transparent: image.Transparent,
		}
		if i, ok := seen[task.asked()]; ok {
			tasks[i].elementIDs = append(tasks[i].elementIDs, image.ElementID)
			continue
		}
		seen[task.asked()] = len(tasks)
		tasks = append(tasks, task)
	}
	return tasks
}
