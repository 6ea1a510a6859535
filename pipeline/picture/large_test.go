package picture_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

// TestPrepare_StaysWithinItsMemory prepares pictures of every size at once in a process of 512 MB: each is made, left or
// refused, and the process is never larger.
func TestPrepare_StaysWithinItsMemory(t *testing.T) {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector takes memory of its own")
	}
	if os.Getenv("PICTURE_LARGE") == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestPrepare_StaysWithinItsMemory$", "-test.v")
		command.Env = append(os.Environ(), "PICTURE_LARGE=1", "GOMEMLIMIT=512MiB")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	deep := image.NewNRGBA64(image.Rect(0, 0, 1200, 800))
	for i := range deep.Pix {
		deep.Pix[i] = byte(i/4000) | byte(max(0, i%8-5))*0xff // opaque
	}
	real := pngOf(deep)
	header := claiming(8333, 6000)
	header[24] = 16 // bits a channel
	copy(header[29:], pngChunk("IHDR", header[16:29])[21:])
	var bodies [][]byte
	for range 6 {
		bodies = append(bodies, header, real)
	}
	for range 3 {
		bodies = append(bodies, cmykJPEG(7000, 7000, true)[:400], cmykJPEG(2400, 1600, true))
	}
	memory := picture.NewMemory(debug.SetMemoryLimit(-1) / 2)
	var group sync.WaitGroup
	var mutex sync.Mutex
	outcomes := map[string]int{}
	for _, body := range bodies {
		group.Go(func() {
			_, err := picture.Prepare(t.Context(), body, memory)
			outcome := "made"
			if left := (*picture.Left)(nil); errors.As(err, &left) {
				outcome = "left"
			} else if errors.Is(err, picture.ErrTooLarge) {
				outcome = "refused"
			} else if err != nil {
				t.Error(err)
			}
			mutex.Lock()
			outcomes[outcome]++
			mutex.Unlock()
		})
	}
	group.Wait()
	if got := fmt.Sprint(outcomes); got != "map[left:3 made:6 refused:9]" {
		t.Error(got)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc here")
	}
	for line := range strings.Lines(string(status)) {
		var kB int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kB); n == 1 {
			t.Logf("the process was at most %d MB", kB>>10)
			if kB > 512<<10 {
				t.Errorf("the process was %d MB", kB>>10)
			}
		}
	}
}

func FuzzPrepare(f *testing.F) {
	for _, body := range [][]byte{
		pngOf(bands(9, 9, red, blue)), jpegOf(bands(9, 9, red, blue)), webpOf(), losslessWebP(false), cmykJPEG(16, 8, false), claiming(400, 400),
		wrapPNG(pngOf(bands(9, 9, red, clear)), exifOf(6), profiles["P3"], "a"), wrapJPEG(jpegOf(bands(9, 9, red, blue)), exifOf(8), profiles["AdobeRGB"], "a"),
		wrapWebP(losslessWebP(true), exifOf(3), profiles["sRGB"], "a"), svg(`<rect width="9" height="9"/>`),
	} {
		f.Add(body)
	}
	f.Fuzz(prepares)
}

func FuzzSVG(f *testing.F) {
	for _, inner := range []string{
		`<path fill="red" fill-rule="evenodd" d="M2 10a8 8 0 1116 0 8 8 0 01-16 0zm3,3q1 2 3 4t5-6s1 2 3 4h-9v9"/>`, `<style>.a{fill:red}</style><rect class="a" width="50%" height="9" rx="2"/>`,
		`<g transform="scale(2) rotate(30 1 1)" opacity=".5"><circle r="4" stroke="#00f" stroke-width="3" stroke-dasharray="4 2" stroke-linejoin="round"/></g>`,
		`<radialGradient id="g" fx=".1"><stop/><stop offset="1" stop-color="red"/></radialGradient><ellipse rx="9" ry="4" fill="url(#g)"/><use href="#g"/>`,
	} {
		f.Add(inner)
	}
	f.Fuzz(func(t *testing.T, inner string) {
		prepares(t, []byte(`<svg viewBox="0 0 40 20" width="40" height="20">`+inner+`</svg>`))
	})
}

// prepares asserts what holds for every source.
func prepares(t *testing.T, body []byte) {
	s, err := picture.Prepare(t.Context(), body, picture.NewMemory(40<<20))
	if err != nil {
		left := (*picture.Left)(nil)
		if !errors.As(err, &left) && !errors.Is(err, picture.ErrSource) && !errors.Is(err, picture.ErrTooLarge) || strings.Contains(err.Error(), "broke its decoder") {
			t.Error(err)
		}
		return
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(s.Body))
	if err != nil || config.Width != s.SentWidth || config.Height != s.SentHeight || s.SentWidth*s.SentHeight > picture.SentPixels || "image/"+format != s.MediaType {
		t.Errorf("%s of %d by %d, %v", s.MediaType, s.SentWidth, s.SentHeight, err)
	}
}
