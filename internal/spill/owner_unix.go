//go:build unix

package spill

import (
	"os"
	"syscall"
)

// anyMode tells that the mode of a folder says nothing about who can use it.
const anyMode = false

// ours tells whether a file belongs to the user of this process.
func ours(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
