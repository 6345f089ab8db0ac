package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// TestPhases kills an import, a newer export on the same checkpoint, and the
// rollback of both, in a tenant that throttles hard and had users before.
func TestPhases(t *testing.T) {
	t.Parallel()
	turn(t)
	if runtime.GOOS == "windows" {
		t.Skip("needs kill -9")
	}
	kills := max(2, killsAsked(0)/8)
	random := chance(t, 2)
	binary, dir := program(t), t.TempDir()
	people := population(t, 40+kills*8)
	write(t, dir, people)
	// The last of them is there already, under another name.
	before := "id,email,first_name\nold|1,somebody@example.com,Somebody\n,PERSON00006@example.com,Before\n"
	if err := os.WriteFile(filepath.Join(dir, "before.csv"), []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	running := startTenant(t, binary, dir, faults, "--latency", "2ms", "--rate-limit", "150", "--burst", "30", "--duplicate-answer", "409")
	if code, out := run(t, binary, dir, running.env, 0, "import", "before.csv", "--yes", "--quiet", "--json"); code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	was := running.peek(t)

	untilDone := func(what string, args ...string) {
		t.Helper()
		killed := 0
		for life := 0; ; life++ {
			if life > kills*3+60 {
				t.Fatalf("%s: not finished after %d lives", what, life)
			}
			var after time.Duration
			if killed < kills {
				after = 60*time.Millisecond + time.Duration(random.Int64N(int64(340*time.Millisecond)))
			}
			code, out := run(t, binary, dir, running.env, after, args...)
			switch {
			case code == -1:
				killed++
				continue
			case code == refusedTwice:
				continue
			case code != 0:
				t.Fatalf("%s: life %d ended with exit %d:\n%s", what, life, code, out)
			}
			t.Logf("%s: %d kills", what, killed)
			return
		}
	}
	arrived := func(what string, people []person) {
		t.Helper()
		var ours []sandbox.User
		for _, u := range running.peek(t) {
			if !slices.ContainsFunc(was, func(x sandbox.User) bool { return x.ID == u.ID }) {
				ours = append(ours, u)
			}
		}
		rest := slices.DeleteFunc(slices.Clone(people), func(p person) bool { return p.email == "person00006@example.com" })
		for i, w := range verify(rest, ours, running.organizations) {
			if i < 20 {
				t.Errorf("%s: %s", what, w)
			}
		}
	}
	untilDone("import", importing...)
	arrived("import", people)

	newer := slices.Clone(people)
	for i := range newer {
		if i%10 == 1 {
			newer[i].given += " the Second"
		}
		if i%15 == 2 && newer[i].plan != "" {
			newer[i].plan = "changed"
		}
	}
	newer = append(newer, population(t, len(people)+20)[len(people):]...)
	slices.Reverse(newer)
	write(t, dir, newer)
	untilDone("delta", importing...)
	arrived("delta", newer)

	untilDone("rollback", "rollback", "--checkpoint", "users.ndjson.checkpoint", "--yes", "--quiet", "--json")
	if got, want := fmt.Sprint(running.peek(t)), fmt.Sprint(was); got != want {
		t.Errorf("after the rollback the tenant holds\n%s\nand held before\n%s", got, want)
	}
}
