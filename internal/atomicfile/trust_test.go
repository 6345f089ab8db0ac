//go:build !windows

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
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

// TestALinkThatAppearsMeanwhileIsNotOpened: between the look and the opening
// somebody else may have been there.
func TestALinkThatAppearsMeanwhileIsNotOpened(t *testing.T) {
	own := t.TempDir()
	victim, link := filepath.Join(own, "victim"), filepath.Join(own, "run.log")
	if err := os.Symlink(victim, link); err != nil {
		t.Fatal(err)
	}
	if f, err := openResolved(link, os.O_CREATE|os.O_WRONLY); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("%v, %v", f, err)
	}
	if _, err := os.Lstat(victim); err == nil {
		t.Error("something was made behind the link")
	}
	// Our own link, to what is there and to what is not yet, is followed.
	for range 2 {
		f, err := Open(link, os.O_CREATE|os.O_APPEND|os.O_WRONLY)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if info, err := os.Stat(victim); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	planted := filepath.Join(shared, "run.log")
	if err := os.Symlink(victim, planted); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(planted, os.O_WRONLY); !errors.Is(err, ErrPlanted) {
		t.Errorf("a planted link is opened: %v", err)
	}
}
