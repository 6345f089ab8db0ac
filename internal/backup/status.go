package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/loopback"
)

// Status is what monitoring wants to know of a folder of backups.
type Status struct {
	Schema          string     `json:"schema"`
	Tenant          string     `json:"tenant,omitempty"`
	LastAttempt     *time.Time `json:"last_attempt"`
	LastSuccess     *time.Time `json:"last_success"` // when the newest good backup was begun
	LastBackup      string     `json:"last_backup,omitempty"`
	LastError       string     `json:"last_error,omitempty"` // of the last attempt; "" when it was good
	Failures        int        `json:"failures_in_a_row"`
	DurationSeconds float64    `json:"duration_seconds"`
	Users           int64      `json:"users"`
	Backups         int        `json:"backups"`
	Bytes           int64      `json:"bytes"` // of all backups
	Shrunk          string     `json:"shrunk,omitempty"`
	NextRun         *time.Time `json:"next_run,omitempty"`
	// LastProven is when a backup was last restored into a sandbox and found
	// to be complete there; ProvenBackup is its name.
	LastProven   *time.Time `json:"last_proven_restorable"`
	ProvenBackup string     `json:"proven_backup,omitempty"`
	LastDrill    *time.Time `json:"last_drill,omitempty"`
	DrillError   string     `json:"drill_error,omitempty"`
}

const statusSchema = "kinde-migrate.backup-status/1"

// ReadStatus reads a status file; one that is not there is empty.
func ReadStatus(path string) (Status, error) {
	s := Status{Schema: statusSchema}
	data, err := atomicfile.ReadRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("reading the status: %w", err)
	}
	if json.Unmarshal(data, &s) != nil {
		return Status{Schema: statusSchema}, nil // a status is no proof of anything; the next one is right again
	}
	s.Schema = statusSchema
	return s, nil
}

// Save writes the status file and, unless its path is "", the file for
// Prometheus' textfile collector.
func (s *Status) Save(path, prometheus string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	if err := atomicfile.WriteFile(path, append(data, '\n')); err != nil {
		return err
	}
	if prometheus == "" {
		return nil
	}
	return atomicfile.WriteFile(prometheus, s.metrics())
}

func (s *Status) metrics() []byte {
	var b bytes.Buffer
	label := ""
	if s.Tenant != "" {
		label = fmt.Sprintf("{tenant=%q}", s.Tenant)
	}
	gauge := func(name, help string, value float64) {
		fmt.Fprintf(&b, "# HELP kinde_backup_%s %s\n# TYPE kinde_backup_%s gauge\nkinde_backup_%s%s %g\n", name, help, name, name, label, value)
	}
	at := func(t *time.Time) float64 {
		if t == nil {
			return 0
		}
		return float64(t.Unix())
	}
	flag := func(on bool) float64 {
		if on {
			return 1
		}
		return 0
	}
	gauge("last_attempt_timestamp_seconds", "When a backup was last tried.", at(s.LastAttempt))
	gauge("last_success_timestamp_seconds", "When the newest good backup was started.", at(s.LastSuccess))
	gauge("last_attempt_failed", "1 when the last attempt failed.", flag(s.LastError != ""))
	gauge("failures_in_a_row", "Attempts that failed since the last good one.", float64(s.Failures))
	gauge("duration_seconds", "How long the last attempt took.", s.DurationSeconds)
	gauge("users", "Users in the newest good backup.", float64(s.Users))
	gauge("backups", "Backups in the folder.", float64(s.Backups))
	gauge("bytes", "Size of all backups.", float64(s.Bytes))
	gauge("shrunk", "1 when the newest backup is suspiciously small.", flag(s.Shrunk != ""))
	gauge(
		"last_proven_restorable_timestamp_seconds",
		"When a backup was last restored into a sandbox and found to be complete.",
		at(s.LastProven),
	)
	return b.Bytes()
}

// CheckPing refuses a URL that would tell a stranger in clear text when backups
// are made: https, or http to this machine.
func CheckPing(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return fmt.Errorf("the ping URL %q is not a URL", text)
	}
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && loopback.Host(u.Hostname()):
		return nil
	}
	return fmt.Errorf("the ping URL %s has to be https, or http to this machine", u.Redacted())
}

// pingTime bounds a ping: monitoring that hangs must not hold up backups.
const pingTime = 10 * time.Second

// Ping requests a URL (GET). Nothing of the backup is sent. transport nil is
// the default one; a redirect is not followed.
func Ping(ctx context.Context, target string, transport http.RoundTripper) error {
	return request(ctx, http.MethodGet, target, nil, transport)
}

// Post sends JSON to a URL as Ping requests one.
func Post(ctx context.Context, target string, body []byte, transport http.RoundTripper) error {
	return request(ctx, http.MethodPost, target, body, transport)
}

func request(ctx context.Context, method, target string, body []byte, transport http.RoundTripper) error {
	if err := CheckPing(target); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("pinging: %w", err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	c := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.Do(r)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // the URL often holds the key to the check
		}
		return fmt.Errorf("pinging %s: %w", r.URL.Host, err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode >= 300 {
		return fmt.Errorf("pinging %s: status %d", r.URL.Host, answer.StatusCode)
	}
	return nil
}
