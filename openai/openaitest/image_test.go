package openaitest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
)

func TestEditIsDrawnAsAsked(t *testing.T) {
	for name, tt := range map[string]struct {
		change        map[string]string
		width, height int
	}{
		"landscape":            {map[string]string{"size": "1536x1024"}, 1536, 1024},
		"portrait":             {map[string]string{"size": "1024x1536"}, 1024, 1536},
		"square":               {map[string]string{"size": "1024x1024"}, 1024, 1024},
		"transparent":          {map[string]string{"size": "1024x1024", "background": "transparent", "output_format": "png"}, 1024, 1024},
		"the original's shape": {map[string]string{"size": "auto"}, 1536, 1024},
		"wide":                 {map[string]string{"size": "1536x560", "model": "gpt-image-2.6-sunburst"}, 1536, 560},
		"tall":                 {map[string]string{"size": "496x1424", "model": "gpt-image-2.6-sunburst"}, 496, 1424},
		"prompt of nothing":    {map[string]string{"prompt": "Redesign."}, 1536, 1024},
	} {
		t.Run(name, func(t *testing.T) {
			for _, photos := range []bool{false, true} {
				s := openaitest.NewServer(t, openaitest.Options{Photos: photos})
				m := edit(tt.change).post(t, s).picture(t)
				if m.Bounds() != image.Rect(0, 0, tt.width, tt.height) {
					t.Errorf("drew %v", m.Bounds())
				}
				_, _, _, corner := m.At(2, 2).RGBA()
				_, _, _, centre := m.At(tt.width/2, tt.height/2).RGBA()
				if transparent := tt.change["background"] == "transparent"; (corner == 0) != transparent || centre != 0xffff {
					t.Errorf("photos %t: alpha %d in the corner, %d in the centre", photos, corner, centre)
				}
			}
		})
	}
}

func TestEditUsesTheBrandsColours(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	m := edit(nil).post(t, s).picture(t)
	near := func(x, y int, want color.RGBA) bool {
		r, g, b, _ := m.At(x, y).RGBA()
		off := func(a uint32, b uint8) int { return max(int(a>>8)-int(b), int(b)-int(a>>8)) }
		return off(r, want.R)+off(g, want.G)+off(b, want.B) < 24
	}
	if !near(4, 4, color.RGBA{0x1d, 0x4e, 0x89, 255}) {
		t.Errorf("top left is %v", m.At(4, 4))
	}
	if !near(1530, 900, color.RGBA{0x00, 0xb2, 0xca, 255}) {
		t.Errorf("right of the bottom is %v", m.At(1530, 900))
	}
	if !near(1440, 40, color.RGBA{0xfb, 0xd1, 0xa2, 255}) {
		t.Errorf("the sun is %v", m.At(1440, 40))
	}
}

func TestEditTakesPNGAndJPEG(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	f := edit(nil)
	f.file, f.fileType, f.image = "image.jpg", "image/jpeg", jpegOf(64, 48)
	f.post(t, s).picture(t)
	c := s.Calls()[0]
	sum := sha256.Sum256(f.image)
	if c.ImageName != "image.jpg" || c.ImageType != "image/jpeg" || c.ImageSHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("recorded %q, %q, %q", c.ImageName, c.ImageType, c.ImageSHA256)
	}
}

func TestSameEditGivesTheSameBytesOnAnyServer(t *testing.T) {
	one, two := openaitest.NewServer(t, openaitest.Options{}), openaitest.NewServer(t, openaitest.Options{})
	first := edit(nil).post(t, one)
	for _, again := range []answer{edit(nil).post(t, one), edit(nil).post(t, two)} {
		if !bytes.Equal(first.body, again.body) {
			t.Error("the answers differ")
		}
	}
	other := edit(nil)
	other.image = pngOf(61, 40)
	if bytes.Equal(first.body, other.post(t, one).body) {
		t.Error("another original gives the same answer")
	}
}

func TestEditsOutOfOrderAreRefused(t *testing.T) {
	with := func(change func(*form)) form {
		f := edit(nil)
		change(&f)
		return f
	}
	sunburst := func(size string) form {
		return edit(map[string]string{"model": "gpt-image-2.6-sunburst", "size": size})
	}
	for name, tt := range map[string]struct {
		form        form
		status      int
		code, param string
	}{
		"no model":                  {edit(map[string]string{"model": ""}), 400, "missing_required_parameter", "model"},
		"unknown model":             {edit(map[string]string{"model": "dall-e-9"}), 404, "model_not_found", ""},
		"agent model":               {edit(map[string]string{"model": "gpt-5"}), 400, "invalid_value", "model"},
		"no prompt":                 {edit(map[string]string{"prompt": ""}), 400, "missing_required_parameter", "prompt"},
		"long prompt":               {edit(map[string]string{"prompt": strings.Repeat("é", 32_001)}), 400, "string_above_max_length", "prompt"},
		"no image":                  {with(func(f *form) { f.part = "" }), 400, "missing_required_parameter", "image"},
		"image without a file name": {with(func(f *form) { f.file = "" }), 400, "invalid_type", "image"},
		"image of no type":          {with(func(f *form) { f.fileType = "application/octet-stream" }), 400, "unsupported_file_mimetype", "image"},
		"gif":                       {with(func(f *form) { f.fileType = "image/gif" }), 400, "unsupported_file_mimetype", "image"},
		"type that it is not":       {with(func(f *form) { f.fileType = "image/webp" }), 400, "invalid_image_file", "image"},
		"not an image":              {with(func(f *form) { f.image = []byte("<svg/>") }), 400, "invalid_image_file", "image"},
		"half an image":             {with(func(f *form) { f.image = f.image[:len(f.image)/2] }), 400, "invalid_image_file", "image"},
		"bad second image":          {with(func(f *form) { f.part, f.fileType = "image[]", "text/plain" }), 400, "unsupported_file_mimetype", "image[0]"},
		"size of another model":     {edit(map[string]string{"size": "1536x560"}), 400, "invalid_value", "size"},
		"size not in sixteens":      {sunburst("1530x560"), 400, "invalid_value", "size"},
		"size too wide":             {sunburst("3088x1024"), 400, "invalid_value", "size"},
		"size too large":            {sunburst("3840x2176"), 400, "invalid_value", "size"},
		"size too small":            {sunburst("512x512"), 400, "invalid_value", "size"},
		"size that is none":         {sunburst("large"), 400, "invalid_value", "size"},
		"quality hd":                {edit(map[string]string{"quality": "hd"}), 400, "invalid_value", "quality"},
		"background of glass":       {edit(map[string]string{"background": "glass"}), 400, "invalid_value", "background"},
		"transparent jpeg":          {edit(map[string]string{"background": "transparent", "output_format": "jpeg"}), 400, "invalid_value", "background"},
		"picture of no format":      {edit(map[string]string{"output_format": "gif"}), 400, "invalid_value", "output_format"},
		"eleven images":             {edit(map[string]string{"n": "11"}), 400, "invalid_value", "n"},
		"fidelity of a later model": {edit(map[string]string{"input_fidelity": "high", "model": "gpt-image-2.6-sunburst"}), 400, "unsupported_parameter", "input_fidelity"},
		"response_format":           {edit(map[string]string{"response_format": "b64_json"}), 400, "unknown_parameter", "response_format"},
		"a stream":                  {edit(map[string]string{"stream": "true"}), 400, "unsupported_parameter", "stream"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{})
			a := tt.form.post(t, s)
			p := a.problem(t)
			if a.status != tt.status || p.code() != tt.code || p.param() != tt.param {
				t.Errorf("status %d, code %q, param %q, message %q", a.status, p.code(), p.param(), p.Message)
			}
			if s.Bill().Total != 0 {
				t.Errorf("billed %d", s.Bill().Total)
			}
		})
	}
}

func TestEditThatIsNoFormIsRefused(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	req, err := edit(nil).request(t, s)
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	a := do(t, req, err)
	if p := a.problem(t); a.status != 400 || p.code() != "unsupported_content_type" {
		t.Errorf("status %d, code %q", a.status, p.code())
	}
}

func TestSeveralImagesAreDrawnAndBilled(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	a := edit(map[string]string{"n": "3", "quality": "high"}).post(t, s)
	if n := bytes.Count(a.body, []byte(`"b64_json"`)); n != 3 || s.Bill().Image != 3*80_000_000 {
		t.Errorf("%d images, billed %d", n, s.Bill().Image)
	}
}

func BenchmarkImageEdit(b *testing.B) {
	s := openaitest.NewServer(b, openaitest.Options{})
	forms := make([]form, 50)
	for i := range forms {
		forms[i] = edit(map[string]string{"size": "1536x1024"})
		forms[i].fileType, forms[i].image = "image/jpeg", append(jpegOf(1200, 800), fmt.Sprint(i)...)
	}
	i := 0
	for b.Loop() {
		if a := forms[i%len(forms)].post(b, s); a.status != 200 {
			b.Fatalf("status %d: %s", a.status, a.body)
		}
		i++
	}
}

func BenchmarkAgentWith200Texts(b *testing.B) {
	s := openaitest.NewServer(b, openaitest.Options{})
	texts := map[string]string{}
	for i := range 200 {
		texts[fmt.Sprint("element_", i)] = "<p>Thank you for downloading the guide, {{contact.first_name}}. Everything you need is in it, and it is free.</p>"
	}
	body := ask(texts, map[string]any{"background": false})
	for b.Loop() {
		postJSON(b, s, body)
	}
}

func TestEditOfAModelThatIsAlwaysOpaque(t *testing.T) {
	opaque := openaitest.Model{Kind: openaitest.KindImage, PerImage: 1, PerImageHigh: 2, Opaque: true}
	s := openaitest.NewServer(t, openaitest.Options{Models: map[string]openaitest.Model{"opaque": opaque}})
	a := edit(map[string]string{"model": "opaque", "background": "transparent"}).post(t, s)
	if p := a.problem(t); a.status != 400 || p.code() != "invalid_value" || p.Message != "Transparent background is not supported for this model." {
		t.Errorf("status %d, code %q, message %q", a.status, p.code(), p.Message)
	}
	if a := edit(map[string]string{"model": "opaque", "background": "opaque"}).post(t, s); a.status != 200 {
		t.Errorf("status %d: %s", a.status, a.body)
	}
}

func TestPhotosAreAsHardToCompressAsPhotographs(t *testing.T) {
	for format, times := range map[string]int{"png": 8, "jpeg": 3} {
		change := map[string]string{"size": "1536x1024", "output_format": format}
		card := edit(change).post(t, openaitest.NewServer(t, openaitest.Options{}))
		photo := edit(change).post(t, openaitest.NewServer(t, openaitest.Options{Photos: true}))
		t.Logf("%s: %d KB, and a card %d KB", format, len(photo.body)*3/4/1024, len(card.body)*3/4/1024)
		if len(photo.body) < times*len(card.body) {
			t.Errorf("%s: %d bytes, and a card has %d", format, len(photo.body), len(card.body))
		}
	}
}

func BenchmarkPhoto(b *testing.B) {
	for i := range b.N {
		s := openaitest.NewServer(b, openaitest.Options{Photos: true})
		f := edit(nil)
		f.image = jpegOf(64, 48+i) // another original: nothing drawn before will do
		f.file, f.fileType = "image.jpg", "image/jpeg"
		f.post(b, s)
	}
}
