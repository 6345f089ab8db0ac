package spill

import (
	"bytes"
	"io"
	"os"
	"testing"
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

func TestKeySealsAndTellsNobody(t *testing.T) {
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed := k.Seal([]byte("ana@example.com"))
	if bytes.Contains(sealed, []byte("ana")) {
		t.Error("sealed text can be read")
	}
	if data, err := k.Open(sealed); err != nil || string(data) != "ana@example.com" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := other.Open(sealed); err == nil {
		t.Error("another key opens it")
	}
	if data, err := k.Open(k.Seal(nil)); data != nil || err != nil {
		t.Errorf("nothing became %q, %v", data, err)
	}
	if !bytes.Equal(k.Digest("a"), k.Digest("a")) || bytes.Equal(k.Digest("a"), other.Digest("a")) {
		t.Error("a digest is not of the text and the key")
	}
}
