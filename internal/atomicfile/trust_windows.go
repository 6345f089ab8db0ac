package atomicfile

import "errors"

// ErrPlanted is never returned on Windows, where making a link takes a privilege.
var ErrPlanted = errors.New("a symbolic link may be somebody else's")

// Trusted does nothing: on Windows making a symbolic link takes a privilege.
func Trusted(string) error { return nil }

// Shared does not know: access lists decide on Windows.
func Shared(string) bool { return false }
