package importer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// scanner is the visitor of the first pass: it turns the rows of the source
// into records of the checkpoint, and finds out which of them are new, changed
// or as they were.
type scanner struct {
	ctx    context.Context
	store  *checkpoint.Store
	opt    *Options
	source int // version of the source
	pass   int
	delta  bool // the checkpoint holds records of an earlier version
	names  *Names
	shape  planner // resolves nothing; counts what is wanted before the tenant is known

	buffer    []*scanned
	corrected []correction
	claimed   bitset               // delta: ids of records that a row of this source has taken
	aliased   bitset               // delta: ids of records that others were merged into
	prior     map[int64]priorState // delta: what changed records were, for rows that are corrected later
	recur     int64                // records whose key was known
	likeness  likeness             // to what they were before
	fresh     int64
	changed   int64
	records   int64
	emails    int64
	phones    int64
	usernames int64
	progress  *job.Meter

	malformed, withoutID int64 // records that leave a hole in the source

	kept bool // a batch is in the checkpoint
}

// scanned is a row on its way into the checkpoint.
type scanned struct {
	record   *checkpoint.Record
	problems []mapping.Problem
}

// batchOf is how many rows go to the checkpoint at once.
const batchOf = 500

func (v *scanner) Add(i intake.Item) error {
	if i.Disposition == intake.Filtered || i.Disposition == intake.PartOf {
		return nil
	}
	v.records++
	v.countHoles(&i, 1)
	if i.Disposition == intake.Use {
		v.names.Add(i.User, 1)
		v.countIdentities(i.User, 1)
	}
	v.buffer = append(v.buffer, &scanned{v.record(&i), cloneProblems(i.Problems)})
	if len(v.buffer) >= batchOf {
		return v.flush()
	}
	return nil
}

// Replace corrects a row after the last Add: a duplicate, a further row of an
// earlier record, or the record that took rows in.
func (v *scanner) Replace(old, now intake.Item) error {
	if err := v.flush(); err != nil {
		return err
	}
	if old.Disposition == intake.Use {
		v.names.Add(old.User, -1)
		v.countIdentities(old.User, -1)
	}
	if now.Disposition == intake.Use {
		v.names.Add(now.User, 1)
		v.countIdentities(now.User, 1)
	}
	v.countHoles(&old, -1)
	if now.Disposition != intake.PartOf && now.Disposition != intake.Filtered {
		v.countHoles(&now, 1)
	}
	c := correction{number: old.Number}
	if now.Disposition == intake.PartOf || now.Disposition == intake.Filtered {
		v.records--
	} else {
		c.record, c.problems = v.record(&now), cloneProblems(now.Problems)
		if now.User != nil {
			c.otherIDs = slices.Clone(now.User.OtherIDs)
		}
	}
	if v.corrected = append(v.corrected, c); len(v.corrected) >= batchOf {
		return v.correct()
	}
	return nil
}

// correction is what becomes of a row that is in the checkpoint already.
type correction struct {
	number   int64
	record   *checkpoint.Record // nil: it is none
	problems []mapping.Problem
	otherIDs []string
}

// correct brings the rows that wait for it up to date. Looking at what is in the
// checkpoint waits for the disk, so it is done for many at once.
func (v *scanner) correct() error {
	list := v.corrected
	v.corrected = v.corrected[:0]
	was, err := v.before(list)
	if err != nil {
		return err
	}
	var changes []checkpoint.Change
	for i := range list {
		changes = append(changes, v.changesOf(&list[i], was)...)
	}
	if len(changes) == 0 {
		return nil
	}
	return v.store.Post(v.ctx, changes...)
}

// before reads what the checkpoint holds of the rows that stay records. Most of
// what is corrected are further rows, which only leave.
func (v *scanner) before(list []correction) (map[int64]checkpoint.Record, error) {
	var numbers []int64
	for _, c := range list {
		if c.record != nil {
			numbers = append(numbers, c.number)
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}
	if err := v.store.Flush(v.ctx); err != nil {
		return nil, err
	}
	return v.store.RecordsByNumber(v.ctx, numbers)
}

func (v *scanner) changesOf(c *correction, before map[int64]checkpoint.Record) []checkpoint.Change {
	r := c.record
	if r == nil {
		return []checkpoint.Change{checkpoint.Remove{Number: c.number}}
	}
	was, ok := before[c.number]
	r.ID = was.ID
	if ok {
		r.KindeID, r.Owner, r.Stage = was.KindeID, was.Owner, was.Stage
		if p, known := v.prior[was.ID]; known && r.Outcome == checkpoint.Pending && p.mapped == r.Mapped && p.outcome != checkpoint.Deleted {
			r.Outcome, r.Pass, r.SignIn, r.Want = p.outcome, p.pass, p.signIn, p.want
			v.changed--
		}
	}
	changes := []checkpoint.Change{checkpoint.PutRecords{r}}
	if ok {
		changes = append(changes, checkpoint.DropProblems{Record: was.ID})
	}
	if len(c.otherIDs) > 0 && r.ID != 0 {
		changes = append(changes, checkpoint.PutAliases{Record: r.ID, IDs: c.otherIDs})
	}
	if len(c.problems) > 0 {
		if r.ID == 0 {
			r.ID = c.number
		}
		changes = append(changes, checkpoint.AddProblems(problemRows(r, c.problems, false)))
	}
	return changes
}

func (v *scanner) countIdentities(u *mapping.User, by int64) {
	if u == nil {
		return
	}
	for _, i := range u.Identities {
		switch i.Type {
		case mapping.Email:
			v.emails += by
		case mapping.Phone:
			v.phones += by
		case mapping.Username:
			v.usernames += by
		}
	}
}

func cloneProblems(problems []mapping.Problem) []mapping.Problem {
	out := make([]mapping.Problem, len(problems))
	for i, p := range problems {
		p.Field, p.Message, p.Hint = strings.Clone(p.Field), strings.Clone(p.Message), strings.Clone(p.Hint)
		out[i] = p
	}
	return out
}

// record is the row that the checkpoint keeps of an item. It shares no memory with it.
func (v *scanner) record(i *intake.Item) *checkpoint.Record {
	r := &checkpoint.Record{File: i.File, Number: i.Number, Line: i.Line, Offset: i.Offset, Length: i.Length,
		Key: v.store.Keyed(i.Key.Kind.String() + "\x00" + i.Key.Value), Seen: v.source, Pass: v.pass}
	for _, p := range i.Rows {
		r.Rows = append(r.Rows, checkpoint.Row{File: p.File, Number: p.Number, Line: p.Line, Offset: p.Offset, Length: p.Length})
	}
	switch i.Disposition {
	case intake.Use:
		r.Outcome = checkpoint.Pending
	case intake.Skip:
		r.Outcome = checkpoint.Skipped
	default:
		r.Outcome = checkpoint.Rejected
	}
	u := i.User
	if u == nil {
		return r
	}
	r.SourceID, r.Name = strings.Clone(u.SourceID), strings.TrimSpace(u.GivenName+" "+u.FamilyName)
	keepFirst(r, u.Identities)
	r.Provider, r.MFALost = strings.Clone(u.Provider), u.MFA
	if u.Password != nil {
		r.Method = strings.Clone(u.Password.Encoding)
	}
	if len(u.Links) > 0 {
		r.Connection = strings.Clone(firstOf(u.Links[0].Strategy, u.Links[0].Provider, u.Links[0].Connection))
	}
	w := v.presume(u)
	r.Want, r.SignIn = w.wants(), w.signIn()
	if i.Disposition == intake.Use {
		// A row that was not usable has none: once it is, it counts as changed.
		r.Mapped = v.mapped(u)
	}
	return r
}

// presume resolves a user as if the tenant had all that the source names.
func (v *scanner) presume(u *mapping.User) *wanted {
	w := &wanted{user: u, identities: u.Identities, flags: u.Flags, suspended: u.Suspended, reset: u.PasswordReset}
	for _, l := range u.Links {
		w.links = append(w.links, wantedLink{value: l.Subject, connection: l.Strategy})
	}
	if len(u.Properties) > 0 {
		w.properties = make(map[string]string, len(u.Properties))
		for _, p := range u.Properties {
			w.properties[p.Key] = p.Value
		}
	}
	for _, m := range u.Memberships {
		w.members = append(w.members, wantedMember{string(pack(nil, &m.Organization)), m.Roles, m.Permissions})
	}
	if v.opt.Organization != "" {
		w.members = append(w.members, wantedMember{code: v.opt.Organization})
	}
	v.shape.resolvePassword(w)
	return w
}

// mapped is a digest of everything about a user that the tenant should show,
// and of the options that decide it.
func (v *scanner) mapped(u *mapping.User) checkpoint.Digest {
	x := *u
	x.Dropped, x.Provider, x.MFA = nil, "", false
	data, _ := json.Marshal(&x) // plain data never fails
	return v.store.Keyed("mapped\x00" + v.opt.pinned() + "\x00" + string(data))
}

// flush hands the buffer to the checkpoint.
func (v *scanner) flush() error {
	if len(v.buffer) == 0 {
		return nil
	}
	batch := v.buffer
	v.buffer = nil
	if v.delta {
		if err := v.match(batch); err != nil {
			return err
		}
	}
	records := make(checkpoint.PutRecords, 0, len(batch))
	var changes []checkpoint.Change
	if !v.kept && !v.opt.Correction {
		// Not before: why records were rejected stays true while nothing of this version is kept.
		changes = append(changes, checkpoint.DropProblems{})
	}
	var problems checkpoint.AddProblems
	unnumbered := false // a new record of a delta with problems: the writer gives out its number
	for _, x := range batch {
		if x.record.ID == 0 && !v.delta {
			// The first load numbers its rows as the source does, so that
			// problems and corrections find them without a look-up.
			x.record.ID = x.record.Number
		}
		unnumbered = unnumbered || x.record.ID == 0 && len(x.problems) > 0
		records = append(records, x.record)
		if v.aliased.has(x.record.ID) {
			changes = append(changes, checkpoint.PutAliases{Record: x.record.ID}) // until others are merged into it again
		}
		if v.opt.Correction && x.record.ID != 0 {
			changes = append(changes, checkpoint.DropProblems{Record: x.record.ID}) // those of the others stay true
		}
	}
	if err := v.store.Post(v.ctx, append(changes, records)...); err != nil {
		return err
	}
	v.kept = true
	if unnumbered {
		if err := v.store.Flush(v.ctx); err != nil {
			return err
		}
	}
	for _, x := range batch {
		problems = append(problems, problemRows(x.record, x.problems, false)...)
	}
	v.progress.Scanned(int64(len(batch)))
	if len(problems) == 0 {
		return nil
	}
	return v.store.Post(v.ctx, problems)
}

// match joins rows of a newer source to the records that the checkpoint knows.
func (v *scanner) match(batch []*scanned) error {
	keys := make([]checkpoint.Digest, len(batch))
	for i, x := range batch {
		keys[i] = x.record.Key
	}
	known, err := v.store.RecordsByKey(v.ctx, keys)
	if err != nil {
		return fmt.Errorf("looking for known records: %w", err)
	}
	if err := v.unprefixed(batch, known); err != nil {
		return err
	}
	for _, x := range batch {
		was, ok := known[x.record.Key]
		if !ok || was.Seen == v.source || v.claimed.has(was.ID) {
			v.fresh++ // a second row with this key is a record of its own, until it proves to be a duplicate
			continue
		}
		v.recur++
		v.likeness.add(x.record, &was)
		v.claimed.set(was.ID)
		v.inherit(x.record, &was)
	}
	return v.likeness.refused() // before anything of the batch is kept
}

// inherit gives a row of a newer source what is known of its record.
func (v *scanner) inherit(r, was *checkpoint.Record) {
	r.ID, r.KindeID, r.Owner, r.Stage = was.ID, was.KindeID, was.Owner, was.Stage
	back := was.Seen < v.source-1 // had left, and something may have been done about that
	if r.Outcome == checkpoint.Pending && was.Mapped == r.Mapped && was.Outcome != checkpoint.Deleted && !back {
		// As it was. What was left undone stays to be done.
		r.Outcome, r.Pass, r.SignIn, r.Want = was.Outcome, was.Pass, was.SignIn, was.Want
		return
	}
	if r.Outcome == checkpoint.Pending {
		v.changed++
		if len(v.prior) < maxPrior && !back {
			v.prior[r.ID] = priorState{was.Mapped, was.Outcome, was.Pass, was.SignIn, was.Want}
		}
	}
}

// maxPrior bounds what is remembered of changed records. One that is forgotten
// is planned again and found to be as it was.
const maxPrior = 500_000

// priorState is what a record was before this source.
type priorState struct {
	mapped  checkpoint.Digest
	outcome checkpoint.Outcome
	pass    int
	signIn  string
	want    checkpoint.Wants
}

// bitset is a set of small numbers.
type bitset []uint64

func (b *bitset) set(n int64) {
	for int64(len(*b)) <= n/64 {
		*b = append(*b, make([]uint64, len(*b)+16)...)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b bitset) has(n int64) bool { return n/64 < int64(len(b)) && b[n/64]&(1<<(n%64)) != 0 }

// statFiles notes size and time of the files of the source.
func statFiles(s intake.Source) []checkpoint.SourceFile {
	all := append(append([]intake.SourceFile(nil), s.Files...), s.Companions...)
	files := make([]checkpoint.SourceFile, len(all))
	for i, f := range all {
		files[i] = checkpoint.SourceFile{Index: i, Path: f.Path, Bytes: f.Bytes, SHA256: f.SHA256}
		if info, err := os.Stat(f.Path); err == nil {
			files[i].Bytes, files[i].ModTime = info.Size(), info.ModTime()
		}
	}
	return files
}

// sameFiles tells whether the files are as they were when they were scanned.
// Standard input never is: it has no time.
func sameFiles(was, now []checkpoint.SourceFile) bool {
	if len(was) != len(now) || len(was) == 0 {
		return false
	}
	for i := range was {
		if was[i].Path != now[i].Path || was[i].Bytes != now[i].Bytes || now[i].ModTime.IsZero() || !was[i].ModTime.Equal(now[i].ModTime) {
			return false
		}
	}
	return true
}

// inputs is a digest of what decides what the records become beside the files.
func inputs(s intake.Source, opt *Options) string {
	sum := sha256.Sum256(
		[]byte(string(s.Format) + "\x00" + s.Preset + "\x00" + s.MappingSHA256 + "\x00" + opt.pinned() + "\x00" + opt.Selection),
	)
	return fmt.Sprintf("%x", sum[:16])
}

// pinned is the canonical form of the options that must not change unnoticed.
func (o *Options) pinned() string {
	pinned := o.Pinned
	if pinned == nil {
		pinned = map[string]string{}
	}
	data, _ := json.Marshal(pinned) // its keys come sorted
	return string(data)
}
