package checkpoint

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// disk mounts a small file system of its own, which needs privileges.
func disk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mounting a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A full disk ends the run for good, and with room again it goes on where it was.
func TestFullDisk(t *testing.T) {
	dir := disk(t)
	path := filepath.Join(dir, "users.checkpoint")
	filled(t, path, 100)
	s, _, err := Open(t.Context(), path)
	must(t, err)
	err = fill(t.Context(), s, 100, 100_000)
	if ReasonOf(err) != NoSpace {
		t.Errorf("%q: %v", ReasonOf(err), err)
	}
	if err := s.Commit(t.Context(), SetNote{Name: "x", JSON: []byte("1")}); ReasonOf(err) != NoSpace {
		t.Errorf("afterwards: %v", err)
	}
	_ = s.Close() // it tells again that there was no room
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	s, _, err = Open(t.Context(), path)
	must(t, err)
	defer s.Close()
	n, err := s.Count(t.Context(), Selection{Any: true})
	must(t, err)
	if n < 100 || n%100 != 0 {
		t.Errorf("%d records: a transaction was torn", n)
	}
	must(t, fill(t.Context(), s, int(n), 1000))
}

// A disk that turns read-only ends the run, and leaves what was committed.
func TestReadOnlyDisk(t *testing.T) {
	dir := disk(t)
	path := filepath.Join(dir, "users.checkpoint")
	filled(t, path, 100)
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=1m"); err != nil {
		t.Skipf("remounting: %v", err)
	}
	_, _, err := Open(t.Context(), path)
	if ReasonOf(err) != ReadOnly {
		t.Errorf("%q: %v", ReasonOf(err), err)
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	s, _, err := Open(t.Context(), path)
	must(t, err)
	must(t, s.Close())
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
