package adoption

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// TestWholeReport compares every member of a report of four people.
func TestWholeReport(t *testing.T) {
	w := &world{}
	w.person("bcrypt", cutover, 1, "org_a", "org_b")
	w.person("bcrypt", time.Time{}, 5, "org_a")
	w.person("", time.Time{}, 0)
	w.person("phpass", time.Time{}, 7)
	first, second, last := &w.records[0], &w.records[1], &w.records[3]
	first.Connection, first.Provider, first.SignIn, first.Owner = "conn_a", "Google", "same_password", checkpoint.Existed
	second.SourceID, second.Email, w.users[1].Email = "7", "old@example.com", ""
	w.records[2].SignIn = ""
	last.SignIn, last.Owner = "code", checkpoint.Existed
	var told []int64
	r, err := Read(t.Context(), Options{Tenant: w, Checkpoint: w, Since: cutover.Add(time.Millisecond),
		Now:      cutover.Add(time.Hour).In(time.FixedZone("", 3600)),
		Progress: func(done int64) { told = append(told, done) }})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":"kinde-migrate.adoption/1","at":"2026-03-01T21:00:00Z","since":"2026-03-01T20:00:00Z","tenant":"",` +
		`"total":{"users":4,"signed_in":1,"failing":2,"never":1,"failed_sign_ins":13},"missing":0,` +
		`"by_hash_method":[{"name":"bcrypt","users":2,"signed_in":1,"failing":1,"never":0,"failed_sign_ins":6},` +
		`{"name":"kept their own","users":1,"signed_in":0,"failing":1,"never":0,"failed_sign_ins":7},` +
		`{"name":"no password","users":1,"signed_in":0,"failing":0,"never":1,"failed_sign_ins":0}],` +
		`"by_connection":[{"name":"none","users":3,"signed_in":0,"failing":2,"never":1,"failed_sign_ins":12},` +
		`{"name":"conn_a","users":1,"signed_in":1,"failing":0,"never":0,"failed_sign_ins":1}],` +
		`"by_organization":[{"name":"org_a","users":2,"signed_in":1,"failing":1,"never":0,"failed_sign_ins":6},` +
		`{"name":"org_b","users":1,"signed_in":1,"failing":0,"never":0,"failed_sign_ins":1}],` +
		`"by_provider":[{"name":"none named","users":3,"signed_in":0,"failing":2,"never":1,"failed_sign_ins":12},` +
		`{"name":"Google","users":1,"signed_in":1,"failing":0,"never":0,"failed_sign_ins":1}],` +
		`"by_first_sign_in":[{"name":"same_password","users":2,"signed_in":1,"failing":1,"never":0,"failed_sign_ins":6},` +
		`{"name":"code","users":1,"signed_in":0,"failing":1,"never":0,"failed_sign_ins":7},` +
		`{"name":"unknown","users":1,"signed_in":0,"failing":0,"never":1,"failed_sign_ins":0}],"suspicious":[],` +
		`"failing":[{"source_id":"","kinde_id":"kp_3","email":"kp_3@example.com","hash_method":"phpass","connection":"","failed_sign_ins":7},` +
		`{"source_id":"7","kinde_id":"kp_1","email":"old@example.com","hash_method":"bcrypt","connection":"","failed_sign_ins":5}]}`
	if text, err := json.Marshal(r); err != nil || string(text) != want {
		t.Errorf("%s, %v\nwant\n%s", text, err, want)
	}
	if len(told) != 2 || told[0] != 2 || told[1] != 4 {
		t.Errorf("told of %v", told)
	}
}

func TestSuspiciousInWords(t *testing.T) {
	w := &world{}
	for range 3 {
		w.person("phpass", time.Time{}, 1)
		w.records[len(w.records)-1].Connection = "conn_a"
	}
	w.person("phpass", cutover, 0)
	r := w.read(t, cutover)
	if got := strings.Join(r.Suspicious,
		"; "); got != "hash phpass: 3 of 4 who tried can't sign in; connection conn_a: 3 of 3 who tried can't sign in" {
		t.Error(got)
	}
}

// half is a checkpoint that fails to answer one question.
type half struct {
	*world
	runs, byID error
}

func (h half) Runs(context.Context) ([]checkpoint.Run, error) { return nil, h.runs }

func (h half) RecordsByKindeID(ctx context.Context, ids []string) (map[string]checkpoint.Record, error) {
	if h.byID != nil {
		return nil, h.byID
	}
	return h.world.RecordsByKindeID(ctx, ids)
}

func TestACheckpointThatFails(t *testing.T) {
	broken := errors.New("broken")
	w := &world{users: []kinde.User{{ID: "kp_1"}}}
	for want, h := range map[string]half{"asking the checkpoint for its runs: broken": {w, broken, nil},
		"asking the checkpoint for users: broken": {w, nil, broken}} {
		if r, err := Read(t.Context(), Options{Tenant: w, Checkpoint: h}); r != nil || err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if r, err := Read(t.Context(), Options{Tenant: w, Checkpoint: half{world: w}}); err != nil || r.Missing != 0 || r.Total.Users != 0 {
		t.Errorf("no runs: %+v, %v", r, err)
	}
}
