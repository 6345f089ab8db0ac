package chaos

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
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

// seed is what KINDE_CHAOS_SEED says.
var seed = sync.OnceValue(func() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("KINDE_CHAOS_SEED"), 10, 64); err == nil {
		return n
	}
	return uint64(time.Now().UnixNano())
})

// chance draws as KINDE_CHAOS_SEED says.
func chance(t *testing.T, stream uint64) *rand.Rand {
	t.Helper()
	t.Logf("KINDE_CHAOS_SEED=%d", seed())
	return rand.New(rand.NewPCG(seed(), stream))
}

// onProcesses are the tests that start programs and kill or disturb them.
var onProcesses = []string{"TestChaos", "TestDisturbEveryCommand", "TestFullDisk", "TestKillConvert", "TestKillEveryCommand",
	"TestKillExchange", "TestKillFetch", "TestNothingInTMPDIRCanBeRead", "TestPhases", "TestSignals"}

// turn skips a test of onProcesses that was not drawn. Whoever changes a line waits for
// one of them; KINDE_CHAOS_KILLS plays all, as CI does, and -run what it names.
func turn(t *testing.T) {
	t.Helper()
	own := slices.Index(onProcesses, t.Name())
	if own < 0 {
		t.Fatal("it is not in onProcesses")
	}
	if killsAsked(0) > 0 || flag.Lookup("test.run").Value.String() != "" {
		return
	}
	if rand.New(rand.NewPCG(seed(), 14)).IntN(len(onProcesses)) != own {
		t.Skip("another one was drawn")
	}
}
