package chaos

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// killsAsked is how many kills a test makes: as many as KINDE_CHAOS_KILLS says, and few
// where nobody says anything, because everybody who changes a line waits for them.
func killsAsked(few int) int {
	if n, err := strconv.Atoi(os.Getenv("KINDE_CHAOS_KILLS")); err == nil {
		return n
	}
	return few
}

// drawn is which of n cases are tried: some that are drawn, or all of them from so many
// kills on.
func drawn(random *rand.Rand, n, few, allFrom int) []int {
	if killsAsked(0) >= allFrom {
		few = n
	}
	return random.Perm(n)[:min(few, n)]
}

// chance draws as KINDE_CHAOS_SEED says.
func chance(t *testing.T, stream uint64) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("KINDE_CHAOS_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("KINDE_CHAOS_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, stream))
}
