package adoption

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// world is a tenant that shows its users by pages of two, and the checkpoint of
// who was brought there.
type world struct {
	users   []kinde.User
	records []checkpoint.Record
	runs    []checkpoint.Run
	down    error // instead of the second page
	damaged error
}

func (w *world) GetUsersPages(context.Context, kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	return func(yield func(kinde.Page[kinde.User], error) bool) {
		n := 0
		for page := range slices.Chunk(w.users, 2) {
			if n++; n == 2 && w.down != nil {
				yield(kinde.Page[kinde.User]{}, w.down)
				return
			}
			if !yield(kinde.Page[kinde.User]{Items: page}, nil) {
				return
			}
		}
	}
}

func (w *world) Records(_ context.Context, where checkpoint.Selection) iter.Seq2[checkpoint.Record, error] {
	return func(yield func(checkpoint.Record, error) bool) {
		if w.damaged != nil {
			yield(checkpoint.Record{}, w.damaged)
			return
		}
		for _, r := range w.records {
			if slices.Contains(where.Stage, r.Stage) && !yield(r, nil) {
				return
			}
		}
	}
}

func (w *world) RecordsByKindeID(_ context.Context, ids []string) (map[string]checkpoint.Record, error) {
	known := map[string]checkpoint.Record{}
	for _, r := range w.records {
		if slices.Contains(ids, r.KindeID) {
			known[r.KindeID] = r
		}
	}
	return known, nil
}

func (w *world) Runs(context.Context) ([]checkpoint.Run, error) { return w.runs, nil }

var cutover = time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)

// person adds somebody who was migrated and is in the tenant.
func (w *world) person(method string, signedIn time.Time, failed int, organizations ...string) {
	id := fmt.Sprintf("kp_%d", len(w.users))
	w.users = append(
		w.users,
		kinde.User{ID: id, Email: id + "@example.com", LastSignedIn: signedIn, FailedSignIns: failed, Organizations: organizations},
	)
	w.records = append(
		w.records,
		checkpoint.Record{KindeID: id, Stage: checkpoint.Present, Outcome: checkpoint.Created, Method: method, SignIn: "same_password"},
	)
}

func (w *world) read(t *testing.T, since time.Time) *Report {
	t.Helper()
	r, err := Read(t.Context(), Options{Tenant: w, Checkpoint: w, Since: since, Now: cutover.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhoGotIn sorts one person by what the tenant shows of them.
func TestWhoGotIn(t *testing.T) {
	never := time.Time{}
	for _, c := range []struct {
		name   string
		last   time.Time
		failed int
		want   Counts
	}{
		{"never tried", never, 0, Counts{Never: 1}},
		{"signed in before the cut-over only", cutover.Add(-time.Second), 0, Counts{Never: 1}},
		{"signed in within the second of the cut-over", cutover, 0, Counts{SignedIn: 1}},
		{"signed in", cutover.Add(time.Minute), 0, Counts{SignedIn: 1}},
		{"failed first, then got in", cutover.Add(time.Minute), 4, Counts{SignedIn: 1, FailedSignIns: 4}},
		{"fails", never, 1, Counts{Failing: 1, FailedSignIns: 1}},
		{"got in once, long ago, and fails", cutover.Add(-time.Hour), 2, Counts{Failing: 1, FailedSignIns: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{}
			w.person("bcrypt", c.last, c.failed)
			c.want.Users = 1
			// The tenant tells whole seconds: a part of one must not hide anybody.
			if r := w.read(t, cutover.Add(900*time.Millisecond)); r.Total != c.want || len(r.Failing) != int(c.want.Failing) {
				t.Errorf("%+v, failing %v", r.Total, r.Failing)
			}
		})
	}
}

// TestWhoCounts counts those who were migrated and are there, and nobody else.
func TestWhoCounts(t *testing.T) {
	w := &world{}
	w.person("bcrypt", cutover, 0)
	w.person("", time.Time{}, 0)
	w.users = append(w.users, kinde.User{ID: "kp_stranger", LastSignedIn: cutover})
	w.person("md5", cutover, 0)
	w.records[2].Outcome = checkpoint.Deleted
	w.person("md5", cutover, 0)
	w.records[3].Stage = checkpoint.Untouched // somebody who was there and is left alone
	w.records = append(w.records, checkpoint.Record{KindeID: "kp_lost", Stage: checkpoint.Present, Outcome: checkpoint.Created})
	r := w.read(t, cutover)
	if want := (Counts{Users: 2, SignedIn: 1, Never: 1}); r.Total != want || r.Missing != 1 {
		t.Errorf("%+v, %d missing", r.Total, r.Missing)
	}
	if len(r.ByHash) != 2 || r.ByHash[0].Name != "bcrypt" || r.ByHash[1].Name != "no password" {
		t.Errorf("by hash %+v", r.ByHash)
	}
}

// TestGroups counts a member of two organizations in both, and the largest group first.
func TestGroups(t *testing.T) {
	w := &world{}
	w.person("bcrypt", cutover, 0, "org_a", "org_b")
	w.person("bcrypt", time.Time{}, 0, "org_b")
	w.person("bcrypt", time.Time{}, 0)
	r := w.read(t, cutover)
	if len(r.ByOrg) != 2 || r.ByOrg[0].Name != "org_b" || r.ByOrg[0].Users != 2 || r.ByOrg[1].SignedIn != 1 {
		t.Errorf("by organization %+v", r.ByOrg)
	}
}

// TestSuspicion names a kind of hash of which more people fail than get in.
func TestSuspicion(t *testing.T) {
	for _, c := range []struct {
		failing, in int
		want        bool
	}{{0, 0, false}, {2, 0, false}, {3, 0, true}, {3, 2, true}, {3, 3, false}, {4, 3, true}} {
		w := &world{}
		for range c.failing {
			w.person("phpass", time.Time{}, 1)
		}
		for range c.in {
			w.person("phpass", cutover, 0)
		}
		r := w.read(t, cutover)
		if got := len(r.Suspicious) > 0 && strings.Contains(r.Suspicious[0], "phpass"); got != c.want {
			t.Errorf("%d fail and %d get in: %v", c.failing, c.in, r.Suspicious)
		}
	}
}

// TestNoHashIsBlamedForOthers leaves those out of the kinds of hash whose own password was kept.
func TestNoHashIsBlamedForOthers(t *testing.T) {
	w := &world{}
	for range 3 {
		w.person("phpass", time.Time{}, 1)
		last := &w.records[len(w.records)-1]
		last.Owner, last.SignIn = checkpoint.Existed, "code"
	}
	if r := w.read(t, cutover); len(r.ByHash) != 1 || r.ByHash[0].Name == "phpass" {
		t.Errorf("by hash %+v", r.ByHash)
	}
}

// TestFailingIsCut keeps those who fail most often.
func TestFailingIsCut(t *testing.T) {
	w := &world{}
	for i := range 2*maxFailing + 100 {
		w.person("md5", time.Time{}, i+1)
	}
	r := w.read(t, cutover)
	if len(r.Failing) != maxFailing || !r.Truncated || r.Total.Failing != 2*maxFailing+100 {
		t.Fatalf("%d are named, truncated %v", len(r.Failing), r.Truncated)
	}
	if most, least := r.Failing[0].FailedSignIns, r.Failing[maxFailing-1].FailedSignIns; most != 2*maxFailing+100 || least != maxFailing+101 {
		t.Errorf("from %d failures down to %d", most, least)
	}
}

// TestSinceTheFirstRun takes the start of the job for the cut-over when none is named.
func TestSinceTheFirstRun(t *testing.T) {
	w := &world{runs: []checkpoint.Run{{Started: cutover}, {Started: cutover.Add(time.Hour)}}}
	w.person("bcrypt", cutover.Add(time.Minute), 0)
	if r := w.read(t, time.Time{}); !r.Since.Equal(cutover) || r.Total.SignedIn != 1 {
		t.Errorf("since %v: %+v", r.Since, r.Total)
	}
}

// TestNobody writes lists, not nulls, about an empty tenant.
func TestNobody(t *testing.T) {
	text, err := json.Marshal((&world{}).read(t, cutover))
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("%s, %v", text, err)
	}
}

// TestReadFails says what was being read.
func TestReadFails(t *testing.T) {
	broken := errors.New("broken")
	for what, w := range map[string]*world{"reading the users": {down: broken}, "who was migrated": {damaged: broken}} {
		for range 3 {
			w.person("bcrypt", cutover, 0)
		}
		_, err := Read(t.Context(), Options{Tenant: w, Checkpoint: w, Since: cutover})
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
