//go:build !linux && !darwin && !windows

package doctor

import "errors"

// FreeBytes can't tell on this system.
func FreeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
