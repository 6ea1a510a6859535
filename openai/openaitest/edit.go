package openaitest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	qualities      = []string{"low", "medium", "high", "auto"}
	finer          = []string{"xhigh", "max"} // of gpt-image-2.5 and later
	pictureFormats = []string{"png", "jpeg", "webp"}
	backgrounds    = []string{"transparent", "opaque", "auto"}
	imageTypes     = []string{"image/jpeg", "image/png", "image/webp"}
)

// maxImage and maxPrompt are OpenAI's: less than 50 MB an image, 32,000 characters of prompt.
const (
	maxImage  = 50 << 20
	maxPrompt = 32_000
)

// edit is a request that has been found in order.
type edit struct {
	work
	model   Model
	n       int64
	quality string // as served: low, medium, high, xhigh or max
	sources int64  // tokens of the images read
	format  string // of the answer, as asked for; "" is png
}

// check holds the request, the first image of which has this digest, against OpenAI's rules.
func (s *Server) check(q editRequest, sha256 string) (edit, *apiError) {
	f := q.fields
	model, problem := s.model(f["model"], KindImage)
	if problem != nil {
		return edit{}, problem
	}
	invalid := func(param, supported string) *apiError {
		return &apiError{param: param, code: "invalid_value", message: fmt.Sprintf("Invalid value: '%s'. Supported values are: %s.", f[param], supported)}
	}
	count, err := strconv.ParseInt(cmp.Or(f["n"], "1"), 10, 64)
	switch quality, background := cmp.Or(f["quality"], "auto"), cmp.Or(f["background"], "auto"); {
	case len(q.images) == 0:
		return edit{}, missing("image")
	case len(q.images) > 16:
		return edit{}, &apiError{param: "image", code: "array_above_max_length", message: fmt.Sprintf("Invalid 'image': array too long. Expected an array with maximum length 16, but got an array with length %d instead.", len(q.images))}
	case f["prompt"] == "":
		return edit{}, missing("prompt")
	case utf8.RuneCountInString(f["prompt"]) > maxPrompt:
		return edit{}, &apiError{param: "prompt", code: "string_above_max_length", message: fmt.Sprintf("Invalid 'prompt': string too long. Expected a string with maximum length %d, but got a string with length %d instead.", maxPrompt, utf8.RuneCountInString(f["prompt"]))}
	case err != nil || count < 1 || count > 10:
		return edit{}, invalid("n", "integers from 1 to 10")
	case !slices.Contains(qualities, quality) && !(model.FlexibleSizes && slices.Contains(finer, quality)):
		return edit{}, invalid("quality", "'low', 'medium', 'high', and 'auto'")
	case !slices.Contains(backgrounds, background):
		return edit{}, invalid("background", "'transparent', 'opaque', and 'auto'")
	case background == "transparent" && f["output_format"] == "jpeg":
		return edit{}, &apiError{param: "background", code: "invalid_value", message: "Transparent background is not supported for JPEG output format."}
	case background == "transparent" && model.Opaque:
		return edit{}, &apiError{param: "background", code: "invalid_value", message: "Transparent background is not supported for this model."}
	case !slices.Contains(pictureFormats, cmp.Or(f["output_format"], "png")):
		return edit{}, invalid("output_format", "'png', 'jpeg', and 'webp'")
	case f["output_format"] == "webp":
		return edit{}, &apiError{param: "output_format", code: "unsupported_parameter", message: "The simulated OpenAI draws 'png' and 'jpeg' only."}
	case f["input_fidelity"] != "" && model.FlexibleSizes:
		return edit{}, &apiError{param: "input_fidelity", code: "unsupported_parameter", message: "Unsupported parameter: 'input_fidelity' is not supported with this model."}
	case f["input_fidelity"] != "" && f["input_fidelity"] != "low" && f["input_fidelity"] != "high":
		return edit{}, invalid("input_fidelity", "'low' and 'high'")
	}
	e := edit{model: model, n: count, quality: f["quality"], format: f["output_format"]}
	if e.quality == "" || e.quality == "auto" {
		e.quality = "medium"
	}
	for i, image := range q.images {
		tokens, problem := image.check(i, model)
		if problem != nil {
			return edit{}, problem
		}
		e.sources += tokens
	}
	e.work = work{prompt: f["prompt"], source: q.images[0].body, sha256: sha256, transparent: f["background"] == "transparent", jpeg: f["output_format"] == "jpeg", photo: s.o.Photos}
	if e.width, e.height, problem = model.size(f["size"], q.images[0].body); problem != nil {
		return edit{}, problem
	}
	return e, nil
}

// check looks at one file, and counts the tokens that reading it takes.
func (u upload) check(i int, m Model) (tokens int64, problem *apiError) {
	if !slices.Contains(imageTypes, u.mediaType) {
		return 0, &apiError{param: u.field, code: "unsupported_file_mimetype", message: fmt.Sprintf("Invalid file '%s': unsupported mimetype ('%s'). Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.", u.field, u.mediaType)}
	}
	if len(u.body) >= maxImage {
		return 0, &apiError{param: u.field, code: "image_too_large", message: fmt.Sprintf("Invalid file '%s': an image must be smaller than 50 MB.", u.field)}
	}
	config, mediaType, err := decodeConfig(u.body)
	if err != nil || mediaType != u.mediaType {
		return 0, &apiError{param: u.field, code: "invalid_image_file", message: fmt.Sprintf("Invalid image file or mode for image %d, please check your image file.", i+1)}
	}
	return m.sourceTokens(config.Width, config.Height), nil
}

// size reads a size the model can make; auto and "" take the classic size nearest to the original's shape.
func (m Model) size(size string, original []byte) (width, height int, problem *apiError) {
	classic := map[string][2]int{"1024x1024": {1024, 1024}, "1024x1536": {1024, 1536}, "1536x1024": {1536, 1024}}
	if size == "" || size == "auto" {
		config, _, _ := decodeConfig(original)
		switch size = "1024x1024"; {
		case config.Width*4 > config.Height*5:
			size = "1536x1024"
		case config.Height*4 > config.Width*5:
			size = "1024x1536"
		}
	}
	if wh, ok := classic[size]; ok {
		return wh[0], wh[1], nil
	}
	if !m.FlexibleSizes {
		return 0, 0, &apiError{param: "size", code: "invalid_value", message: fmt.Sprintf("Invalid value: '%s'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.", size)}
	}
	before, after, _ := strings.Cut(size, "x")
	width, errWidth := strconv.Atoi(before)
	height, errHeight := strconv.Atoi(after)
	wrong := ""
	switch {
	case errWidth != nil || errHeight != nil || width < 1 || height < 1:
		wrong = "a size is written WIDTHxHEIGHT"
	case width%16 != 0 || height%16 != 0:
		wrong = "width and height must both be divisible by 16"
	case max(width, height) > 3*min(width, height):
		wrong = "the aspect ratio must be between 1:3 and 3:1"
	case max(width, height) > 3840 || width*height > 3840*2160:
		wrong = "the maximum supported resolution is 3840x2160"
	case width*height < 655_360:
		wrong = "the minimum is 655360 pixels"
	default:
		return width, height, nil
	}
	return 0, 0, &apiError{param: "size", code: "invalid_value", message: fmt.Sprintf("Invalid size '%s': %s.", size, wrong)}
}
