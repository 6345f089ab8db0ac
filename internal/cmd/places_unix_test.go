//go:build unix

package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
)

// readPlaces are the flags that name what a command reads; every other flag that
// names a place is written to.
var readPlaces = []string{
	"ca-file",
	"client-secret-file",
	"password-file",
	"key-file",
	"webhook-file",
	"config",
	"options",
	"mapping",
	"passwords",
	"memberships",
	"organizations",
	"identities",
	"hash-params",
	"verify-password",
	"only",
	"ids",
	"db-url-file",
	"hashes",
	"identity",
	"faults",
	"define",
	"against",
	"encrypt-to",
	"recipients-file",
}

// TestWrittenPlacesAreCheckedByEveryCommand gives each flag of each command that
// names what is written a pipe, a device, and a folder in place of a file or a file
// in place of a folder. It must be refused before anything else happens.
func TestWrittenPlacesAreCheckedByEveryCommand(t *testing.T) {
	dir := t.TempDir()
	pipe, file := filepath.Join(dir, "pipe"), filepath.Join(dir, "file")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tried := 0
	var walk func(words []string, c *cli.Command)
	walk = func(words []string, c *cli.Command) {
		words = append(slices.Clone(words), c.Name)
		for _, s := range c.Sub {
			walk(words, s)
		}
		if c.Run == nil {
			return
		}
		for _, f := range c.Flags {
			name, place := f.Names()[0], ""
			if d, ok := f.(interface{ GetUsage() string }); ok && strings.Count(d.GetUsage(), "`") > 1 {
				place = strings.Split(d.GetUsage(), "`")[1]
			}
			if place != "FILE" && place != "DIR" && place != "PATH" || slices.Contains(readPlaces, name) {
				continue
			}
			tried++
			for _, bad := range []string{pipe, "/dev/null", dir, file} {
				folder := bad == dir
				if f := place == "DIR"; f == folder || bad == file && !f {
					continue
				}
				line := append(slices.Clone(words), "--"+name, bad)
				ended := make(chan int, 1)
				var out, errs bytes.Buffer
				go func() {
					ended <- Main(t.Context(), append([]string{"kinde-migrate"}, line...), strings.NewReader(""), &out, &errs)
				}()
				select {
				case code := <-ended:
					if code != 2 || !strings.Contains(errs.String(), "--"+name) {
						t.Errorf("%v ended with %d: %s", line, code, errs.String())
					}
				case <-time.After(20 * time.Second):
					t.Fatalf("%v hangs", line)
				}
			}
		}
	}
	for _, c := range commands(&cli.Env{}) {
		walk(nil, c)
	}
	if tried < 20 {
		t.Errorf("only %d flags name what is written", tried)
	}
}
