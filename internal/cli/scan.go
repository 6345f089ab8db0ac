package cli

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// scanProgress shows how far a first pass has come, on its way to the visitor.
type scanProgress struct {
	intake.Visitor
	show  ui.Progress
	total int64 // bytes of the plain files; 0 unknown
	rows  int64
	read  int64
}

// Add passes a row on.
func (s *scanProgress) Add(it intake.Item) error {
	s.rows++
	s.read += it.Length
	if s.rows%1024 == 0 {
		s.show.Update(ui.Status{Stage: "Reading", Done: s.rows, Total: s.expected()})
	}
	return s.Visitor.Add(it)
}

// expected estimates the number of rows from the share of bytes that were read.
func (s *scanProgress) expected() int64 {
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

// describe writes what is known of the source into the report.
func describe(r *report.Report, s intake.Source) {
	r.Source.Files, r.Source.Companions = r.Source.Files[:0], nil
	for _, f := range s.Files {
		r.Source.Files = append(r.Source.Files, report.File{Path: f.Path, Bytes: f.Bytes, SHA256: f.SHA256})
	}
	for _, f := range s.Companions {
		r.Source.Companions = append(r.Source.Companions, report.File{Path: f.Path, Bytes: f.Bytes, SHA256: f.SHA256, Role: f.Role})
	}
	r.Source.Format, r.Source.Preset, r.Source.MappingSHA256 = string(s.Format), s.Preset, s.MappingSHA256
	r.Source.Evidence = s.Evidence
}

// newRunID names a run so that names sort by time.
func newRunID(now time.Time) string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// rebuilt returns a command line like this one: another command, some flags more, some fewer.
func (in *invocation) rebuilt(command, more string, without ...string) string {
	words := []string{program, command}
	if more != "" {
		words = append(words, more)
	}
	options := true
	for _, w := range in.line[in.depth:] {
		name, value, _ := strings.Cut(w, "=")
		switch {
		case options && w == "--":
			options = false
			if slices.ContainsFunc(in.args, func(a string) bool { return strings.HasPrefix(a, "-") && a != "-" }) {
				words = append(words, "--")
			}
		case options && slices.Contains(without, strings.TrimPrefix(name, "--")), options && value == "false":
		case options && value == "true":
			words = append(words, name)
		case options:
			words = append(words, name, shellQuote(value))
		default:
			words = append(words, shellQuote(w))
		}
	}
	return strings.Join(words, " ")
}
