package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// noteLongestOpen holds how long a user that must be suspended was open at
// most, in milliseconds.
const noteLongestOpen = "longest_open_ms"

// toldOpen bounds the users that are named because they stayed open.
const toldOpen = 20

// finishSuspensions keeps how long a user that must be suspended was open at
// most, and says loudly who still is.
func (r *run) finishSuspensions(ctx context.Context) error {
	x := r.planner.settle
	x.mu.Lock()
	longest := x.longest
	var open []int64
	for record, since := range x.openSince {
		open = append(open, record)
		longest = max(longest, r.opt.Now().Sub(since))
	}
	x.mu.Unlock()
	if r.dry != nil || longest == 0 && len(open) == 0 {
		return nil
	}
	longest, err := r.longestOpen(ctx, longest)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		slices.Sort(open)
		if err := r.tellOpen(ctx, open); err != nil {
			return err
		}
		r.result.Open = int64(len(open))
	}
	return r.Checkpoint.Post(ctx, checkpoint.SetNote{Name: noteLongestOpen, JSON: fmt.Appendf(nil, "%d", longest.Milliseconds())})
}

// longestOpen is the longest gap of this run and of those before it.
func (r *run) longestOpen(ctx context.Context, now time.Duration) (time.Duration, error) {
	data, err := r.Checkpoint.Note(ctx, noteLongestOpen)
	if err != nil || data == nil {
		return now, err
	}
	var before int64
	if err := json.Unmarshal(data, &before); err != nil {
		return now, fmt.Errorf("reading the longest gap before a suspension from the checkpoint: %w", err)
	}
	return max(now, time.Duration(before)*time.Millisecond), nil
}

// tellOpen names users who can sign in although the source has them blocked.
func (r *run) tellOpen(ctx context.Context, open []int64) error {
	var names []string
	for _, id := range open[:min(len(open), toldOpen)] {
		record, ok, err := r.Checkpoint.RecordByID(ctx, id)
		if err != nil {
			return err
		}
		if ok {
			names = append(names, fmt.Sprintf("record %d (%s)", record.Number, firstOf(record.KindeID, record.SourceID)))
		}
	}
	if more := len(open) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	r.meter.Note(
		fmt.Sprintf(
			"NOT SUSPENDED: the source has %d users blocked who can sign in now: %s. Run the same command again: it suspends them before anything else, or suspend them in Kinde.",
			len(open),
			strings.Join(names, ", "),
		),
	)
	return nil
}
