package pace

import (
	"testing"
	"time"
)

// BenchmarkWeigh draws the lesson from a 429 when the history is full: five
// minutes at 120 a second, six meetings. Everybody waits for it.
func BenchmarkWeigh(b *testing.B) {
	begin := time.Now()
	h := newHistory(begin)
	var v evidence
	v.begin(begin)
	at := begin
	for m := range kept {
		resumed := at
		for range 120 * 48 {
			at = at.Add(8300 * time.Microsecond)
			h.add(at)
		}
		v.add(meeting{resumed: resumed, at: at, asked: time.Second, held: time.Second, through: 120 * 48, pace: 120.5, refused: 1 + m%2})
		at = at.Add(time.Second)
	}
	believed := model{rate: 120, burst: 20}
	for b.Loop() {
		v.weigh(h, believed, false)
	}
}
