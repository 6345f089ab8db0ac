package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// TestFilesAreNamedOnceAndInWords: no message names a system call, or a file twice.
func TestFilesAreNamedOnceAndInWords(t *testing.T) {
	missing := &fs.PathError{Op: "stat", Path: "users.csv", Err: fs.ErrNotExist}
	for want, err := range map[string]error{
		"opening the source: users.csv: file does not exist": fmt.Errorf("opening the source: %w", missing),
		"creating users.csv: file does not exist":            fmt.Errorf("creating users.csv: %w", missing),
		"a: b: users.csv: file does not exist (twice)":       fmt.Errorf("a: b: %w (twice)", missing),
		"writing to users.csv: a link":                       &fs.PathError{Op: "writing to", Path: "users.csv", Err: errors.New("a link")},
		"nothing about a file":                               errors.New("nothing about a file"),
	} {
		if got := plainly(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
