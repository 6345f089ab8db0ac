package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// crossings is a checkpoint with awkward ids.
func crossings(t *testing.T) *checkpoint.Store {
	t.Helper()
	store, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	record := func(id int64, source, kinde string, owner checkpoint.Owner, outcome checkpoint.Outcome,
		stage checkpoint.Stage) *checkpoint.Record {
		return &checkpoint.Record{
			ID:       id,
			Number:   id,
			SourceID: source,
			KindeID:  kinde,
			Owner:    owner,
			Outcome:  outcome,
			Stage:    stage,
			Seen:     1,
			Pass:     1,
		}
	}
	err = store.Commit(
		t.Context(),
		checkpoint.SetJob{Job: checkpoint.Job{Command: "import", Pass: 1, Source: 1, Options: "{}"}},
		checkpoint.PutRecords{
			record(1, "o'brien'; DROP TABLE users; --", "kp_1", checkpoint.Made, checkpoint.Created, checkpoint.Present),
			record(2, `back\slash`, "kp_2", checkpoint.Made, checkpoint.Created, checkpoint.Present),
			record(3, "=cmd()", "kp_3", checkpoint.Adopted, checkpoint.Created, checkpoint.Present),
			record(4, "stranger", "kp_4", checkpoint.Existed, checkpoint.Skipped, checkpoint.Untouched),
			record(5, "gone", "kp_5", checkpoint.Made, checkpoint.Deleted, checkpoint.Untouched),
			record(6, "never", "", checkpoint.NoOwner, checkpoint.Rejected, checkpoint.Untouched),
		},
		checkpoint.PutAliases{Record: 3, IDs: []string{"old-3"}},
		checkpoint.SetNote{
			Name: noteCrosswalk,
			JSON: []byte(
				`{"organizations":[{"source_id":"acme","kinde_id":"org_1","name":"Acme"}],"roles":[{"source_id":"admin","kinde_id":"role_1"}]}`,
			),
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestCrosswalkSQLCannotBeBrokenOutOf(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCrosswalkSQL(context.Background(), &b, crossings(t), SQL{Table: "app.users", Column: "auth_id"}); err != nil {
		t.Fatal(err)
	}
	script := b.String()
	for _, want := range []string{"WHEN 'o''brien''; DROP TABLE users; --' THEN 'kp_1'", "WHEN 'old-3' THEN 'kp_3'",
		"1 users had several old ids",
		"1 users existed in the tenant before", "1 ids hold a backslash"} {
		if !strings.Contains(script, want) {
			t.Errorf("the script does not hold %q:\n%s", want, script)
		}
	}
	for _, bad := range []string{`\`, "kp_4", "kp_5", "kp_2"} {
		if strings.Contains(script, bad) {
			t.Errorf("the script holds %q", bad)
		}
	}
	if select1, update := strings.Index(script, "SELECT 1"), strings.Index(script, "UPDATE"); select1 < 0 || update < select1 {
		t.Error("the check does not stand before the updates")
	}
	b.Reset()
	if err := WriteCrosswalkSQL(context.Background(), &b, crossings(t), SQL{Table: "users", Column: "auth_id", Inverse: true}); err != nil {
		t.Fatal(err)
	}
	if back := b.String(); !strings.Contains(back, "WHEN 'kp_3' THEN '=cmd()'") || strings.Contains(back, "old-3") {
		t.Errorf("the inverse does not give back the first id:\n%s", back)
	}
	for _, bad := range []SQL{{Table: "users; DROP TABLE x", Column: "id"}, {Table: "users", Column: "a.b"}, {Table: "", Column: "id"},
		{Table: `"users"`, Column: "id"}} {
		if err := WriteCrosswalkSQL(context.Background(), &b, crossings(t), bad); !errors.Is(err, ErrIdentifier) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestCrosswalkTables(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCrosswalkCSV(context.Background(), &b, crossings(t)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 8 { // header, four users, one of them twice, an organization, a role
		t.Errorf("%d rows: %v", len(rows), rows)
	}
	for _, r := range rows {
		if strings.HasPrefix(r[1], "=") {
			t.Errorf("a spreadsheet runs %q", r[1])
		}
	}
	b.Reset()
	if err := WriteCrosswalkJSON(context.Background(), &b, crossings(t)); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema                      string
		Users, Organizations, Roles []Crossed
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != CrosswalkSchema || len(doc.Users) != 4 || len(doc.Organizations) != 1 || len(doc.Roles) != 1 {
		t.Errorf("%+v", doc)
	}
	for _, u := range doc.Users {
		if (u.KindeID == "kp_4") == u.Trusted {
			t.Errorf("%s: trusted is %v", u.KindeID, u.Trusted)
		}
	}
}
