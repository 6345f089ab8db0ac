package backup

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/schedule"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	return z
}

// A month of nightly backups in Berlin, over the change of the clocks, with
// retention, in virtual time.
func TestAMonthOfBackups(t *testing.T) {
	t.Parallel()
	berlin := location(t, "Europe/Berlin")
	dir := filepath.Join(t.TempDir(), "backups")
	temp := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		// The bubble's clock begins at midnight of 2000-01-01 in UTC.
		until(t, time.Date(2000, 3, 10, 12, 0, 0, 0, berlin))
		options := tenanttest.Options(3)
		options.TokenLifetime = 100 * 24 * time.Hour
		_, c := tenanttest.Open(t, options)
		s, err := schedule.Cron("30 2 * * *", berlin)
		tenanttest.Must(t, err)
		job := &Job{Dir: dir, Backup: Options{TempDir: temp}, Retention: Retention{Last: 2, Daily: 7, Weekly: 4, Monthly: 2, Location: berlin},
			Connect: func() (tenant.API, error) { return c, nil }, Note: func(text string) { t.Error(text) }}
		ctx, cancel := context.WithDeadline(t.Context(), time.Date(2000, 4, 10, 12, 0, 0, 0, berlin))
		defer cancel()
		runs := 0
		err = job.Serve(ctx, s, func(_ *Outcome, err error) {
			runs++
			if err != nil {
				t.Error(err)
			}
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended by itself: %v", err)
		}
		if runs != 31 {
			t.Errorf("%d backups in 31 nights", runs)
		}
	})
	repo, err := OpenRepository(dir)
	tenanttest.Must(t, err)
	names, err := repo.names()
	tenanttest.Must(t, err)
	// Seven days, the Sundays before them, and the last of March. 26 March is the
	// night of 23 hours, in which 02:30 was made up for at 03:30.
	want := []string{
		"2000-03-26T013000Z",
		"2000-03-31T003000Z",
		"2000-04-02T003000Z",
		"2000-04-04T003000Z",
		"2000-04-05T003000Z",
		"2000-04-06T003000Z",
		"2000-04-07T003000Z",
		"2000-04-08T003000Z",
		"2000-04-09T003000Z",
		"2000-04-10T003000Z",
	}
	if !slices.Equal(names, want) {
		t.Errorf("left are %v\nwant %v", names, want)
	}
	if v := verify(t, dir, nil); len(v.Problems) > 0 {
		t.Error(v.Problems)
	}
	st, err := ReadStatus(filepath.Join(dir, StatusFile))
	tenanttest.Must(t, err)
	if st.LastBackup != names[len(names)-1] || st.Backups != len(names) || st.NextRun == nil ||
		st.NextRun.Format(time.RFC3339) != "2000-04-11T00:30:00Z" {
		t.Errorf("%+v", st)
	}
}

// until waits in virtual time.
func until(t *testing.T, at time.Time) {
	t.Helper()
	tenanttest.Must(t, schedule.WaitUntil(t.Context(), at))
}

func TestWhatWasMissedIsMadeUpForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := schedule.Every(24 * time.Hour)
		tenanttest.Must(t, err)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 71*time.Hour)
		defer cancel()
		var at []time.Duration
		_ = schedule.Serve(ctx, s, start.Add(-100*time.Hour), nil, func(ctx context.Context) {
			at = append(at, time.Since(start))
			if len(at) == 1 {
				tenanttest.Must(t, schedule.WaitUntil(ctx, start.Add(40*time.Hour))) // a very long one: the next must not overlap, nor be lost
			}
		})
		if want := []time.Duration{0, 40 * time.Hour, 64 * time.Hour}; !slices.Equal(at, want) {
			t.Errorf("ran at %v, want %v", at, want)
		}
	})
}

func TestRetentionKeepsWhatItSays(t *testing.T) {
	var list []Entry
	for day := 0; day < 400; day++ {
		at := time.Date(2026, 12, 31, 2, 0, 0, 0, time.UTC).AddDate(0, 0, -day)
		list = append(list, Entry{Name: NameAt(at), Time: at})
	}
	count := func(p Retention) (n int) {
		for _, k := range p.choose(list) {
			if len(k.Reasons) > 0 {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		p    Retention
		want int
	}{
		{Retention{Last: 3}, 3}, {Retention{Daily: 7}, 7}, {Retention{Weekly: 5}, 5}, {Retention{Monthly: 12}, 12},
		{Retention{Last: 1, Daily: 1, Weekly: 1, Monthly: 1}, 1}, {Retention{Daily: 1000}, 400}, {Retention{Daily: 7, Weekly: 4}, 9},
	} {
		if got := count(c.p); got != c.want {
			t.Errorf("%+v keeps %d, want %d", c.p, got, c.want)
		}
	}
}

func TestMonitoringHearsOfEveryAttempt(t *testing.T) {
	var good, bad atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			good.Add(1)
		case "/bad":
			bad.Add(1)
		}
	}))
	defer server.Close()
	sb, c := tenanttest.Open(t, tenanttest.Options(4))
	dir := t.TempDir()
	prom := filepath.Join(t.TempDir(), "kinde.prom")
	job := &Job{
		Dir:         dir,
		Prometheus:  prom,
		PingSuccess: server.URL + "/good",
		PingFailure: server.URL + "/bad",
		Backup:      Options{TempDir: t.TempDir()},
		Connect:     func() (tenant.API, error) { return c, nil },
		Note:        func(text string) { t.Error(text) },
	}
	_, err := job.Run(t.Context())
	tenanttest.Must(t, err)
	sb.RevokeTokens()
	job.Backup.Now = func() time.Time { return time.Now().Add(time.Hour) }
	if _, err := job.Run(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if good.Load() != 1 || bad.Load() != 1 {
		t.Errorf("%d good, %d bad", good.Load(), bad.Load())
	}
	st, err := ReadStatus(filepath.Join(dir, StatusFile))
	tenanttest.Must(t, err)
	if st.Failures != 1 || st.LastError == "" || st.LastSuccess == nil || st.Users != 4 || st.Backups != 1 {
		data, _ := json.Marshal(st)
		t.Errorf("%s", data)
	}
	metrics, err := os.ReadFile(prom)
	tenanttest.Must(t, err)
	for _, line := range []string{"kinde_backup_last_attempt_failed{tenant=\"http://sandbox.localhost\"} 1",
		"kinde_backup_users{tenant=\"http://sandbox.localhost\"} 4"} {
		if !strings.Contains(string(metrics), line) {
			t.Errorf("no %s in\n%s", line, metrics)
		}
	}
}

func TestPingsStayPrivate(t *testing.T) {
	for target, ok := range map[string]bool{
		"https://hc.example.com/key": true, "http://localhost:9/x": true, "http://127.0.0.1/x": true, "http://[::1]:80/x": true,
		"http://hc.example.com/key": false, "ftp://127.0.0.1/": false, "": false, "http://127.0.0.1.example.com/": false,
	} {
		if err := CheckPing(target); (err == nil) != ok {
			t.Errorf("%s: %v", target, err)
		}
	}
}
