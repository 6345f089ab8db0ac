package cli

import (
	"os"
	"runtime/debug"
)

// memoryGoal is where the garbage collector begins to work harder. What a
// command must hold lies far below it; what it leaves behind need not pile up.
const memoryGoal = 160 << 20

// BoundMemory keeps a process small, unless GOMEMLIMIT says how large it may be.
func BoundMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
}
