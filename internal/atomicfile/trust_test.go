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
	for _, path := range []string{filepath.Join(shared, "report.json"), filepath.Join(shared, "folder", "report.json"),
		filepath.Join(shared, "folder", "new", "x")} {
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

// TestFilesOfOthersAreNotUsed: in a folder that everybody can write to, another user
// may lay a file or a folder where ours would be, and read what we write there.
func TestFilesOfOthersAreNotUsed(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files to others")
	}
	const somebody = 4242
	shared, own := t.TempDir(), t.TempDir()
	err := os.Chmod(shared, 0o777|os.ModeSticky)
	for _, dir := range []string{shared, own} {
		path := filepath.Join(dir, "users.checkpoint")
		err = errors.Join(err, os.WriteFile(path, nil, 0o644), os.Chown(path, somebody, somebody))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := Trusted(filepath.Join(shared, "users.checkpoint")); !errors.Is(err, ErrTheirs) {
		t.Errorf("another user's file in a shared folder: %v", err)
	}
	if f, err := Open(filepath.Join(shared, "users.checkpoint"), os.O_RDWR); !errors.Is(err, ErrTheirs) {
		t.Errorf("it was opened: %v, %v", f, err)
	}
	if err := Trusted(filepath.Join(own, "users.checkpoint")); err != nil {
		t.Errorf("another user's file in our own folder: %v", err)
	}
}

// TestWhatIsNoFileIsNotOpened: something that waits or never ends lies where a file
// of ours should.
func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	pipe, link, file := filepath.Join(dir, "pipe"), filepath.Join(dir, "link"), filepath.Join(dir, "file")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink(pipe, link), os.WriteFile(file, []byte("x"), 0o600)); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{pipe, link, dir, "/dev/zero"} {
		if data, err := ReadRegular(path); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: read %d bytes, %v", path, len(data), err)
		}
		if err := Regular(path); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if data, err := ReadRegular(file); string(data) != "x" || err != nil || Regular(file) != nil || Regular(file+"2") != nil {
		t.Errorf("a file: %q, %v", data, err)
	}
}
