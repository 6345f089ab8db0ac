//go:build !windows

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestPlantedLinksAreNotFollowed(t *testing.T) {
	shared, own := t.TempDir(), t.TempDir()
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(own, "victim")
	for _, path := range []string{filepath.Join(shared, "report.json"), filepath.Join(own, "report.json")} {
		if err := os.Symlink(victim, path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(own, filepath.Join(shared, "folder")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(shared, "report.json"), filepath.Join(shared, "folder", "report.json"), filepath.Join(shared, "folder", "new", "x")} {
		if err := Trusted(path); !errors.Is(err, ErrPlanted) {
			t.Errorf("%s: %v", path, err)
		}
		if f, err := Create(path); !errors.Is(err, ErrPlanted) {
			t.Errorf("Create(%s): %v, %v", path, f, err)
		}
		if _, err := CreateDir(path); !errors.Is(err, ErrPlanted) {
			t.Errorf("CreateDir(%s): %v", path, err)
		}
	}
	for _, path := range []string{filepath.Join(own, "report.json"), filepath.Join(shared, "new.json"), "relative", ""} {
		if err := Trusted(path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := os.Stat(victim); err == nil {
		t.Error("something was written through a link")
	}
}
