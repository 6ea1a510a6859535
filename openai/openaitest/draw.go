package openaitest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"sync"

	"golang.org/x/image/webp"
)

// label is written on every image, so that none is taken for a model's work.
const label = "SIMULATED by Full Turner - no model was asked"

// work is one image to draw.
type work struct {
	prompt        string
	source        []byte // the original
	sha256        string // its digest
	width, height int
	transparent   bool
	jpeg          bool // the format to draw in; else png
	photo         bool // it is to be like a photograph; else it is a card
}

// design is what makes two cards the same but for the original that they show.
type design struct {
	width, height int
	transparent   bool
	brand         string
	colours       [3]color.NRGBA
}

// studio draws cards. It keeps the last ones, empty and finished: one run draws many in the same colours, and
// tests draw the same ones again and again. The zero value works.
type studio struct {
	mu       sync.Mutex
	empty    map[design]*card
	finished map[string][]byte
	kept     int // bytes in finished
}

// art is the studio of all servers: what it keeps depends on nothing but what it is asked to draw.
var art studio

const (
	keptCards = 8
	keptBytes = 64 << 20
)

// draw returns a PNG, or the JPEG that is asked for; its error means that the original could not be decoded.
func (s *studio) draw(w work) ([]byte, error) {
	d := design{w.width, w.height, w.transparent, folded(brandName(w.prompt)), palette(w.prompt)}
	key := fmt.Sprint(d, w.jpeg, w.photo) + w.sha256
	s.mu.Lock()
	drawn, ok := s.finished[key]
	s.mu.Unlock()
	if ok {
		return drawn, nil
	}
	original, err := decode(w.source)
	if err != nil {
		return nil, err
	}
	switch {
	case w.photo:
		drawn, err = photo(w, d.colours)
	case w.jpeg:
		drawn, err = asJPEG(s.card(d).with(original))
	default:
		drawn = s.card(d).with(original)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished == nil || s.kept+len(drawn) > keptBytes {
		s.finished, s.kept = map[string][]byte{}, 0
	}
	s.finished[key] = drawn
	s.kept += len(drawn)
	return drawn, nil
}

// asJPEG is a PNG as a JPEG.
func asJPEG(drawn []byte) ([]byte, error) {
	m, err := png.Decode(bytes.NewReader(drawn))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 95})
	return b.Bytes(), err
}

// card returns the empty card of a design.
func (s *studio) card(d design) *card {
	s.mu.Lock()
	c := s.empty[d]
	s.mu.Unlock()
	if c != nil {
		return c
	}
	c = newCard(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty == nil || len(s.empty) >= keptCards {
		s.empty = map[design]*card{}
	}
	s.empty[d] = c
	return c
}

// decode reads a PNG, JPEG or WebP.
func decode(body []byte) (image.Image, error) {
	switch http.DetectContentType(body) {
	case "image/png":
		return png.Decode(bytes.NewReader(body))
	case "image/jpeg":
		return jpeg.Decode(bytes.NewReader(body))
	case "image/webp":
		return webp.Decode(bytes.NewReader(body))
	}
	return nil, image.ErrFormat
}

// maxPixels is the most that an original may have.
const maxPixels = 100_000_000

// decodeConfig reads an image's size, and says which of the types it is.
func decodeConfig(body []byte) (config image.Config, mediaType string, err error) {
	mediaType = http.DetectContentType(body)
	switch mediaType {
	case "image/png":
		config, err = png.DecodeConfig(bytes.NewReader(body))
	case "image/jpeg":
		config, err = jpeg.DecodeConfig(bytes.NewReader(body))
	case "image/webp":
		config, err = webp.DecodeConfig(bytes.NewReader(body))
	default:
		err = image.ErrFormat
	}
	if err == nil && (config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height) {
		err = image.ErrFormat
	}
	return config, mediaType, err
}
