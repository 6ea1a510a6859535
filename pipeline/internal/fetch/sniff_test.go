package fetch_test

import (
	"testing"

	"github.com/full-turner/full-turner/pipeline/internal/fetch"
)

func TestImage_RefusesByNameWhatItCannotUse(t *testing.T) {
	for says, bodies := range map[string][]string{
		"it is an avif: export it":                     {"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "\x00\x00\x00\x18ftypavis\x00\x00\x00\x00"},
		"it is a heic: export it":                      {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic"},
		"it is an ico: export it":                      {"\x00\x00\x01\x00\x01\x00\x10\x10"},
		"it is a pdf: export the page":                 {"%PDF-1.7\n%abc"},
		"it is a video: use a picture":                 {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "\x1aE\xdf\xa3webm"},
		"it is a jpeg xl: export it":                   {"\xff\x0a\x00", "\x00\x00\x00\x0cJXL \r\n\x87\n"},
		"it is a photoshop file: export it":            {"8BPS\x00\x01"},
		"it is a big tiff: export it":                  {"II+\x00\x08"},
		"it is a web page: use the address of the pic": {"<!DOCTYPE html><html><svg></svg></html>", "\n<HTML>", "<head><title>x</title>", "<!-- x --><div class='a'>"},
		"it is an xml document":                        {"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"},
		"it is a json document":                        {`{"error":"no"}`},
		"it is a zip":                                  {"PK\x03\x04"},
		"it is not a known kind of picture: use a png": {"hello", "\x00", "RIFF1234WAVE", "BM12345", "\x00\x00\x00\x18ftyp"},
		"it is empty":                                  {""},
	} {
		for _, body := range bodies {
			address, f := serve(t, fetch.Config{}, serving([]byte(body)))
			fails(t, f, address+"/a.png", fetch.ErrUnusable, says)
		}
	}
}

func TestImage_TellsAKindByItsBytes(t *testing.T) {
	for mediaType, bodies := range map[string][]string{
		"image/svg+xml": {
			`<svg xmlns="http://www.w3.org/2000/svg"/>`, "\ufeff<?xml version=\"1.0\"?>\n<!-- a --><!DOCTYPE svg PUBLIC \"a\" \"b\">\n<svg >", " \n<svg:svg xmlns:svg='x'>", "<svg/>",
			string(zipped(t, []byte("<svg/>"))),
		},
		"image/png": {string(pngOf(t, 3, 2)), string(zipped(t, pngOf(t, 3, 2)))}, "image/jpeg": {string(jpegOf(t, 3, 2)), "\xff\xd8\xff"},
		"image/gif": {string(gifOf(t, 4, 4))}, "image/bmp": {string(bmpOf(t, 3, 2))}, "image/tiff": {string(tiffOf(t, 3, 2))},
		"image/webp": {string(webpLossless), string(webpLossy), string(animatedWebP())},
	} {
		for _, body := range bodies {
			address, f := serve(t, fetch.Config{}, serving([]byte(body)))
			if got, err := f.Image(t.Context(), " "+address+"/a.gif?x=1#y\n"); err != nil || got.MediaType != mediaType {
				t.Errorf("%.20q: %s, %v", body, got.MediaType, err)
			}
		}
	}
}
