package schedule

import (
	"context"
	"fmt"
	"math/bits"
	"time"

	"github.com/netresearch/go-cron"
)

// Schedule tells when the next backup is due.
type Schedule struct {
	spec  cron.Schedule // nil: every
	every time.Duration
}

// minEvery keeps a mistyped unit from hammering a tenant.
const minEvery = time.Minute

// Every is a schedule by distance.
func Every(d time.Duration) (Schedule, error) {
	if d < minEvery {
		return Schedule{}, fmt.Errorf("a backup every %s is too often: the shortest interval is %s", d, minEvery)
	}
	return Schedule{every: d}, nil
}

// Cron is a schedule by the five fields of crontab, or @daily and its kin, in a
// time zone. A time that the clocks skip is made up for right after; one that
// comes twice counts once.
func Cron(spec string, zone *time.Location) (Schedule, error) {
	if zone == nil {
		zone = time.UTC
	}
	s, err := cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor).Parse(spec)
	if err != nil {
		return Schedule{}, fmt.Errorf("reading the schedule %q: %w", spec, err)
	}
	if x, ok := s.(*cron.SpecSchedule); ok {
		x.Location = zone
	}
	if s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, zone)).IsZero() {
		return Schedule{}, fmt.Errorf("reading the schedule %q: this time never comes", spec)
	}
	return Schedule{spec: s}, nil
}

// Next returns when the backup after this one is due.
func (s Schedule) Next(after time.Time) time.Time {
	if s.spec == nil {
		return after.Add(s.every)
	}
	next := s.spec.Next(after)
	x, ok := s.spec.(*cron.SpecSchedule)
	if !ok || bits.OnesCount64(x.Hour&(1<<24-1)) == 24 {
		return next
	}
	for !next.IsZero() && !wall(next, x.Location).After(wall(after, x.Location)) {
		next = s.spec.Next(next)
	}
	return next
}

// wall returns what a clock on the wall shows, as if it never changed.
func wall(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// glance is how often the clock is looked at: a timer does not run while the
// machine sleeps, and the clock may be set.
const glance = time.Minute

// Serve runs backups when they are due, one at a time, until ctx ends. last is
// when the newest backup was begun, zero when there is none: a backup that was
// missed while nothing ran is made up for at once, but only once. tell hears of
// the next time. Serve returns the reason why ctx ended; errors of run are its
// own business.
func Serve(ctx context.Context, s Schedule, last time.Time, tell func(next time.Time), run func(ctx context.Context)) error {
	next := time.Now()
	if !last.IsZero() {
		next = s.Next(last)
	} else if s.spec != nil {
		next = s.Next(next)
	}
	for {
		if tell != nil {
			tell(next)
		}
		if err := WaitUntil(ctx, next); err != nil {
			return err
		}
		begun := time.Now()
		run(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		// From the beginning of this one, and never into the past: what was missed
		// meanwhile is one backup, not many.
		next = s.Next(begun)
		if now := time.Now(); next.Before(now) {
			next = now
		}
	}
}

// WaitUntil waits for a time by the clock on the wall.
func WaitUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		left := time.Until(at.Round(0))
		if left <= 0 {
			return ctx.Err()
		}
		timer.Reset(min(left, glance))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
