package atomicfile

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// A full disk must be told apart from other failures by the caller.
func TestFullDiskSurfacesAsIs(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	f := &File{path: "out", temp: full}
	_, err = f.Write([]byte("x"))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Write = %v, want ENOSPC", err)
	}
	f.done = true // Abort would remove /dev/full
	full.Close()
}
