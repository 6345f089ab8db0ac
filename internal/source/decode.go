package source

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/text/encoding/unicode"

	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// prepare decodes what can't be read in place and finds the kind of the content.
func (f *File) prepare(ctx context.Context) error {
	var in io.Reader = f.reader
	if f.raw != nil {
		in = f.raw
	}
	sum := sha256.New()
	count := &counter{ctx: ctx, r: in}
	br := bufio.NewReaderSize(io.TeeReader(count, sum), 256<<10)
	decoded, plain, skip, err := decode(br)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	if plain && f.raw != nil {
		f.base = skip
		f.decoded = io.NewSectionReader(f.raw, skip, 1<<62)
	} else {
		if f.spool, err = spill.NewFile(f.opts.TempDir); err != nil {
			return err
		}
		if _, err := io.CopyBuffer(f.spool, decoded, make([]byte, 256<<10)); err != nil {
			return fmt.Errorf("reading %s: %w", f.name, unexpected(err))
		}
		// A compressed stream may end before the file does; the sum covers all of it.
		if _, err := io.Copy(io.Discard, br); err != nil {
			return fmt.Errorf("reading %s: %w", f.name, err)
		}
		f.bytes = count.n
		f.sum = hex.EncodeToString(sum.Sum(nil))
		f.decoded = f.spool
	}
	head, err := io.ReadAll(io.NewSectionReader(f.decoded, 0, sniffSize))
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.name, err)
	}
	f.head = slices.Clip(head)
	if err := f.sniff(len(head) < sniffSize); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

func unexpected(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the compressed data is cut off: %w", err)
	}
	return err
}

// counter counts bytes and stops when its context ends.
type counter struct {
	ctx context.Context
	r   io.Reader
	n   int64
}

func (c *counter) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// decode unpacks and re-encodes. plain tells that the stream is the stored bytes
// after the first skip of them.
func decode(br *bufio.Reader) (r io.Reader, plain bool, skip int64, err error) {
	br, layers, err := Decompress(br)
	if err != nil {
		return nil, false, 0, err
	}
	plain = len(layers) == 0
	magic, err := br.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, 0, unexpected(err)
	}
	if says := packed(magic); says != "" {
		return nil, false, 0, kind(says)
	}
	order, is := UTF16(magic)
	if !is {
		if bytes.HasPrefix(magic, []byte{0xef, 0xbb, 0xbf}) {
			if _, err := br.Discard(3); err != nil {
				return nil, false, 0, err
			}
			skip = 3
		}
		return br, plain, skip, nil
	}
	return unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(br), false, 0, nil
}

// UTF16 tells whether what begins so is UTF-16, and in which order its bytes lie.
func UTF16(head []byte) (order unicode.Endianness, is bool) {
	if name := utf16Order(head); name != "be" {
		return unicode.LittleEndian, name == "le"
	}
	return unicode.BigEndian, true
}

// utf16Order tells "le" or "be" by the byte order mark, or by where the zero bytes
// of mostly ASCII text lie; "" when the text is something else.
func utf16Order(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return "le"
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return "be"
	}
	var zeros [2]int
	n := len(head) &^ 1
	for i, c := range head[:n] {
		if c == 0 {
			zeros[i&1]++
		}
	}
	switch {
	case n < 4:
		return ""
	case zeros[1]*10 > n*3 && zeros[0]*20 < n:
		return "le"
	case zeros[0]*10 > n*3 && zeros[1]*20 < n:
		return "be"
	}
	return ""
}
