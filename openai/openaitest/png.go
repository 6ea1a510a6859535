package openaitest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"image"
	"sync"
)

// strip is some rows of a PNG, filtered and deflated so that strips can be set one under the other: a card's
// top and bottom are compressed once, and only the rows with the picture for every image. A whole card
// through image/png takes three times as long, and a run draws many.
type strip struct {
	deflated []byte
	checksum uint32 // Adler-32 of the filtered rows
	length   int    // their bytes
}

var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a valid one
	}
	return w
}}

// newStrip compresses rows, with their alpha channel or without; the last strip of an image ends its stream.
func newStrip(rows *image.RGBA, alpha, last bool) strip {
	var out bytes.Buffer
	out.Grow(len(rows.Pix) / 8)
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)

	depth := 3
	if alpha {
		depth = 4
	}
	sum, line := adler32.New(), make([]byte, 1+depth*rows.Rect.Dx())
	for y := range rows.Rect.Dy() {
		subtract(line, rows.Pix[y*rows.Stride:][:4*rows.Rect.Dx()], alpha)
		sum.Write(line)
		w.Write(line) // to a bytes.Buffer, which takes everything
	}
	if last {
		w.Close()
	} else {
		w.Flush()
	}
	return strip{out.Bytes(), sum.Sum32(), len(line) * rows.Rect.Dy()}
}

// subtract writes a row with PNG's filter Sub: every pixel less the one on its left. It takes the alpha out of
// the colours, as PNG stores them.
func subtract(line, row []byte, alpha bool) {
	line[0] = 1
	line = line[1:]
	var left [4]byte
	for len(row) >= 4 {
		p := [4]byte(row)
		row = row[4:]
		if !alpha {
			line[0], line[1], line[2] = p[0]-left[0], p[1]-left[1], p[2]-left[2]
			line, left = line[3:], p
			continue
		}
		if a := uint32(p[3]); a != 0 && a != 255 {
			for i := range 3 {
				p[i] = uint8(uint32(p[i]) * 255 / a)
			}
		}
		line[0], line[1], line[2], line[3] = p[0]-left[0], p[1]-left[1], p[2]-left[2], p[3]-left[3]
		line, left = line[4:], p
	}
}

// joinPNG sets strips under one another and makes them a PNG.
func joinPNG(width, height int, alpha bool, strips ...strip) []byte {
	header := binary.BigEndian.AppendUint32(nil, uint32(width))
	header = binary.BigEndian.AppendUint32(header, uint32(height))
	colourType := byte(2)
	if alpha {
		colourType = 6
	}
	header = append(header, 8, colourType, 0, 0, 0)

	data, sum := []byte{0x78, 0x01}, uint32(1)
	for _, s := range strips {
		data = append(data, s.deflated...)
		sum = joinAdler(sum, s.checksum, s.length)
	}
	data = binary.BigEndian.AppendUint32(data, sum)

	out := make([]byte, 0, len(data)+64)
	out = append(out, "\x89PNG\r\n\x1a\n"...)
	out = appendChunk(out, "IHDR", header)
	out = appendChunk(out, "IDAT", data)
	return appendChunk(out, "IEND", nil)
}

func appendChunk(out []byte, name string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	start := len(out)
	out = append(append(out, name...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}

// joinAdler is the Adler-32 of two pieces of data from those of each, the second of which has so many bytes.
func joinAdler(first, second uint32, length int) uint32 {
	const mod = 65521
	a1, b1 := uint64(first&0xffff), uint64(first>>16)
	a2, b2 := uint64(second&0xffff), uint64(second>>16)
	a := (a1 + a2 + mod - 1) % mod
	b := (b1 + b2 + uint64(length)%mod*((a1+mod-1)%mod)) % mod
	return uint32(b<<16 | a)
}
