package testenv

import (
	"os"
	"syscall"
)

// Tests write much, durably, and remove it again. In memory they don't wait for a disk,
// where there is memory for it and programs in it may run, and TMPDIR says nothing else.
func init() {
	const memory, room, noexec = "/dev/shm", 4 << 30, 0x8
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") != "" || syscall.Statfs(memory, &fs) != nil {
		return
	}
	if fs.Flags&noexec == 0 && fs.Bavail*uint64(fs.Bsize) > room {
		if err := os.Setenv("TMPDIR", memory); err != nil {
			panic(err)
		}
	}
}
