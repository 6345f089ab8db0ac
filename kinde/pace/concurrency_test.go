package pace

import (
	"testing"
	"time"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// Where a rate was met, so many slots as that needed are enough: a cap is not
// looked for beyond them, neither by the train nor by what was waited before.
func TestSlotsOfTheRateThatWasMet(t *testing.T) {
	for _, tc := range []struct{ used, cap, want int }{{5, 7, 5}, {6, 7, 6}, {12, 20, 12}, {3, 7, firstCap}} {
		c := newController(Options{})
		now := time.Unix(1_000_000_000, 0)
		c.take(now)
		for range 200 {
			now = now.Add(time.Second / 180)
			c.grants.add(now, tc.used)
		}
		c.granted = 200
		c.inFlight.cap, c.inFlight.bound = tc.cap, 900*time.Millisecond
		c.throttled(now, &episode{first: now, known: now, until: now.Add(time.Second), asked: time.Second, count: 1, among: tc.used})
		if c.inFlight.met || c.inFlight.cap != tc.want || c.inFlight.bound != 0 {
			t.Errorf(
				"%d of %d in flight: a cap of %d (met: %v), bound for %v; want %d",
				tc.used,
				tc.cap,
				c.inFlight.cap,
				c.inFlight.met,
				c.inFlight.bound,
				tc.want,
			)
		}
		c.train.on, c.resumed = true, now
		now = now.Add(100 * time.Millisecond)
		if c.take(now); c.wasted {
			t.Error("what a train leaves unused counts as a lack of slots")
		}
	}
}
