package users

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/bulk"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/forget"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// noteForgetting keeps under which names the people are known, from the moment
// that was confirmed until nothing of them is left.
const noteForgetting = "forgetting"

// listDefault is where the erasure list lies unless --erasure-list says otherwise.
const listDefault = "erasure-list.json"

// forgetting is the part of forget that is about files.
type forgetting struct {
	o      *usersOptions
	store  *checkpoint.Store
	tenant bulk.Target
	places []*forget.Place
	list   *erasure.List

	asks []bulk.Ask
	was  forgettingNote
	left []int // asks that a later run is to finish
}

// forgettingNote is what a run must know that goes on with an earlier one: the
// tenant does not show any more whom that one deleted.
type forgettingNote struct {
	Inputs  string            `json:"inputs"` // the asks, by their keys
	Persons []*erasure.Person `json:"persons"`
	Asks    []askedNote       `json:"asks"`
	Shared  int               `json:"shared"`
	Places  []forget.Erased   `json:"places"`
	Held    int64             `json:"held"`
}

type askedNote struct {
	KnownAs   string           `json:"known_as,omitempty"`
	Elsewhere bool             `json:"elsewhere,omitempty"`
	Problem   *mapping.Problem `json:"problem,omitempty"`
}

func (o *usersOptions) newForgetting(store *checkpoint.Store, tenant bulk.Target, args []string) (*forgetting, error) {
	list, err := erasure.OpenList(o.erasureList)
	if err != nil {
		return nil, cli.Usagef("choose another file with --erasure-list", "%w", err)
	}
	places, err := forget.Find(args, []string{o.ids, o.state, o.report, o.erasureList})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.Usagef("check the path; the names of the people belong into --ids FILE", "%w", err)
	}
	if err != nil {
		return nil, err
	}
	return &forgetting{o: o, store: store, tenant: tenant, places: places, list: list}, nil
}

// who finds out who is meant, and under which names the tenant and the files know
// them. Nothing is written.
func (f *forgetting) who(ask func(context.Context) (bulk.Who, error)) func(context.Context) (bulk.Who, error) {
	return func(ctx context.Context) (bulk.Who, error) {
		w, err := ask(ctx)
		if err != nil {
			return w, err
		}
		f.asks = w.Asks
		inputs := ""
		for i := range w.Asks {
			key := w.Asks[i].Key()
			inputs += hex.EncodeToString(key[:])
		}
		data, err := f.store.Note(ctx, noteForgetting)
		if err != nil {
			return w, err
		}
		if data != nil {
			if err := json.Unmarshal(data, &f.was); err != nil {
				return w, fmt.Errorf("reading whom an earlier run was about: %w", err)
			}
			if f.was.Inputs != inputs || len(f.was.Asks) != len(w.Asks) {
				return w, cli.Usagef(
					"finish it with the same file of names, or choose another file with --state",
					"there is an unfinished erasure of other people",
				)
			}
		} else if err := f.lookUp(ctx); err != nil {
			return w, err
		}
		f.was.Inputs = inputs
		for i, note := range f.was.Asks {
			a := &f.asks[i]
			a.KnownAs, a.Elsewhere = note.KnownAs, note.Elsewhere || f.list.Knows(asked(a))
			if a.Problem == nil {
				a.Problem = note.Problem
			}
		}
		return w, nil
	}
}

func (f *forgetting) lookUp(ctx context.Context) error {
	people := erasure.NewPeople()
	users, err := bulk.Named(ctx, f.tenant, f.asks)
	if err != nil {
		return err
	}
	for i := range f.asks {
		people.Persons = append(people.Persons, &erasure.Person{})
		people.Learn(i, asked(&f.asks[i]), true)
		for _, u := range users[i] {
			people.Learn(i, namesOfUser(&u), true)
		}
	}
	sights, err := forget.Learn(ctx, f.places, people)
	if err != nil {
		return err
	}
	// An id of the source is known to files alone; so is an address of earlier days,
	// but whose account that is today the files can't say.
	again := make([]bulk.Ask, len(f.asks))
	for i, p := range people.Persons {
		if len(users[i]) == 0 && len(p.KindeIDs) > 0 {
			again[i] = bulk.Ask{ID: p.KindeIDs[0]}
		}
	}
	there, err := bulk.Named(ctx, f.tenant, again)
	if err != nil {
		return err
	}
	f.was.Asks = make([]askedNote, len(f.asks))
	grew := false
	for i := range f.asks {
		a, note := &f.asks[i], &f.was.Asks[i]
		for _, u := range there[i] {
			if a.Any == "" {
				note.Problem = &mapping.Problem{
					Severity: mapping.Error,
					Code:     bulk.UserUnknown,
					Message:  "nobody in the tenant has this name today, but according to a file it belonged to " + u.ID,
					Hint:     "Check who that is. To erase this user, use the Kinde id.",
				}
				continue
			}
			note.KnownAs = u.ID
			grew = people.Learn(i, namesOfUser(&u), true) || grew
		}
		note.Elsewhere = f.list.Knows(asked(a)) || slices.ContainsFunc(sights, func(s *forget.Sight) bool { return s.Hits[i] > 0 })
	}
	if grew {
		if sights, err = forget.Learn(ctx, f.places, people); err != nil {
			return err
		}
	}
	f.was.Persons, f.was.Shared = people.Persons, people.Shared()
	for i := range f.asks {
		if slices.ContainsFunc(sights, func(s *forget.Sight) bool { return s.Hits[i] > 0 }) {
			f.was.Held++
		}
	}
	for i, p := range f.places {
		if p.Kind != forget.Encrypted && p.Kind != forget.Unread {
			f.was.Places = append(f.was.Places, forget.Erased{Path: p.Path, Kind: p.Kind, Records: sights[i].Records})
		}
	}
	return nil
}

// asked is what whoever asked calls somebody.
func asked(a *bulk.Ask) *erasure.Names {
	n := &erasure.Names{KindeID: a.ID}
	for _, by := range []struct {
		to    *[]string
		value string
	}{{&n.Emails, a.Email}, {&n.Phones, a.Phone}, {&n.Usernames, a.Username}, {&n.SourceIDs, a.Any}, {&n.SourceIDs, a.SourceID}} {
		if by.value != "" {
			*by.to = append(*by.to, by.value)
		}
	}
	return n
}

// meant are those who are neither unknown nor named by mistake.
func (f *forgetting) meant(i int) bool {
	return f.asks[i].Problem == nil && (len(f.was.Persons[i].KindeIDs) > 0 || f.was.Asks[i].Elsewhere)
}

// confirmer asks what every verb asks, and then begins.
func (f *forgetting) confirmer(ask func(context.Context, bulk.Plan) error) func(context.Context, bulk.Plan) error {
	return func(ctx context.Context, plan bulk.Plan) error {
		if err := ask(ctx, plan); err != nil || f.o.dryRun {
			return err
		}
		return f.confirmed(ctx)
	}
}

// end is what comes after the tenant.
func (f *forgetting) end(ctx context.Context, e *cli.Env) error {
	if f.o.dryRun {
		return f.tell(e)
	}
	return f.finish(ctx, e)
}

// confirmed keeps what the files and the tenant know of the people,
// and puts them on the erasure list, before anything of them is deleted.
func (f *forgetting) confirmed(ctx context.Context) error {
	data, err := json.Marshal(f.was)
	if err != nil {
		return err
	}
	if err := errors.Join(f.store.SecureDelete(ctx), f.store.Commit(ctx, checkpoint.SetNote{Name: noteForgetting, JSON: data})); err != nil {
		return err
	}
	return f.enlist()
}

func (f *forgetting) enlist() error {
	for i, p := range f.was.Persons {
		if f.meant(i) {
			f.list.Add(p, time.Now())
		}
	}
	return f.list.Save()
}

// noteForgotten is the last pass that left nothing of its people.
const noteForgotten = "forgotten"

// finish erases in the files those whom the tenant does not hold any more, writes
// the certificate, and leaves nothing of them in the state of the job.
func (f *forgetting) finish(ctx context.Context, e *cli.Env) error {
	job, _, err := f.store.Job(ctx)
	if err != nil {
		return err
	}
	pass, _ := json.Marshal(job.Pass) // a number never fails
	if done, err := f.store.Note(ctx, noteForgotten); err != nil || string(done) == string(pass) {
		return err // an earlier process did, and could not say so
	}
	if err := f.store.SecureDelete(ctx); err != nil {
		return err
	}
	gone, counts, err := f.outcomes(ctx)
	if err != nil {
		return err
	}
	people := erasure.NewPeople(gone...)
	if len(gone) > 0 {
		if err := f.erase(ctx, people); err != nil {
			return err
		}
	}
	if err := f.certify(ctx, e, counts); err != nil {
		return err
	}
	return f.anonymise(ctx, people, pass)
}

func (f *forgetting) erase(ctx context.Context, people *erasure.People) error {
	if err := f.enlist(); err != nil {
		return err
	}
	if _, err := forget.Learn(ctx, f.places, people); err != nil { // whom they share names with
		return err
	}
	f.was.Shared = max(f.was.Shared, people.Shared())
	for _, p := range forget.InOrder(f.places) {
		s, err := p.Erase(ctx, people, time.Now())
		if err != nil {
			return err
		}
		if p.Kind == forget.Encrypted || p.Kind == forget.Unread {
			continue
		}
		at := slices.IndexFunc(f.was.Places, func(x forget.Erased) bool { return x.Path == p.Path })
		if at < 0 { // was not named when the job began
			at = len(f.was.Places)
			f.was.Places = append(f.was.Places, forget.Erased{Path: p.Path, Kind: p.Kind})
		}
		// What an earlier process of this job took out is not seen any more.
		x := &f.was.Places[at]
		x.Records, x.Mentions = max(x.Records, s.Records), max(x.Mentions, s.Mentions)
	}
	return nil
}

// outcomes says of whom nothing is in the tenant any more.
func (f *forgetting) outcomes(ctx context.Context) (gone []*erasure.Person, counts forget.People, err error) {
	keys := make([]checkpoint.Digest, len(f.asks))
	for i := range f.asks {
		keys[i] = f.asks[i].Key()
	}
	records, err := f.store.RecordsByKey(ctx, keys)
	if err != nil {
		return nil, counts, err
	}
	counts.FromFiles = f.was.Held
	seen := map[checkpoint.Digest]bool{}
	for i, key := range keys {
		if seen[key] {
			continue
		}
		seen[key] = true
		counts.Asked++
		switch records[key].Outcome {
		case checkpoint.Deleted:
			counts.Deleted++
		case checkpoint.Unchanged:
			counts.NotThere++
		case checkpoint.Failed, checkpoint.Pending:
			counts.Remaining++
			f.left = append(f.left, i)
			continue
		default:
			counts.Remaining++
			continue
		}
		gone = append(gone, f.was.Persons[i])
	}
	return gone, counts, nil
}

func (f *forgetting) certify(ctx context.Context, e *cli.Env, counts forget.People) error {
	now := time.Now()
	c := &forget.Certificate{
		Schema:     forget.CertificateSchema,
		Version:    cli.Version(),
		FinishedAt: now.UTC(),
		Tenant:     f.tenant.BaseURL(),
		People:     counts,
		Places: append(
			[]forget.Erased{},
			f.was.Places...),
		Sealed:      []forget.Sealed{},
		Unread:      []*forget.Place{},
		Shared:      f.was.Shared,
		ErasureList: f.list.Path(),
		ListEntries: f.list.Len(),
	}
	runs, err := f.store.Runs(ctx)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(runs) {
		if r.Pass == runs[len(runs)-1].Pass {
			c.StartedAt, c.RunID = r.Started, r.Name
		}
	}
	if c.Sealed, c.Unread, err = f.notErased(now); err != nil {
		return err
	}
	if err := report.MakeFolder(f.o.report); err != nil {
		return err
	}
	text, err := c.Save(f.o.report)
	if err != nil {
		return err
	}
	f.warn(e, c.Sealed, c.Unread)
	fmt.Fprintf(
		e.IO.Err,
		"The certificate is in %s. %s contains the names of the people: delete it when it is no longer needed.\n",
		text,
		f.o.ids,
	)
	return nil
}

// notErased are the places that keep what they hold.
func (f *forgetting) notErased(now time.Time) (sealed []forget.Sealed, unread []*forget.Place, err error) {
	sealed, unread = []forget.Sealed{}, []*forget.Place{}
	for _, p := range f.places {
		s, err := p.Sealed(now)
		if err != nil {
			return nil, nil, err
		}
		if sealed = append(sealed, s...); p.Kind == forget.Unread {
			unread = append(unread, p)
		}
	}
	return sealed, unread, nil
}

func (f *forgetting) warn(e *cli.Env, sealed []forget.Sealed, unread []*forget.Place) {
	for _, s := range sealed {
		fmt.Fprintf(e.IO.Err, "%s is encrypted and may contain these people: %s.\n", s.Path, s.End())
	}
	for _, u := range unread {
		fmt.Fprintf(e.IO.Err, "%s could not be read, and may contain these people: %s.\n", u.Path, u.Why)
	}
}

// anonymise leaves of the people nothing in the state of the job, but those whom a
// later run is to finish.
func (f *forgetting) anonymise(ctx context.Context, people *erasure.People, pass []byte) error {
	var ids []int64
	for x, err := range f.store.Records(ctx, checkpoint.Selection{Any: true}) {
		if err != nil {
			return err
		}
		if x.Outcome == checkpoint.Deleted || x.Outcome == checkpoint.Unchanged {
			ids = append(ids, x.ID)
		}
	}
	var rest []byte
	if len(f.left) > 0 {
		for i := range f.was.Persons {
			if !slices.Contains(f.left, i) {
				f.was.Persons[i] = &erasure.Person{}
			}
		}
		var err error
		if rest, err = json.Marshal(f.was); err != nil {
			return err
		}
	}
	text := people.Text()
	return f.store.Anonymise(
		ctx,
		checkpoint.Anonymised{Records: ids, Notes: map[string][]byte{noteForgetting: rest, noteForgotten: pass}, Text: func(s string) string {
			out, _ := text.WithoutString(s)
			return out
		}},
	)
}

// tell says in a dry run what would be taken out of which file.
func (f *forgetting) tell(e *cli.Env) error {
	for _, p := range f.was.Places {
		fmt.Fprintf(e.IO.Err, "%s: %s about them\n", p.Path, ui.Count(p.Records, "record"))
	}
	sealed, unread, err := f.notErased(time.Now())
	f.warn(e, sealed, unread)
	return err
}

// unread tells that a place could not be looked into.
func (f *forgetting) unread() bool {
	return slices.ContainsFunc(f.places, func(p *forget.Place) bool { return p.Kind == forget.Unread })
}

// namesOfUser is what the tenant calls a user.
func namesOfUser(u *kinde.User) *erasure.Names {
	n := &erasure.Names{KindeID: u.ID}
	add := func(to *[]string, value string) {
		if value != "" {
			*to = append(*to, value)
		}
	}
	add(&n.SourceIDs, u.ProvidedID)
	add(&n.Emails, u.Email)
	add(&n.Phones, u.Phone)
	add(&n.Usernames, u.Username)
	for _, i := range u.Identities {
		switch i.Kind() {
		case kinde.IdentityEmail:
			add(&n.Emails, i.Identity)
		case kinde.IdentityPhone:
			add(&n.Phones, i.Identity)
		default:
			add(&n.Usernames, i.Identity) // of a link: its subject
		}
	}
	return n
}
