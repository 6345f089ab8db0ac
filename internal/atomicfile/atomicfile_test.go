package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteFileReplacesAndIsPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "new" {
		t.Errorf("content = %q", got)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("files left behind: %v", got)
	}
	if runtime.GOOS != "windows" {
		info, _ := os.Stat(path)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode = %v, want 0600", info.Mode())
		}
	}
}

func TestNothingAtTheDestinationBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "users.ndjson")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the destination exists before Commit: %v", err)
	}
	f.Abort()
	f.Abort()
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files left behind after Abort: %v", got)
	}
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Commit after Abort = %v", err)
	}
}

func TestAbortAfterCommitKeepsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if content(t, path) != "" {
		t.Error("want an empty file")
	}
	if _, err := f.Write([]byte("x")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Write after Commit = %v", err)
	}
}

func TestFailedWriteIsNeverCommitted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	f.temp.Close() // stands for a disk that fails
	if _, err := f.Write([]byte("x")); err == nil {
		t.Fatal("want an error")
	}
	if err := f.Commit(); err == nil {
		t.Fatal("Commit succeeded after a failed write")
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files left behind: %v", got)
	}
}

func TestRefusesWhatIsNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, "", filepath.Join(dir, "no", "folder")} {
		if err := WriteFile(path, []byte("x")); err == nil {
			t.Errorf("WriteFile(%q) succeeded", path)
		}
	}
	if runtime.GOOS != "windows" {
		if err := WriteFile(os.DevNull, []byte("x")); err == nil {
			t.Error("a device was replaced")
		}
	}
}

func TestLinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no symbolic links here")
	}
	if err := WriteFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := content(t, target); got != "new" {
		t.Errorf("target = %q", got)
	}
	if info, _ := os.Lstat(link); info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
}

func TestLongName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("n", 250))
	if err := WriteFile(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
}

func TestCommitDir(t *testing.T) {
	root := t.TempDir()
	final := filepath.Join(root, "2031-05-01T02-00-00Z")
	tmp, err := CreateDir(final)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(tmp, "parts"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(tmp, "parts", "users.ndjson"), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := CommitDir(tmp, final); err != nil {
		t.Fatal(err)
	}
	if got := names(t, root); len(got) != 1 || got[0] != filepath.Base(final) {
		t.Errorf("folder holds %v", got)
	}
	if got := content(t, filepath.Join(final, "parts", "users.ndjson")); got != "{}" {
		t.Errorf("content = %q", got)
	}
}

func TestCommitDirNeverReplaces(t *testing.T) {
	root := t.TempDir()
	final := filepath.Join(root, "backup")
	if err := os.Mkdir(final, 0o700); err != nil {
		t.Fatal(err)
	}
	tmp, err := CreateDir(final)
	if err != nil {
		t.Fatal(err)
	}
	if err := CommitDir(tmp, final); !errors.Is(err, fs.ErrExist) {
		t.Errorf("CommitDir over an existing folder = %v", err)
	}
}
