//go:build linux || darwin

package doctor

import "golang.org/x/sys/unix"

// FreeBytes returns the room that is left for this user in a folder.
func FreeBytes(folder string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, err
	}
	return uint64(st.Bavail) * uint64(st.Bsize), nil
}
