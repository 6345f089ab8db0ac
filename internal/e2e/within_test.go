package e2e

import (
	"bytes"
	"encoding/base64"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
)

// withinFiles looks for texts in the bytes of everything below a path, in any
// letter case, and as base64, percent signs and JSON write them:
//
//	within backups ana@example.com Silva
//	! within users.checkpoint ana@example.com
func withinFiles(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: within PATH TEXT…")
	}
	for _, text := range args[1:] {
		where := ""
		ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if holdsForm(data, text) || holdsForm(unpackedForTest(data), text) {
				where = path
			}
			return err
		}))
		switch {
		case neg && where != "":
			ts.Fatalf("%s still holds %q", where, text)
		case !neg && where == "":
			ts.Fatalf("nothing in %s holds %q", args[0], text)
		}
	}
}

func holdsForm(data []byte, text string) bool {
	lower := bytes.ToLower(data)
	for _, form := range []string{text, url.QueryEscape(text), url.PathEscape(text), strings.ReplaceAll(text, "@", `\u0040`),
		strings.ReplaceAll(text, "+", `\u002b`)} {
		if bytes.Contains(lower, []byte(strings.ToLower(form))) {
			return true
		}
	}
	return bytes.Contains(data, []byte(base64.StdEncoding.EncodeToString([]byte(text))))
}

func unpackedForTest(data []byte) []byte {
	var r io.Reader
	if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
		r = z
	} else if z, err := zstd.NewReader(bytes.NewReader(data)); err == nil {
		defer z.Close()
		r = z
	}
	if r == nil {
		return nil
	}
	out, _ := io.ReadAll(r)
	return out
}

// sameLines compares two files whose lines may stand in another order.
func sameLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samelines FILE FILE")
	}
	sorted := func(name string) string {
		lines := strings.Split(strings.TrimSpace(ts.ReadFile(name)), "\n")
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	if a, b := sorted(args[0]), sorted(args[1]); a != b {
		ts.Fatalf("%s holds\n%s\n%s holds\n%s", args[0], a, args[1], b)
	}
}
