package databasetest

import (
	"math/rand/v2"
	"os"
	"strconv"
)

// stride is how far apart the drawn turns of a sweep lie.
const stride = 5

// Drawn gives the first of the turns 0, 1, 2, … of a sweep that are tried, and how far
// apart the others lie. Everybody who changes a line waits for sweeps, so each fifth
// turn is tried, from one on that is drawn (by KINDE_CHAOS_SEED where that is set);
// KINDE_SWEEP=all tries all of them.
func Drawn() (first, step int) {
	if os.Getenv("KINDE_SWEEP") == "all" {
		return 0, 1
	}
	if seed, err := strconv.ParseUint(os.Getenv("KINDE_CHAOS_SEED"), 10, 64); err == nil {
		return int(seed % stride), stride
	}
	return rand.N(stride), stride
}
