package atomicfile

// noFollow is nothing: making a symbolic link takes a privilege on Windows.
const noFollow = 0

// noWait is nothing: there are no FIFOs in folders on Windows.
const noWait = 0

// syncDir does nothing: Windows can't sync a folder, and NTFS journals its names.
func syncDir(string) error { return nil }
