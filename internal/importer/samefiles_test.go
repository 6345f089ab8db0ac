package importer

import (
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// Files count as the same only by path, size and time together; a source without a time
// could have become anything.
func TestSameFiles(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	file := func(path string, bytes int64, modified time.Time) checkpoint.SourceFile {
		return checkpoint.SourceFile{Path: path, Bytes: bytes, ModTime: modified}
	}
	users, stdin := file("users.csv", 10, at), file("-", 10, time.Time{})
	later := file("users.csv", 10, at.Add(1))
	for name, c := range map[string]struct {
		was, now []checkpoint.SourceFile
		same     bool
	}{
		"untouched":                   {[]checkpoint.SourceFile{users}, []checkpoint.SourceFile{users}, true},
		"in another zone":             {[]checkpoint.SourceFile{users}, []checkpoint.SourceFile{file("users.csv", 10, at.Local())}, true},
		"another path":                {[]checkpoint.SourceFile{users}, []checkpoint.SourceFile{file("other.csv", 10, at)}, false},
		"longer":                      {[]checkpoint.SourceFile{users}, []checkpoint.SourceFile{file("users.csv", 11, at)}, false},
		"written again":               {[]checkpoint.SourceFile{users}, []checkpoint.SourceFile{later}, false},
		"standard input":              {[]checkpoint.SourceFile{stdin}, []checkpoint.SourceFile{stdin}, false},
		"a companion more":            {[]checkpoint.SourceFile{users}, []checkpoint.SourceFile{users, file("hashes.csv", 1, at)}, false},
		"the second is written again": {[]checkpoint.SourceFile{users, users}, []checkpoint.SourceFile{users, later}, false},
		"none":                        {nil, nil, false},
	} {
		if got := sameFiles(c.was, c.now); got != c.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}
