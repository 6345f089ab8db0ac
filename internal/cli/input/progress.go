package input

import (
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// progress shows how far a first pass has come, on its way to the visitor.
type progress struct {
	intake.Visitor
	show  ui.Progress
	total int64 // bytes of the plain files; 0 unknown
	rows  int64
	read  int64
}

// WithProgress shows how far a pass over the source has come, on its way to next.
func WithProgress(next intake.Visitor, show ui.Progress, source intake.Source) intake.Visitor {
	return &progress{Visitor: next, show: show, total: totalBytes(source)}
}

// Add passes a row on.
func (s *progress) Add(it intake.Item) error {
	s.rows++
	s.read += it.Length
	if s.rows%1024 == 0 {
		s.show.Update(ui.Status{Stage: "Reading", Done: s.rows, Total: s.expected()})
	}
	return s.Visitor.Add(it)
}

// expected estimates the number of rows from the share of bytes that were read.
func (s *progress) expected() int64 {
	if s.total <= 0 || s.read <= 0 {
		return 0
	}
	return max(s.rows, int64(float64(s.rows)*float64(s.total)/float64(s.read)))
}

// totalBytes is the size of the files with users; 0 when one is compressed or
// a pipe, whose size says little.
func totalBytes(s intake.Source) int64 {
	var n int64
	for _, f := range s.Files {
		if f.Path == "-" || strings.HasSuffix(f.Path, ".gz") || strings.HasSuffix(f.Path, ".zst") {
			return 0
		}
		n += f.Bytes
	}
	return n
}
