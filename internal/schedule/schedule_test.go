package schedule

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	return z
}

func TestCronAcrossDaylightSaving(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	at := func(text string) time.Time {
		x, err := time.Parse("2006-01-02 15:04 -0700", text)
		tenanttest.Must(t, err)
		return x
	}
	for _, c := range []struct {
		name, spec string
		from       time.Time
		want       []string
	}{
		{"spring: 02:30 does not exist", "30 2 * * *", at("2026-03-28 00:00 +0100"),
			[]string{"2026-03-28 02:30 +0100", "2026-03-29 03:30 +0200", "2026-03-30 02:30 +0200"}},
		{"autumn: 02:30 comes twice", "30 2 * * *", at("2026-10-24 00:00 +0200"),
			[]string{"2026-10-24 02:30 +0200", "2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"}},
		{"every hour runs every hour", "30 * * * *", at("2026-10-25 01:45 +0200"),
			[]string{"2026-10-25 02:30 +0200", "2026-10-25 02:30 +0100", "2026-10-25 03:30 +0100"}},
		{"a day has 23 hours", "0 4 * * *", at("2026-03-28 05:00 +0100"), []string{"2026-03-29 04:00 +0200", "2026-03-30 04:00 +0200"}},
		{"Sundays", "@weekly", at("2026-03-24 00:00 +0100"), []string{"2026-03-29 00:00 +0100", "2026-04-05 00:00 +0200"}},
	} {
		s, err := Cron(c.spec, berlin)
		tenanttest.Must(t, err)
		now := c.from
		for i, want := range c.want {
			now = s.Next(now)
			if !now.Equal(at(want)) {
				t.Errorf("%s: run %d is at %s, want %s", c.name, i+1, now.In(berlin).Format("2006-01-02 15:04 -0700"), want)
			}
		}
	}
}

func TestSchedulesThatMakeNoSense(t *testing.T) {
	for _, spec := range []string{"", "* * *", "61 2 * * *", "0 2 30 2 *", "@often"} {
		if _, err := Cron(spec, time.UTC); err == nil {
			t.Errorf("%q is accepted", spec)
		}
	}
	if _, err := Every(time.Second); err == nil {
		t.Error("every second is accepted")
	}
}

// A wait ends at its time, however far away that is, and with its context before.
func TestWaitUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		tenanttest.Must(t, WaitUntil(t.Context(), began.Add(36*time.Hour)))
		if took := time.Since(began); took != 36*time.Hour {
			t.Errorf("it took %s", took)
		}
		tenanttest.Must(t, WaitUntil(t.Context(), began))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := WaitUntil(ctx, time.Now().Add(2*time.Hour)); err == nil || time.Since(began) != 37*time.Hour {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
