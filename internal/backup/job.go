package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/schedule"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// StatusFile is the name of the status file in a folder of backups, unless another is named.
const StatusFile = "status.json"

// Job is a backup with what belongs to it: retention, status, pings. It is what
// a cron job or a service runs.
type Job struct {
	Dir        string
	Backup     Options
	Retention  Retention // none: nothing is removed
	Status     string    // path; "" is StatusFile in Dir
	Prometheus string    // path; "" writes none
	// PingSuccess and PingFailure are requested after an attempt; "" is none.
	PingSuccess, PingFailure string

	Connect func() (tenant.API, error) // called for each attempt
	// Note hears of what a person should know and what stops nothing; may be nil.
	Note func(string)
}

// Outcome is how an attempt ended.
type Outcome struct {
	Manifest *Manifest
	Pruning  *Pruning // nil: there is no policy
	Took     time.Duration
}

// Suspicious tells that somebody should look.
func (o *Outcome) Suspicious() bool {
	return o.Manifest != nil && o.Manifest.Shrunk != nil || o.Pruning != nil && (o.Pruning.Stopped != "" || len(o.Pruning.Damaged) > 0) ||
		o.Manifest != nil && o.Manifest.NotCarried != ""
}

// problem says what somebody should look at.
func (o *Outcome) problem() string {
	if p := o.Pruning; p != nil {
		if p.Stopped != "" {
			return p.Stopped
		}
		if len(p.Damaged) > 0 {
			return "damaged backups were left alone: " + strings.Join(p.Damaged, ", ")
		}
	}
	return o.Manifest.NotCarried
}

// Run makes one backup, prunes, and tells monitoring. A backup that is
// suspiciously small is a failure for monitoring, but no error.
func (j *Job) Run(ctx context.Context) (*Outcome, error) {
	begun := j.now()
	out, err := j.attempt(ctx)
	if out == nil {
		out = &Outcome{}
	}
	out.Took = j.now().Sub(begun)
	if errors.Is(err, ErrBusy) {
		return out, err // the other one tells how it went
	}
	j.tell(ctx, begun, out, err)
	return out, err
}

func (j *Job) now() time.Time {
	if j.Backup.Now != nil {
		return j.Backup.Now()
	}
	return time.Now()
}

func (j *Job) note(text string) {
	if j.Note != nil {
		j.Note(text)
	}
}

func (j *Job) attempt(ctx context.Context) (out *Outcome, err error) {
	repo, err := LockRepository(j.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, repo.Unlock()) }()
	tenant, err := j.Connect()
	if err != nil {
		return nil, err
	}
	out = &Outcome{}
	if out.Manifest, err = repo.Backup(ctx, tenant, j.Backup); err != nil {
		return out, err
	}
	if j.Retention.None() {
		return out, nil
	}
	out.Pruning, err = repo.Prune(ctx, j.Retention, false, j.now())
	return out, err
}

// tell writes the status and pings. What goes wrong there does not make a good backup bad.
func (j *Job) tell(ctx context.Context, begun time.Time, out *Outcome, failed error) {
	problem := ""
	switch {
	case failed != nil:
		problem = failed.Error()
	case out.Manifest.Shrunk != nil:
		problem = out.Manifest.Shrunk.String()
	case out.Suspicious():
		problem = out.problem()
	}
	err := j.UpdateStatus(func(s *Status) {
		at := begun.UTC()
		s.LastAttempt, s.LastError, s.DurationSeconds = &at, problem, out.Took.Seconds()
		s.Failures++
		s.Shrunk = ""
		if m := out.Manifest; m != nil {
			s.Tenant = m.Tenant.Domain
			if m.Shrunk != nil {
				s.Shrunk = m.Shrunk.String()
			} else {
				s.LastSuccess, s.LastBackup, s.Users = &m.StartedAt, m.Name, m.Counts[KindUsers]
			}
		}
		if problem == "" {
			s.Failures = 0
		}
	})
	if err != nil {
		j.note(err.Error())
	}
	target := j.PingSuccess
	if problem != "" {
		target = j.PingFailure
	}
	if target == "" || ctx.Err() != nil {
		return
	}
	if err := Ping(ctx, target, nil); err != nil {
		j.note(err.Error())
	}
}

// UpdateStatus changes the status file.
func (j *Job) UpdateStatus(change func(*Status)) error {
	path := j.Status
	if path == "" {
		if err := os.MkdirAll(j.Dir, 0o700); err != nil {
			return fmt.Errorf("making the folder of backups: %w", err)
		}
		path = filepath.Join(j.Dir, StatusFile)
	}
	s, err := ReadStatus(path)
	if err != nil {
		return err
	}
	if repo, err := OpenRepository(j.Dir); err == nil {
		if list, err := repo.List(); err == nil {
			s.Backups, s.Bytes = 0, 0
			for _, e := range list {
				if e.Problem == "" {
					s.Backups++
					s.Bytes += e.Bytes
				}
			}
		}
	}
	change(&s)
	return s.Save(path, j.Prometheus)
}

// Serve runs the job on a schedule until ctx ends. done hears of each attempt.
// A backup that was missed while nothing ran is made up for at once.
func (j *Job) Serve(ctx context.Context, s schedule.Schedule, done func(*Outcome, error)) error {
	var last time.Time
	if repo, err := OpenRepository(j.Dir); err == nil {
		newest, err := repo.Latest()
		if err != nil {
			return err
		}
		if newest != nil {
			last = newest.Manifest.StartedAt
		}
	}
	tell := func(next time.Time) {
		at := next.UTC()
		if err := j.UpdateStatus(func(s *Status) { s.NextRun = &at }); err != nil {
			j.note(err.Error())
		}
	}
	return schedule.Serve(ctx, s, last, tell, func(ctx context.Context) { done(j.Run(ctx)) })
}
