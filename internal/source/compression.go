package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Compression is how a file is compressed.
type Compression string

// The kinds of compression that are read.
const (
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
)

// compressionOf tells by the first bytes; "" where they are of no compressed stream.
func compressionOf(head []byte) Compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return Zstd
	}
	return ""
}

// Decompress opens up to two layers of compression, one inside the other, and
// names them, the outermost first.
func Decompress(br *bufio.Reader) (*bufio.Reader, []Compression, error) {
	var layers []Compression
	for {
		head, _ := br.Peek(4)
		c := compressionOf(head)
		switch {
		case c == "":
			return br, layers, nil
		case len(layers) == 2:
			return nil, nil, errors.New("it is compressed more than twice; unpack it first")
		case c == Gzip:
			z, err := gzip.NewReader(br)
			if err != nil {
				return nil, nil, fmt.Errorf("reading the gzip header: %w", err)
			}
			br = bufio.NewReaderSize(z, 256<<10)
		case c == Zstd:
			z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20), zstd.WithDecoderMaxWindow(128<<20))
			if err != nil {
				return nil, nil, fmt.Errorf("reading the zstd header: %w", err)
			}
			br = bufio.NewReaderSize(z.IOReadCloser(), 256<<10)
		}
		layers = append(layers, c)
	}
}
