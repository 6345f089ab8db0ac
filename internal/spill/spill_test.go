package spill

import (
	"bytes"
	"io"
	"os"
	"testing"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

func TestFileIsReadBackAndNotReadable(t *testing.T) {
	f, err := NewFile(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text := bytes.Repeat([]byte("ana@example.com "), 10_000)
	for _, part := range [][]byte{text[:7], text[7:100_001], text[100_001:]} {
		if _, err := f.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []int64{0, 1, 15, 16, 17, 99_999} {
		p := make([]byte, 40)
		if _, err := f.ReadAt(p, at); err != nil || !bytes.Equal(p, text[at:at+40]) {
			t.Errorf("at %d: %q, %v", at, p, err)
		}
	}
	if all, err := io.ReadAll(f.Reader()); err != nil || !bytes.Equal(all, text) {
		t.Errorf("read %d bytes, %v", len(all), err)
	}
	raw := make([]byte, len(text))
	if n, err := f.file.ReadAt(raw, 0); n != len(text) || bytes.Contains(raw, []byte("example")) {
		t.Errorf("the file holds %d bytes in clear, %v", n, err)
	}
	if left, _ := os.ReadDir(t.TempDir()); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
