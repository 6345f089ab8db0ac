package report

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// Names of the files in a report folder.
const (
	JSONFile     = "report.json"
	OutcomesFile = "outcomes.csv"
	GoneFile     = "gone.csv"
)

// WriteJSON writes the document.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	return nil
}

// MakeFolder makes the report folder, private to the user.
func MakeFolder(dir string) error {
	err := atomicfile.Trusted(filepath.Join(dir, JSONFile))
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("making the report folder: %w", err)
	}
	return nil
}

// SaveJSON writes report.json into the folder.
func (r *Report) SaveJSON(dir string) error {
	return save(filepath.Join(dir, JSONFile), r.WriteJSON)
}

// SaveOutcomes writes outcomes.csv into the folder.
func SaveOutcomes(dir string, rows iter.Seq2[Outcome, error]) error {
	return save(filepath.Join(dir, OutcomesFile), func(w io.Writer) error { return WriteOutcomes(w, rows) })
}

// SaveGone writes gone.csv into the folder: like outcomes.csv, of those who are gone from the source.
func SaveGone(dir string, rows iter.Seq2[Outcome, error]) error {
	return save(filepath.Join(dir, GoneFile), func(w io.Writer) error { return WriteOutcomes(w, rows) })
}

// save writes a file whole or not at all.
func save(path string, write func(io.Writer) error) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort() // without effect after Commit
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}
