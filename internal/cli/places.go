package cli

import (
	urfave "github.com/urfave/cli/v2"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// writtenFiles and writtenFolders are the flags that name what a command writes.
var (
	writtenFiles = []string{
		"log-file",
		"checkpoint",
		"state",
		"keep-dropped",
		"status-file",
		"prometheus-file",
		"token-cache",
		"links",
		"erasure-list",
	}
	writtenFolders = []string{"report", "tls-dir"}
)

// writable refuses what a flag names and nothing can be written to: a pipe that
// nobody reads would hold a run for ever, and a folder would be noticed only at
// the end, when there is a report to write.
func (c *Command) writable(uc *urfave.Context) error {
	files, folders := writtenFiles, writtenFolders
	if c.Name == "backup" || c.Name == "fetch" || c.Name == "convert" || c.Name == "decrypt" {
		folders = append(folders[:len(folders):len(folders)], "out")
	} else {
		files = append(files[:len(files):len(files)], "out")
	}
	for _, name := range files {
		if c.own(name) {
			if err := PlaceOf("--"+name, uc.String(name), atomicfile.CheckFile); err != nil {
				return err
			}
		}
	}
	for _, name := range folders {
		if c.own(name) {
			if err := PlaceOf("--"+name, uc.String(name), atomicfile.CheckFolder); err != nil {
				return err
			}
		}
	}
	return nil
}

// PlaceOf refuses a place that nothing can be written to; what is what the person calls it.
func PlaceOf(what, path string, check func(string) error) error {
	if path == "" || path == "-" {
		return nil
	}
	if err := check(path); err != nil {
		return Usagef("choose another place", "%s %s can't be written to: %w", what, path, err)
	}
	return nil
}
