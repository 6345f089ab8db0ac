package forget

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// packing writes text as a file held it: packed, and in its own encoding.
type packing func(io.Writer) (io.WriteCloser, error)

// unpacked returns the text that a file holds, in UTF-8, and how to write it again.
func unpacked(f io.Reader) (io.Reader, packing, error) {
	in, pack, err := decompressed(f)
	if err != nil {
		return nil, nil, err
	}
	text := bufio.NewReaderSize(in, 1<<16)
	head, _ := text.Peek(512)
	order, is := source.UTF16(head)
	if !is {
		return text, pack, nil
	}
	mark := []byte(nil)
	if bom := head[:2]; bytes.Equal(bom, []byte{0xff, 0xfe}) || bytes.Equal(bom, []byte{0xfe, 0xff}) {
		mark = bytes.Clone(bom)
		_, _ = text.Discard(2) // they were peeked at
	}
	return transform.NewReader(text, unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder()), func(w io.Writer) (io.WriteCloser, error) {
		packed, err := pack(w)
		if err != nil {
			return nil, err
		}
		_, err = packed.Write(mark)
		p := &packer{packed, []io.Closer{packed}}
		p.wrap(transform.NewWriter(packed, unicode.UTF16(order, unicode.IgnoreBOM).NewEncoder()))
		return p, err
	}, nil
}

func decompressed(f io.Reader) (io.Reader, packing, error) {
	in, layers, err := source.Decompress(bufio.NewReaderSize(f, 1<<16))
	return in, func(w io.Writer) (io.WriteCloser, error) {
		p := &packer{Writer: w}
		for _, layer := range layers {
			if layer == source.Gzip {
				p.wrap(gzip.NewWriter(p.Writer))
				continue
			}
			z, err := zstd.NewWriter(p.Writer)
			if err != nil {
				return nil, err
			}
			p.wrap(z)
		}
		return p, nil
	}, err
}

// packer writes through layers; the first lies next to the file.
type packer struct {
	io.Writer
	layers []io.Closer
}

func (p *packer) wrap(w io.WriteCloser) { p.Writer, p.layers = w, append(p.layers, w) }

func (p *packer) Close() (err error) {
	for _, layer := range slices.Backward(p.layers) {
		err = errors.Join(err, layer.Close())
	}
	return err
}

// wideSameAgain tells whether a file is no UTF-16, or one that stays as it is.
func wideSameAgain(path string) (bool, error) {
	f, err := atomicfile.OpenRegular(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	plain, _, err := decompressed(f)
	if err != nil {
		return false, err
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(plain, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	if _, is := source.UTF16(head[:n]); !is {
		return true, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	return sameAgain(f)
}

// sameAgain tells whether the text of a file, decoded and encoded again, is what it
// was: what stays must stay byte for byte.
func sameAgain(r io.ReadSeeker) (bool, error) {
	sum := func(r io.Reader) ([]byte, error) {
		h := sha256.New()
		_, err := io.Copy(h, r)
		return h.Sum(nil), err
	}
	plain, _, err := decompressed(r)
	if err != nil {
		return false, err
	}
	was, err := sum(plain)
	if err != nil {
		return false, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	if plain, _, err = decompressed(r); err != nil {
		return false, err
	}
	text, pack, err := unpacked(plain)
	if err != nil {
		return false, err
	}
	h := sha256.New()
	w, err := pack(h)
	if err != nil {
		return false, err
	}
	_, err = io.Copy(w, text)
	return bytes.Equal(was, h.Sum(nil)), errors.Join(err, w.Close())
}
