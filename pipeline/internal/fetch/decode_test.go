package fetch_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/full-turner/full-turner/pipeline/internal/fetch"
)

func TestImage_TakesPNGAndJPEGAndWebPAsTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		body          []byte
		mediaType     string
		width, height int
	}{
		"png":           {pngOf(t, 30, 20), "image/png", 30, 20},
		"jpeg":          {jpegOf(t, 30, 20), "image/jpeg", 30, 20},
		"webp":          {webpLossless, "image/webp", 1, 1},
		"lossy webp":    {webpLossy, "image/webp", 1, 1},
		"trailing data": {append(pngOf(t, 3, 2), "more"...), "image/png", 3, 2},
	} {
		address, f := serve(t, fetch.Config{}, serving(c.body))
		got, err := f.Image(t.Context(), " "+address+"/a.gif?x=1#y\n")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(got.Body, c.body) || got.MediaType != c.mediaType || got.Width != c.width || got.Height != c.height {
			t.Errorf("%s: %d bytes, %s, %d by %d", name, len(got.Body), got.MediaType, got.Width, got.Height)
		}
	}
}

func TestImage_ConvertsGIFAndBMPAndTIFFToPNG(t *testing.T) {
	for name, body := range map[string][]byte{"gif": gifOf(t, 8, 6), "bmp": bmpOf(t, 8, 6), "tiff": tiffOf(t, 8, 6)} {
		address, f := serve(t, fetch.Config{}, serving(body))
		got, err := f.Image(t.Context(), address)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		decoded, err := png.Decode(bytes.NewReader(got.Body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.MediaType != "image/png" || got.Width != 8 || got.Height != 6 || decoded.Bounds() != image.Rect(0, 0, 8, 6) {
			t.Errorf("%s: %s, %d by %d, %v", name, got.MediaType, got.Width, got.Height, decoded.Bounds())
		}
		at := func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(decoded.At(x, y)).(color.NRGBA) }
		if name == "gif" {
			if at(0, 0).A != 0 || at(1, 1) != (color.NRGBA{R: 255, A: 255}) {
				t.Errorf("the first frame is not in its place: %v, %v", at(0, 0), at(1, 1))
			}
		} else if want := picture(8, 6).NRGBAAt(3, 2); at(3, 2) != want {
			t.Errorf("%s: pixel %v, want %v", name, at(3, 2), want)
		}
	}
}

func TestImage_RefusesBrokenImages(t *testing.T) {
	for name, body := range map[string][]byte{
		"png": pngOf(t, 40, 40), "jpeg": jpegOf(t, 40, 40), "gif": gifOf(t, 40, 40), "bmp": bmpOf(t, 40, 40), "tiff": tiffOf(t, 40, 40),
		"webp": webpLossless, "lossy webp": webpLossy,
	} {
		for _, part := range []int{2, 3, 5} {
			address, f := serve(t, fetch.Config{}, serving(body[:len(body)*(part-1)/part]))
			if name == "gif" && part != 2 {
				continue // what is gone is the second frame
			}
			fails(t, f, address, fetch.ErrUnusable, "cannot be decoded")
		}
	}
	flipped := pngOf(t, 40, 40)
	flipped[len(flipped)/2] ^= 1
	noEnd := pngOf(t, 40, 40)
	for name, body := range map[string][]byte{
		"a wrong check sum": flipped, "no end": noEnd[:len(noEnd)-12], "a header alone": noEnd[:8], "half a header": noEnd[:20], "jpeg's first bytes": []byte("\xff\xd8\xff"),
		"a disguised webp": disguisedWebP(),
	} {
		address, f := serve(t, fetch.Config{}, serving(body))
		t.Log(name)
		fails(t, f, address, fetch.ErrUnusable, "cannot be decoded")
	}
}

func TestImage_RefusesTooManyPixelsByTheHeader(t *testing.T) {
	for name, body := range map[string][]byte{
		"png": hugePNG(t, 50000, 50000), "wide png": hugePNG(t, 1<<31-1, 1), "gif": hugeGIF(t), "bmp": hugeBMP(t), "jpeg": hugeJPEG(t), "tiff": hugeTIFF(), "webp": hugeWebP(),
	} {
		address, f := serve(t, fetch.Config{}, serving(body))
		t.Log(name)
		fails(t, f, address, fetch.ErrUnusable, "pixels, more than 50000000 in all")
	}
	address, f := serve(t, fetch.Config{MaxPixels: 600}, serving(pngOf(t, 30, 20)))
	if _, err := f.Image(t.Context(), address); err != nil {
		t.Errorf("just within the limit: %v", err)
	}
	address, f = serve(t, fetch.Config{MaxPixels: 599}, serving(pngOf(t, 30, 20)))
	fails(t, f, address, fetch.ErrUnusable, "it is 30 by 20 pixels, more than 599 in all")
}
