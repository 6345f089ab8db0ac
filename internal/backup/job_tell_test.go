package backup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/schedule"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// TestSuspicion: what somebody should look at, and the words for it.
func TestSuspicion(t *testing.T) {
	good := &Manifest{StartedAt: night, Name: NameAt(night), Counts: map[string]int64{KindUsers: 7},
		Tenant: TenantRef{Domain: "https://acme.example.com"}}
	shrunk, notCarried := *good, *good
	shrunk.Shrunk, notCarried.NotCarried = &Shrink{Against: "X", Kind: KindUsers, Before: 2, After: 1, Percent: 50, Allowed: 5},
		"it is damaged"
	const small = "users fell from 2 to 1 since X: 50.0 % less; at most 5.0 % are allowed"
	was := Status{Schema: statusSchema, Tenant: "https://old.example.com", LastSuccess: &time.Time{}, LastBackup: "old", Users: 3,
		Failures: 4, Shrunk: "x"}
	done := func(s Status) Status { s.LastSuccess, s.LastBackup, s.Users = &good.StartedAt, good.Name, 7; return s }
	for name, c := range map[string]struct {
		out        Outcome
		failed     error
		suspicious bool
		want       Status // less what is the same in all
	}{
		"good":   {Outcome{Manifest: good}, nil, false, done(Status{Tenant: good.Tenant.Domain})},
		"pruned": {Outcome{Manifest: good, Pruning: &Pruning{}}, nil, false, done(Status{Tenant: good.Tenant.Domain})},
		"shrunk": {Outcome{Manifest: &shrunk, Pruning: &Pruning{Stopped: "s"}}, nil, true, Status{Tenant: good.Tenant.Domain,
			LastSuccess: was.LastSuccess, LastBackup: "old", Users: 3, Failures: 5, LastError: small, Shrunk: small}},
		"stopped": {Outcome{Manifest: good, Pruning: &Pruning{Stopped: "it stopped", Damaged: []string{"a"}}}, nil, true,
			done(Status{Tenant: good.Tenant.Domain, LastError: "it stopped", Failures: 5})},
		"damaged": {Outcome{Manifest: good, Pruning: &Pruning{Damaged: []string{"a", "b"}}}, nil, true,
			done(Status{Tenant: good.Tenant.Domain, LastError: "damaged backups were left alone: a, b", Failures: 5})},
		"not carried": {Outcome{Manifest: &notCarried, Pruning: &Pruning{}}, nil, true, done(Status{Tenant: good.Tenant.Domain,
			LastError: "it is damaged", Failures: 5})},
		"failed": {Outcome{}, errors.New("no network"), false, Status{Tenant: was.Tenant, LastSuccess: was.LastSuccess,
			LastBackup: "old", Users: 3, LastError: "no network", Failures: 5}},
		"failed late": {Outcome{Manifest: good}, errors.New("a full disk"), false, done(Status{Tenant: good.Tenant.Domain,
			LastError: "a full disk", Failures: 5})},
	} {
		if got := c.out.Suspicious(); got != c.suspicious {
			t.Errorf("%s: suspicious is %v", name, got)
		}
		dir := t.TempDir()
		j := &Job{Dir: dir, Note: func(text string) { t.Errorf("%s: %s", name, text) }}
		tenanttest.Must(t, was.Save(filepath.Join(dir, StatusFile), ""))
		begun := night.In(location(t, "Europe/Berlin"))
		out := c.out
		out.Took = 90 * time.Second
		j.tell(t.Context(), begun, &out, c.failed)
		at := night
		c.want.Schema, c.want.LastAttempt, c.want.DurationSeconds = statusSchema, &at, 90
		if got, err := ReadStatus(filepath.Join(dir, StatusFile)); err != nil || asText(t, got) != asText(t, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s (%v)", name, asText(t, got), asText(t, c.want), err)
		}
	}
}

// TestAnAttempt: what stops it comes out, and what stops nothing is noted.
func TestAnAttempt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	_, c := tenanttest.Open(t, tenanttest.Options(2))
	var notes []string
	now := night
	refused := errors.New("no client secret")
	connect := func() (tenant.API, error) { return c, nil }
	job := &Job{Dir: dir, Connect: func() (tenant.API, error) { return nil, refused }, Backup: Options{TempDir: t.TempDir(),
		Now: func() time.Time { now = now.Add(time.Minute); return now }}, Note: func(text string) { notes = append(notes, text) }}
	if out, err := job.Run(t.Context()); !errors.Is(err, refused) || out.Manifest != nil || out.Took != time.Minute || notes != nil {
		t.Errorf("%+v, %v, %q", out, err, notes)
	}
	if s, err := ReadStatus(filepath.Join(dir, StatusFile)); err != nil || s.LastError != refused.Error() || s.Failures != 1 ||
		s.Backups != 0 {
		t.Errorf("%s, %v", asText(t, s), err)
	}
	job.Connect = connect
	out, err := job.Run(t.Context())
	if err != nil || out.Manifest == nil || out.Pruning != nil {
		t.Errorf("%+v, %v", out, err)
	}
	size := int64(0)
	for _, f := range out.Manifest.Files {
		size += f.Bytes
	}
	if s, err := ReadStatus(filepath.Join(dir, StatusFile)); err != nil || s.Backups != 1 || s.Bytes != size || s.Failures != 0 ||
		s.Users != 2 {
		t.Errorf("%s, %v, want %d bytes", asText(t, s), err, size)
	}
	// Somebody else is at work: nothing is told, for they tell how it went.
	before := everything(t, dir)
	repo, err := LockRepository(dir)
	tenanttest.Must(t, err)
	job.PingFailure = "https://never.example.com"
	if _, err := job.Run(t.Context()); !errors.Is(err, ErrBusy) || everything(t, dir) != before || notes != nil {
		t.Errorf("%v, %q", err, notes)
	}
	tenanttest.Must(t, repo.Unlock())
	// A ping and a status that fail are noted, and the backup is good.
	job.PingSuccess, job.Status, job.Retention = "http://example.com/key", filepath.Join(dir, "none", "status.json"), Retention{Last: 1}
	out, err = job.Run(t.Context())
	if err != nil || len(out.Pruning.Removed) != 1 || len(notes) != 2 || !strings.Contains(notes[0], "none") ||
		notes[1] != "the ping URL http://example.com/key has to be https, or http to this machine" {
		t.Errorf("%+v, %v, %q", out.Pruning, err, notes)
	}
	job.Note = nil
	if _, err := job.Run(t.Context()); err != nil {
		t.Error(err)
	}
	// Who ends the program does not wait for a ping.
	job.Note = func(text string) { t.Error(text) }
	job.Status = ""
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := job.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// A folder that can't be made fails, and can't be told in it.
	file := filepath.Join(t.TempDir(), "file")
	tenanttest.Must(t, os.WriteFile(file, nil, 0o600))
	job.Dir, job.PingFailure, notes = filepath.Join(file, "x"), "", nil
	job.Note = func(text string) { notes = append(notes, text) }
	if _, err := job.Run(t.Context()); err == nil || len(notes) != 1 || !strings.HasPrefix(notes[0], "making the folder of backups: ") {
		t.Errorf("%v, %q", err, notes)
	}
	if time.Until((&Job{}).now()).Abs() > time.Minute {
		t.Error("the clock is another one")
	}
}

// TestServeBeginsWhereItStopped: the newest backup tells what was missed.
func TestServeBeginsWhereItStopped(t *testing.T) {
	every, err := schedule.Every(24 * time.Hour)
	tenanttest.Must(t, err)
	for name, c := range map[string]struct {
		ago  time.Duration // of the newest backup; 0: there is none
		want []time.Duration
	}{"missed": {50 * time.Hour, []time.Duration{0, 24 * time.Hour}}, "made": {23 * time.Hour, []time.Duration{time.Hour, 25 * time.Hour}}} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			laidDown(t, dir, begun.Add(-c.ago), Fast, nil, rows{})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Hour)
			defer cancel()
			var at []time.Duration
			job := &Job{Dir: dir, Connect: func() (tenant.API, error) { return nil, os.ErrClosed }, Note: func(text string) { t.Error(text) }}
			err := job.Serve(ctx, every, func(_ *Outcome, err error) {
				at = append(at, time.Since(begun))
				if !errors.Is(err, os.ErrClosed) {
					t.Error(err)
				}
			})
			if !errors.Is(err, context.DeadlineExceeded) || !slices.Equal(at, c.want) {
				t.Errorf("%s: ran at %v, want %v (%v)", name, at, c.want, err)
			}
			job.Status = filepath.Join(dir, "none", "x")
			notes := 0
			job.Note = func(string) { notes++ }
			ended, end := context.WithCancel(t.Context())
			end()
			if err := job.Serve(ended, every, nil); !errors.Is(err, context.Canceled) || notes != 1 {
				t.Errorf("%v, %d notes", err, notes)
			}
		})
	}
}

func TestStatusFile(t *testing.T) {
	dir := t.TempDir()
	path, prom := filepath.Join(dir, "status"), filepath.Join(dir, "prom")
	if s, err := ReadStatus(path); err != nil || !reflect.DeepEqual(s, Status{Schema: statusSchema}) {
		t.Errorf("%+v, %v", s, err)
	}
	at, ok, proven := night, night.Add(-time.Hour), night.Add(-2*time.Hour)
	s := Status{Tenant: "https://acme.example.com", LastAttempt: &at, LastSuccess: &ok, LastProven: &proven, LastError: "x", Failures: 2,
		DurationSeconds: 1.5, Users: 3, Backups: 4, Bytes: 5, Shrunk: "y"}
	tenanttest.Must(t, s.Save(path, prom))
	got, err := ReadStatus(path)
	tenanttest.Must(t, err)
	s.Schema = statusSchema
	if asText(t, got) != asText(t, s) {
		t.Errorf("%s, want %s", asText(t, got), asText(t, s))
	}
	metrics := func(label string, values ...string) string {
		var text strings.Builder
		for i, name := range []string{"last_attempt_timestamp_seconds When a backup was last tried.",
			"last_success_timestamp_seconds When the newest good backup was started.", "last_attempt_failed 1 when the last attempt failed.",
			"failures_in_a_row Attempts that failed since the last good one.", "duration_seconds How long the last attempt took.",
			"users Users in the newest good backup.", "backups Backups in the folder.", "bytes Size of all backups.",
			"shrunk 1 when the newest backup is suspiciously small.",
			"last_proven_restorable_timestamp_seconds When a backup was last restored into a sandbox and found to be complete."} {
			key, _, _ := strings.Cut(name, " ")
			fmt.Fprintf(&text, "# HELP kinde_backup_%s\n# TYPE kinde_backup_%s gauge\nkinde_backup_%s%s %s\n", name, key, key, label, values[i])
		}
		return text.String()
	}
	data, err := os.ReadFile(prom)
	tenanttest.Must(t, err)
	if want := metrics(`{tenant="https://acme.example.com"}`, "1.7723304e+09", "1.7723268e+09", "1", "2", "1.5", "3", "4", "5",
		"1", "1.7723232e+09"); string(data) != want {
		t.Errorf("%s\nwant\n%s", data, want)
	}
	if got, want := string((&Status{}).metrics()), metrics("", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	tenanttest.Must(t, os.WriteFile(path, []byte(`{"users":3,`), 0o600))
	if s, err := ReadStatus(path); err != nil || !reflect.DeepEqual(s, Status{Schema: statusSchema}) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := ReadStatus(dir); err == nil || !strings.HasPrefix(err.Error(), "reading the status: ") {
		t.Error(err)
	}
	for _, err := range []error{s.Save(dir, ""), s.Save(path, dir), (&Job{Dir: dir,
		Status: dir}).UpdateStatus(func(*Status) { t.Error("changed") })} {
		if err == nil {
			t.Error("a folder is no file")
		}
	}
}

// TestPing: one request, nothing of the backup, no redirect, no key in an error.
func TestPing(t *testing.T) {
	answer := func(status int, err error) roundTripper {
		return func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet || r.Header.Get("Content-Type") != "" || r.ContentLength != 0 {
				t.Errorf("%s %v", r.Method, r.Header)
			}
			if err != nil {
				return nil, err
			}
			return &http.Response{StatusCode: status, Header: http.Header{"Location": {"https://b.example.com"}}, Body: http.NoBody, Request: r}, nil
		}
	}
	for want, through := range map[string]roundTripper{"": answer(200, nil), " ": answer(204, nil),
		"pinging hc.example.com: status 300": answer(300, nil),
		"pinging hc.example.com: status 302": answer(302, nil), "pinging hc.example.com: status 500": answer(500, nil),
		"pinging hc.example.com: file already closed": answer(0, os.ErrClosed)} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // a ping is sent all the same
		if err := Ping(ctx, "https://hc.example.com/key", through); fmt.Sprint(err) != want && (err != nil || strings.TrimSpace(want) != "") {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for target, want := range map[string]string{"": `the ping URL "" is not a URL`, "%": `the ping URL "%" is not a URL`,
		"http://u:secret@hc.example.com/": "the ping URL http://u:xxxxx@hc.example.com/ has to be https, or http to this machine"} {
		if err := Ping(t.Context(), target, answer(200, nil)); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
