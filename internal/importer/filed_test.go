package importer

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// What a file held of a user is noted as done: of the identities what the tenant
// shows, the password unless it is temporary, and the properties that are there.
func TestWhatAFileBrought(t *testing.T) {
	hash := &kinde.PasswordRequest{HashedPassword: "hash"}
	temporary := &kinde.PasswordRequest{HashedPassword: "hash", Temporary: true}
	emails := []mapping.Identity{{Type: mapping.Email, Value: "A@example.com"}, {Type: mapping.Email, Value: "b@example.com"},
		{Type: mapping.Phone, Value: "+12025550123"}}
	both := &kinde.User{ID: "kp", Email: "a@example.com", Identities: []kinde.UserIdentity{{Type: "email", Identity: "b@example.com"}}}
	city := map[string]string{"city": "Porto"}
	old := []asked{{mapping.Email, "old@example.com"}, {mapping.Email, "a@example.com"}, {mapping.Email, "gone@example.com"}}
	for name, c := range map[string]struct {
		file  string
		asked []asked
		w     wanted
		shown *kinde.User
		has   map[string]string // properties that the tenant shows
		had   []string          // kinds that were noted before
		want  []string
	}{
		"all of it": {"users-1.ndjson", nil, wanted{identities: emails, password: hash, properties: city}, both, city, nil,
			[]string{`identities 2 ["email:a@example.com","email:b@example.com"] ""`, `passwords 1  "in users-1.ndjson"`,
				`properties 1 {"set":["city"]} ""`}},
		"a table": {"users-1.csv", nil, wanted{identities: emails, password: hash, properties: city}, both, city, nil,
			[]string{`identities 1 ["email:a@example.com"] ""`, `passwords 1  "in users-1.csv"`}},
		"a temporary password": {"users-1.ndjson", nil, wanted{identities: emails, password: temporary}, both, nil, nil,
			[]string{`identities 2 ["email:a@example.com","email:b@example.com"] ""`}},
		"other properties": {"users-1.ndjson", nil, wanted{properties: city}, both, map[string]string{"city": "Faro"}, nil, nil},
		"no properties":    {"users-1.ndjson", nil, wanted{}, both, nil, nil, nil},
		"what the source has dropped since": {"users-1.ndjson", old, wanted{identities: emails[:1]},
			&kinde.User{ID: "kp", Email: "a@example.com", Identities: []kinde.UserIdentity{{Type: "email", Identity: "old@example.com"}}}, nil, nil,
			[]string{`identities 1 ["email:a@example.com","email:old@example.com"] ""`}},
		"only what it has dropped": {"users-1.ndjson", old, wanted{}, &kinde.User{ID: "kp", Email: "old@example.com"}, nil, nil,
			[]string{`identities 1 ["email:old@example.com"] ""`}},
		"noted before": {"users-1.ndjson", nil, wanted{identities: emails, password: hash}, both, nil, []string{"passwords",
			"identities"}, nil},
		"no file that we know": {"users-1.xml", nil, wanted{identities: emails, password: hash}, both, nil, nil, nil},
	} {
		store := askingFor(t)
		p := &planner{store: store, first: 9, properties: map[string]checkpoint.Digest{}}
		if c.has != nil {
			p.properties["kp"] = p.digest(checkpoint.StepProperties, c.has)
		}
		c.w.user = &mapping.User{}
		s := &engine.Subject{Record: checkpoint.Record{ID: 4}, Before: map[engine.StepID]checkpoint.Step{
			{Kind: checkpoint.StepCreate}: {Detail: evidence{File: c.file, Asked: c.asked}.String()}}}
		for _, kind := range c.had {
			s.Before[engine.StepID{Kind: kind}] = checkpoint.Step{Kind: kind}
		}
		p.broughtByFile(s, &c.w, c.shown)
		var got []string
		for _, x := range s.Steps {
			r, id := x.(*notedStep).result, stepOf(x)
			before := s.Before[id]
			got = append(got, fmt.Sprintf("%s %d %s %q", id.Kind, before.Units, r.Detail, r.Message))
			if before.State != checkpoint.Done || before.Record != 4 || before.Run != 9 || before.Detail != r.Detail || !r.Nothing ||
				before.Digest != x.Info().Digest || before.Kind != id.Kind {
				t.Errorf("%s: %+v, %+v", name, before, r)
			}
		}
		if !slices.Equal(got, c.want) || len(s.Before) != 1+len(c.had)+len(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Only the create of somebody who was to come by a file names that file.
func TestFileOf(t *testing.T) {
	detail := intended{File: "users-1.csv"}
	for _, c := range []struct {
		kind string
		x    intended
		want string
	}{{checkpoint.StepCreate, detail, "users-1.csv"}, {checkpoint.StepPassword, detail, ""}, {checkpoint.StepCreate, intended{}, ""}} {
		data := `{"server_time":"2026-03-01T12:00:00Z","file":"` + c.x.File + `"}`
		if got := fileOf(checkpoint.Step{Kind: c.kind, Detail: data}); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// The checkpoint may know a user by the id, or, without one, by each address.
func TestKeysOfAUser(t *testing.T) {
	r := &run{Job: &Job{Checkpoint: askingFor(t)}}
	key := func(kind intake.KeyKind, value string) checkpoint.Digest {
		return r.Checkpoint.Keyed(kind.String() + "\x00" + value)
	}
	full := kinde.User{Email: "A@example.com", Phone: "+12025550123", Username: "Ana",
		Identities: []kinde.UserIdentity{{Type: "oauth2:google", Identity: "77", ConnectionID: "c"}}}
	got := r.keysOf(&full)
	want := []checkpoint.Digest{key(intake.KeyEmail, "a@example.com"), key(intake.KeyPhone, "12025550123"), key(intake.KeyUsername, "ana")}
	sort := func(a, b checkpoint.Digest) int { return strings.Compare(string(a[:]), string(b[:])) }
	slices.SortFunc(got, sort)
	slices.SortFunc(want, sort)
	if !slices.Equal(got, want) {
		t.Errorf("%d keys", len(got))
	}
	full.ProvidedID = "7"
	if got := r.keysOf(&full); !slices.Equal(got, []checkpoint.Digest{key(intake.KeyID, "7")}) {
		t.Errorf("with an id %d keys", len(got))
	}
}

// Who did not come by their file is named, with the file and what helps.
func TestWhoDidNotComeByTheirFile(t *testing.T) {
	w := newWorld(t, sandbox.Options{Seed: 1})
	p := &people{users: []*mapping.User{somebody("1", "email:a@example.com")}}
	w.convert(p, importfile.NDJSON, 0)
	expect(t, w.run(p, Options{Complete: true}), map[checkpoint.Outcome]int64{checkpoint.Failed: 1})
	w.reader(func(r *checkpoint.Reader) {
		list, err := r.Problems(t.Context(), 10)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		x := list[0]
		if x.Severity != "error" || x.Code != string(NotImported) ||
			x.Message != "is in users-001.ndjson, and the tenant shows nobody with this id and one of the identities" ||
			x.Hint != "Import the file in Kinde's dashboard and repeat the command; without --complete these users are created one by one." {
			t.Errorf("%+v", x)
		}
	})
}

// What a file leaves to the API is counted, one by one.
func TestWhatFilesLeave(t *testing.T) {
	user := func() *mapping.User {
		return &mapping.User{
			Identities: []mapping.Identity{{Type: mapping.Email, Value: "a@example.com", Verified: true},
				{Type: mapping.Email, Value: "b@example.com", Verified: true}, {Type: mapping.Phone, Value: "+12025550123", Verified: true}},
			Links:         []mapping.Link{{}, {}},
			Flags:         []mapping.KeyValue{{}},
			Properties:    []mapping.KeyValue{{Key: "a"}, {Key: "b"}},
			Picture:       "p",
			Suspended:     true,
			PasswordReset: true,
			Memberships: []mapping.Membership{
				{Organization: mapping.Organization{ExternalID: "x"}},
				{Organization: mapping.Organization{Code: "c"}},
			},
			Password: &password.Password{Body: &password.Body{HashedPassword: "h"}},
		}
	}
	for name, c := range map[string]struct {
		change func(*mapping.User)
		opt    Options
		format importfile.Format
		want   Left
	}{
		"a table": {nil, Options{}, importfile.CSV, Left{Social: 2, Identities: 1, Pictures: 1, Suspensions: 1, Resets: 1,
			Properties: 1, Flags: 1,
			Memberships: 1, VerifiedMarks: 1}},
		"a table without a password": {func(u *mapping.User) { u.Password = nil }, Options{}, importfile.CSV, Left{Social: 2, Identities: 1,
			Pictures: 1, Suspensions: 1, Resets: 1, Properties: 1, Flags: 1, Memberships: 1, VerifiedMarks: 2}},
		"lines": {nil, Options{}, importfile.NDJSON, Left{Social: 2, Pictures: 1, Suspensions: 1, Resets: 1, Flags: 1, Memberships: 1}},
		"a username alone": {func(u *mapping.User) {
			u.Identities = []mapping.Identity{{Type: mapping.Username, Value: "ana"}}
		}, Options{}, importfile.NDJSON, Left{Users: 1}},
		"a hash that nobody holds": {func(u *mapping.User) {
			u.Password, u.PasswordReset = &password.Password{}, false
		}, Options{Unsupported: SkipUnsupported}, importfile.NDJSON,
			Left{Social: 2, Pictures: 1, Suspensions: 1, Flags: 1, Memberships: 1}},
		"nothing": {func(u *mapping.User) { *u = mapping.User{Identities: u.Identities[:1]} }, Options{}, importfile.NDJSON, Left{}},
	} {
		u := user()
		if c.change != nil {
			c.change(u)
		}
		got := LeftOf(u, c.opt, c.format)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		sum := Left{}
		sum.Add(got, 1)
		sum.Add(got, 1)
		if sum.Add(got, -1); sum != got {
			t.Errorf("%s: added and taken away it is %+v", name, sum)
		}
	}
	each := reflect.ValueOf(&Left{}).Elem()
	for i := range each.NumField() {
		each.Field(i).SetInt(int64(i + 1))
	}
	sum := Left{}
	if sum.Add(each.Interface().(Left), 1); sum != each.Interface().(Left) {
		t.Errorf("not all is added: %+v", sum)
	}
}

// A conversion hands out whom a file can hold, with the hash, and keeps what it meant;
// an account of everybody does so without a checkpoint's word.
func TestConversionHandsOutEach(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := invent(3)
	p.users[1].Password = nil
	p.users[2].Identities = []mapping.Identity{{Type: mapping.Username, Value: "ana"}}
	store := askingFor(t)
	var got []string
	out, err := Convert(t.Context(), Job{Source: p, Checkpoint: store}, Options{Now: func() time.Time { return at }}, importfile.NDJSON,
		func(u *mapping.User, b *password.Body) (string, error) {
			got = append(got, fmt.Sprint(u.SourceID, b != nil))
			return "f.ndjson", nil
		})
	if err != nil || !slices.Equal(got, []string{"auth0|0true", "auth0|1false"}) || out.Users != 2 || out.Left.Users != 1 {
		t.Errorf("%v, %+v, %v", got, out, err)
	}
	steps, err := store.StepsOf(t.Context(), 1)
	want := `{"server_time":"2026-03-01T11:00:00Z","file":"f.ndjson","identities":[{"type":"email","value":"ana0@example.com"},` +
		`{"type":"phone","value":"+15550100000"}]}`
	if err != nil || len(steps) != 1 || steps[0].Detail != want || steps[0].State != checkpoint.Intent ||
		steps[0].Kind != checkpoint.StepCreate ||
		!steps[0].At.Equal(at) || steps[0].Units != 1 ||
		steps[0].Run == 0 {
		t.Errorf("%+v, %v", steps, err)
	}
	if steps, err := store.StepsOf(t.Context(), 3); err != nil || len(steps) != 0 {
		t.Errorf("who is in no file: %+v, %v", steps, err)
	}
	got = nil
	err = Each(t.Context(), Job{Source: p, Checkpoint: askingFor(t)}, Options{}, func(u *mapping.User, b *password.Body) error {
		got = append(got, fmt.Sprint(u.SourceID, b != nil))
		return nil
	})
	if err != nil || !slices.Equal(got, []string{"auth0|0true", "auth0|1false", "auth0|2true"}) {
		t.Errorf("%v, %v", got, err)
	}
	if err := Each(t.Context(), Job{Source: p, Checkpoint: askingFor(t)}, Options{},
		func(*mapping.User, *password.Body) error { return errLastIdentity }); !errors.Is(err, errLastIdentity) {
		t.Errorf("a file that can't be written: %v", err)
	}
	drain := make(chan struct{})
	close(drain)
	if err := Each(t.Context(), Job{Source: p, Checkpoint: askingFor(t), Drain: drain}, Options{}, nil); err == nil {
		t.Error("a conversion that is told to end says nothing")
	}
}

// Everyone is looked at as long as that costs no more than to ask for the pending ones.
func TestWhatASurveyMayCost(t *testing.T) {
	for name, c := range map[string]struct {
		note      string
		ids       [4]int64 // of a source that was just read
		scanned   bool
		untouched int64
		pages     int
		want      string
	}{
		"one request":           {`[140,0,0,140]`, [4]int64{}, false, 140, 1, ""},
		"two":                   {`[280,0,0,280]`, [4]int64{}, false, 280, 2, ""},
		"half of them":          {`[280,0,0,280]`, [4]int64{}, false, 140, 1, ""},
		"a little more":         {`[280,0,0,280]`, [4]int64{}, false, 141, 2, ""},
		"each kind":             {`[140,200,200,200]`, [4]int64{}, false, 200, 3, ""},
		"no identities":         {`[0,0,0,10]`, [4]int64{}, false, 10, 1, ""},
		"just read":             {`[0,0,0,10]`, [4]int64{420, 0, 0, 420}, true, 420, 3, ""},
		"nothing is kept":       {``, [4]int64{}, false, 2, 1, ""},
		"what can't be read is": {`{}`, [4]int64{}, false, 2, 0, "reading the counts of identities from the checkpoint: "},
	} {
		store := askingFor(t, "", "")
		if c.note != "" {
			if err := store.Commit(t.Context(), checkpoint.SetNote{Name: noteIDs, JSON: []byte(c.note)}); err != nil {
				t.Fatal(err)
			}
		}
		f := &finder{target: &shelf{users: numbered(50), pageSize: 2}}
		r := &run{Job: &Job{Checkpoint: store}, ids: c.ids, scanned: c.scanned, finder: f}
		err := r.survey(t.Context(), c.untouched, checkpoint.Selection{Any: true})
		if f.pages != c.pages || (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %d pages, want %d, %v", name, f.pages, c.pages, err)
		}
	}
}

// Another source on a checkpoint is refused, in words that tell which.
func TestRefusalsOfASource(t *testing.T) {
	said := func(err error) string {
		if r, ok := errors.AsType[*job.RefusedError](err); ok {
			return fmt.Sprint(r.Kind, ": ", r.Message, " (", r.Try, ")")
		}
		return fmt.Sprint(err)
	}
	w := newWorld(t, sandbox.Options{}).inMemory()
	defer w.store.Close()
	expect(t, w.run(counted("alpha", 2), Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
	other := counted("alpha", 2)
	other.preset = "auth0"
	strangers := counted("beta", 2)
	for _, u := range strangers.users {
		u.SourceID = "beta|" + u.SourceID
	}
	for range 2 { // a refusal leaves everything as it was
		if got, want := said(w.run(other, Options{}).err), fmt.Sprint(job.OtherSource, `: the checkpoint belongs to a source of "generic", `+
			`this one is of "auth0" (If it is the same source, have it read as "generic" again, with --from or --mapping. `+
			`Otherwise choose another file with --checkpoint, or use --new-source.)`); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if err := w.run(strangers, Options{}).err; !strings.Contains(fmt.Sprint(err),
			"no record of this source is known to the checkpoint: it belongs to another source") {
			t.Errorf("strangers: %v", err)
		}
		if o := w.run(counted("alpha", 2), Options{}); o.err != nil || o.Totals[checkpoint.Unchanged]+o.Totals[checkpoint.Created] != 2 {
			t.Errorf("the same source: %v, %v", o.Totals, o.err)
		}
	}
	expect(t, w.run(other, Options{NewSource: true, AcceptChanges: true}), map[checkpoint.Outcome]int64{checkpoint.Unchanged: 2})
}
