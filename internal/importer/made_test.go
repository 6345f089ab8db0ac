package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// urgent is a step that is done first.
type urgent struct{ engine.Step }

func (urgent) Info() engine.Info { return engine.Info{Kind: "urgent", Urgent: true} }

// Who was created is ours, with all that createUser took along; where that is not
// certain it is kept what was asked for, and somebody looks, behind what is urgent.
func TestWhatIsKeptOfACreate(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	store := askingFor(t)
	full := &wanted{user: &mapping.User{SourceID: "7", GivenName: "Ana", Picture: "p"}, suspended: true,
		identities: []mapping.Identity{{Type: mapping.Email, Value: "A@example.com"}, {Type: mapping.Username, Value: "ana"}}}
	bare := &wanted{user: &mapping.User{SourceID: "7"}}
	for name, c := range map[string]struct {
		w       *wanted
		earlier []asked
		whole   bool
		also    []string
		looks   int // where in the steps somebody looks; 0: nowhere
	}{
		"whole": {full, nil, true, []string{`update 1 {"set":["given_name","picture"]}`,
			`identities 2 ["email:a@example.com","username:ana"]`}, 0},
		"not certain": {full, nil, false, []string{`update 1 {"set":["given_name","picture"]}`,
			`asked 1 ["email:a@example.com","username:ana"]`}, 2},
		"nothing was asked for": {bare, nil, false, []string{"update 1 "}, 0},
		"an earlier one asked": {bare, []asked{{mapping.Email, "old@example.com"}}, false, []string{"update 1 ",
			`asked 1 ["email:old@example.com"]`}, 2},
	} {
		p := &planner{opt: &Options{Now: func() time.Time { return now }}, store: store, settle: &settler{openSince: map[int64]time.Time{}}}
		step := p.createStep(c.w)
		step.earlier.Identities = c.earlier
		s := &engine.Subject{Record: checkpoint.Record{ID: 5}, Steps: []engine.Step{step, urgent{}, &notedStep{}}}
		r := step.made(s, "kp", checkpoint.Made, "detail", c.whole)
		var also []string
		for _, x := range r.Also {
			also = append(also, fmt.Sprintf("%s %d %s", x.Kind, x.Units, x.Detail))
			if x.State != checkpoint.Done || x.Kind == checkpoint.StepUpdate && x.Digest != p.digest(checkpoint.StepUpdate, profileOf(c.w)) {
				t.Errorf("%s: %+v", name, x)
			}
		}
		looks := slices.IndexFunc(s.Steps, func(x engine.Step) bool { _, ok := x.(*completeStep); return ok })
		since, open := p.settle.openSince[5]
		if !slices.Equal(also, c.also) || max(looks, 0) != c.looks || r.Detail != "detail" || r.State != "" || r.Next != "" || !s.CreatedNow ||
			s.Record.KindeID != "kp" || s.Record.Owner != checkpoint.Made || s.Record.Stage != checkpoint.Present ||
			open != c.w.suspended || open && !since.Equal(now) {
			t.Errorf("%s: %q, looks at %d, %+v, open %v", name, also, looks, s.Record, open)
		}
	}
}

// A record whose identity belongs to somebody else goes no further, and says what
// the tenant said.
func TestForeignUser(t *testing.T) {
	said := "somebody in the tenant has this identity, and no run of this checkpoint created that user"
	for refusalOf, want := range map[error]string{nil: said, refusal: said + " (" + refusal.Error() + ")"} {
		p := &planner{opt: &Options{OnExisting: Skip}}
		s := &engine.Subject{Record: checkpoint.Record{Stage: checkpoint.Intended, Owner: checkpoint.Made}}
		got := p.createStep(&wanted{user: &mapping.User{}}).foreign(s, "kp", refusalOf)
		if !sameResult(got, p.existsResult(want)) || s.Record.KindeID != "kp" || s.Record.Owner != checkpoint.Existed ||
			s.Record.Stage != checkpoint.Untouched {
			t.Errorf("%+v, %+v", got, s.Record)
		}
	}
}

// What the source has no more is told from what it never had by what the job did.
func TestWhatASourceCleared(t *testing.T) {
	flag := func(key string) engine.StepID { return engine.StepID{Kind: checkpoint.StepFlags, Key: key} }
	s := &engine.Subject{Before: map[engine.StepID]checkpoint.Step{
		flag("done"): {State: checkpoint.Done}, flag("perhaps"): {State: checkpoint.GaveUp}, flag("refused"): {State: checkpoint.Refused},
		flag("here"): {State: checkpoint.Done}, {Kind: checkpoint.StepPassword}: {State: checkpoint.Done},
		{Kind: checkpoint.StepUpdate}:     {State: checkpoint.Done, Detail: `{"set":["family_name","given_name","picture"]}`},
		{Kind: checkpoint.StepProperties}: {State: checkpoint.Done, Detail: `{"set":["city","plan"]}`},
	}}
	w := &wanted{user: &mapping.User{GivenName: "Ana", Flags: []mapping.KeyValue{{Key: "here"}},
		Properties: []mapping.KeyValue{{Key: "plan"}}}}
	for what, c := range map[string]struct{ got, want []string }{
		"flags":      {clearedFlags(s, w), []string{"flags.done", "flags.perhaps"}},
		"properties": {(&planner{}).clearedProperties(s, w), []string{"city"}},
		"profile":    {clearedProfile(s, w, nil), []string{"family_name", "picture"}},
		"of a user who has one of them": {clearedProfile(s, w, &kinde.User{FirstName: "Ana", LastName: "Lee"}),
			[]string{"family_name"}},
		"password": {clearedPassword(s, w), []string{"password"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	w.user.Password = &password.Password{}
	if got := clearedPassword(s, w); got != nil {
		t.Errorf("a password that is there: %v", got)
	}
	w.user.Password = nil
	s.Before[engine.StepID{Kind: checkpoint.StepPassword}] = checkpoint.Step{State: checkpoint.Refused}
	if got := clearedPassword(s, w); got != nil {
		t.Errorf("a password that was never set: %v", got)
	}
}

// What stays is said, with what helps, and noted for the read-back; what was noted
// and has come back is noted no more.
func TestSayKept(t *testing.T) {
	kept := func(key string) engine.StepID { return engine.StepID{Kind: checkpoint.StepKept, Key: key} }
	s := &engine.Subject{Before: map[engine.StepID]checkpoint.Step{kept("picture"): {State: checkpoint.Omitted},
		kept("password"):   {State: checkpoint.Omitted},
		kept("given_name"): {State: checkpoint.Done}, {Kind: checkpoint.StepFlags, Key: "beta"}: {State: checkpoint.Omitted}}}
	(&planner{}).sayKept(s, []string{"family_name", "password"})
	var got []string
	for _, x := range s.Problems {
		got = append(got, fmt.Sprint(x.Severity, " ", x.Code, " ", x.Field, ": ", x.Message, " (", x.Hint, ")"))
	}
	const stays = "the source has no value any more; the import can't clear it, so the tenant keeps the old one"
	want := []string{"warning FIELD_DROPPED family_name: " + stays + " (Clear it in Kinde by hand, on the page of the user.)",
		"warning FIELD_DROPPED password: " + stays + " (If the hashes are in a second file, name it again with --passwords.)"}
	if !slices.Equal(got, want) {
		t.Errorf("said %q", got)
	}
	got = nil
	for _, x := range s.Steps {
		r := x.(*notedStep).result
		got = append(got, fmt.Sprint(x.Info().Kind, " ", x.Info().Key, " ", r.State, r.Nothing))
	}
	want = []string{"kept family_name leftfalse", "kept password leftfalse", "kept picture true"}
	if !slices.Equal(got, want) {
		t.Errorf("noted %q", got)
	}
}

// Of users of others the ids are kept, and of ours what is not the id of their record.
func TestIDsOfOthers(t *testing.T) {
	store := askingFor(t, "1", "2")
	for id, at := range map[int64]string{1: "kp1", 2: "kp2"} {
		if err := store.Commit(t.Context(), checkpoint.SetProgress{ID: id, KindeID: at, Owner: checkpoint.Made, Outcome: checkpoint.Created,
			Stage: checkpoint.Present}); err != nil {
			t.Fatal(err)
		}
	}
	s := &idSurvey{store: store}
	users := []kinde.User{{ID: "kp1", ProvidedID: "1"}, {ID: "kp2", ProvidedID: "changed"}, {ID: "kp3", ProvidedID: "3"}, {ID: "kp4"}}
	if err := s.add(t.Context(), users); err != nil || !slices.Equal(s.seen, []uint64{s.digest("changed"), s.digest("3")}) {
		t.Errorf("%v, %v", s.seen, err)
	}
	v := &collider{ctx: t.Context(), carriers: map[string][]carrier{}}
	if err := v.compare(users, store); err != nil || len(v.carriers) != 2 || v.carriers["changed"][0].id != "kp2" ||
		v.carriers["3"][0].id != "kp3" ||
		v.found.Users != 4 {
		t.Errorf("%v, %v", v.carriers, err)
	}
}

// refusing is a source that is refused before its first record, or behind it.
type refusing struct {
	*people
	behind bool
	err    error
}

func (s refusing) Scan(ctx context.Context, v intake.Visitor) (intake.Summary, error) {
	if s.behind {
		if sum, err := s.people.Scan(ctx, v); err != nil {
			return sum, err
		}
	}
	return intake.Summary{}, s.err
}

// A source that is refused while it is read leaves the checkpoint as it was, and the
// one before it goes on; one that can't be read says so.
func TestSourceThatIsRefused(t *testing.T) {
	empty := &intake.RefusedError{Empty: true, Message: "the file is empty"}
	torn := errors.New("torn")
	for name, c := range map[string]struct {
		err  error
		opt  Options
		want string
	}{
		"empty": {empty, Options{}, "reading the source: the file is empty"},
		"empty, and somebody would be gone": {empty, Options{Gone: DeleteGone}, "--gone delete needs a source that was read whole, " +
			"and this one was not: it holds no record"},
		"empty, and something would be taken": {empty, Options{Mirror: true}, "--mirror needs a source that was read whole, " +
			"and this one was not: it holds no record"},
		"torn": {torn, Options{}, "reading the source: torn"},
	} {
		w := newWorld(t, sandbox.Options{}).inMemory()
		p := invent(3)
		expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 3})
		before, _, _ := w.store.Source(t.Context())
		job, _, _ := w.store.Job(t.Context())
		o := w.run(p, c.opt, func(j *Job) { j.Source = refusing{people: p, err: c.err} })
		if o.err == nil || !strings.HasPrefix(o.err.Error(), c.want) || o.calls["createUser"] != 0 {
			t.Errorf("%s: %v", name, o.err)
		}
		after, _, _ := w.store.Source(t.Context())
		now, _, _ := w.store.Job(t.Context())
		if name != "torn" && (fmt.Sprint(after) != fmt.Sprint(before) || now.Source != job.Source) {
			t.Errorf("%s: the source is %+v, was %+v; version %d, was %d", name, after, before, now.Source, job.Source)
		}
		if o := w.run(p, Options{}); o.err != nil || o.calls["createUser"] != 0 || w.tenant.Count() != 3 {
			t.Errorf("%s: the next run: %v, %v", name, o.calls, o.err)
		}
		w.store.Close()
	}
}
