package fetch

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// A codec reads one kind of image.
type codec struct {
	mediaType string // of the image as it comes; "" where it is always converted to png
	config    func(io.Reader) (image.Config, error)
	decode    func(io.Reader) (image.Image, error)
}

var codecs = map[string]codec{
	"png":  {"image/png", png.DecodeConfig, png.Decode},
	"jpeg": {"image/jpeg", jpeg.DecodeConfig, jpeg.Decode},
	"webp": {"image/webp", webp.DecodeConfig, webp.Decode},
	"gif":  {"", gif.DecodeConfig, gif.Decode}, // the first frame
	"bmp":  {"", bmp.DecodeConfig, bmp.Decode},
	"tiff": {"", tiff.DecodeConfig, tiff.Decode}, // the first page
}

// decode makes an Image of a body. Its dimensions are read, and held against
// the cap, before any pixel is; then all of it is decoded, since a broken
// image is better found here than paid for.
func (f *Fetcher) decode(ctx context.Context, body []byte) (Image, error) {
	format := sniff(body)
	codec, ok := codecs[format.name]
	if !ok {
		return Image{}, refuse(ErrUnusable, "it is %s: %s", format.name, format.remedy)
	}
	if format.name == "webp" && isAnimated(body) {
		return Image{}, refuse(ErrUnusable, "it is an animated webp: use a picture that stands still")
	}
	var size image.Config
	err := guarded(func() (err error) {
		size, err = codec.config(reader(ctx, body))
		return err
	})
	if err != nil {
		return Image{}, broken(ctx, format.name, err)
	}
	if size.Width <= 0 || size.Height <= 0 {
		return Image{}, refuse(ErrUnusable, "it has no pixels")
	}
	if int64(size.Width) > f.maxPixels/int64(size.Height) {
		return Image{}, refuse(ErrUnusable, "it is %d by %d pixels, more than %d in all: make it smaller", size.Width, size.Height, f.maxPixels)
	}

	select {
	case f.decoding <- struct{}{}:
		defer func() { <-f.decoding }()
	case <-ctx.Done():
		return Image{}, ctx.Err()
	}
	var converted bytes.Buffer
	err = guarded(func() error {
		picture, err := codec.decode(reader(ctx, body))
		if err != nil || codec.mediaType != "" && plain(picture) {
			return err
		}
		return png.Encode(&converted, eightBit(whole(picture, size)))
	})
	switch {
	case err != nil:
		return Image{}, broken(ctx, format.name, err)
	case converted.Len() == 0:
		return Image{Body: body, MediaType: codec.mediaType, Width: size.Width, Height: size.Height}, nil
	case int64(converted.Len()) > f.maxBytes:
		return Image{}, f.tooBig()
	}
	return Image{Body: converted.Bytes(), MediaType: "image/png", Width: size.Width, Height: size.Height}, nil
}

// broken says that an image cannot be decoded, unless ctx has ended.
func broken(ctx context.Context, format string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return refuse(ErrUnusable, "the %s cannot be decoded (%s): save it again as png, jpeg or webp", format, shorten(err.Error(), 100))
}

// guarded calls a decoder, and makes an error of its panic: it is fed what
// strangers wrote.
func guarded(decode func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder panicked: %v", p)
		}
	}()
	return decode()
}

// whole puts a gif's first frame, which may be a part of the picture, in its
// place on the picture.
func whole(frame image.Image, size image.Config) image.Image {
	picture := image.Rect(0, 0, size.Width, size.Height)
	if frame.Bounds() == picture {
		return frame
	}
	canvas := image.NewNRGBA(picture)
	draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return canvas
}

// plain says that a picture has three or four channels of 8 bits, which is what image models are known to take.
func plain(picture image.Image) bool {
	switch picture.(type) {
	case *image.NRGBA, *image.RGBA, *image.YCbCr, *image.NYCbCrA:
		return true
	}
	return false
}

// eightBit makes a picture of grey, of a palette, of CMYK or of 16 bits a channel one that is plain.
func eightBit(picture image.Image) image.Image {
	if plain(picture) {
		return picture
	}
	canvas := image.NewNRGBA(picture.Bounds())
	draw.Draw(canvas, canvas.Bounds(), picture, picture.Bounds().Min, draw.Src)
	return canvas
}

// isAnimated reads the flag of a webp's extended header.
func isAnimated(body []byte) bool {
	return len(body) > 20 && string(body[12:16]) == "VP8X" && body[20]&0x02 != 0
}

// reader returns a reader of body that ends with ctx, in small steps: a
// progressive jpeg of a few kilobytes can keep a decoder busy for minutes, but
// not without reading on.
func reader(ctx context.Context, body []byte) io.Reader {
	return &patient{ctx, bytes.NewReader(body)}
}

type patient struct {
	ctx  context.Context
	body *bytes.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.body.Read(b[:min(len(b), 64)])
}

// ReadAt lets the tiff decoder, which needs it, do without a copy of its own.
func (p *patient) ReadAt(b []byte, offset int64) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.body.ReadAt(b, offset)
}
