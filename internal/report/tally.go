package report

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Tally counts the rows of a first pass into a report, for a validation: no
// checkpoint, no tenant. It is an intake.Visitor. Its memory does not grow with
// the number of good records.
type Tally struct {
	Report *Report
	// Judge applies what the operator asked for to a usable record: it returns
	// the problems that come on top, one of them an error when the record is to
	// be rejected, and how the person will sign in.
	Judge func(*mapping.User) (problems []mapping.Problem, signIn string)
	// Outcome receives a row of outcomes.csv for each record; Corrected receives
	// the new row of a record whose row was wrong, or none when it became part of another.
	Outcome   func(Outcome) error
	Corrected func(number int64, row *Outcome) error

	rejected rejectedList
	orgs     map[string]*orgTally
	wanted   [len(StepNames)]int64
	byCode   map[mapping.Code]*int64
	byMethod map[string]*int64
	calls    planned
	problems *listing
	said     map[[2]string]string // by field and message
	saidLast [3]string            // field, message, and what was said of them
}

type orgTally struct {
	OrganizationSignIn
}

// maxOrganizations bounds the forecast per organization.
const maxOrganizations = 100_000

// NewTally returns a tally that fills r.
func NewTally(r *Report) *Tally {
	return &Tally{
		Report:    r,
		problems:  newListing(),
		said:      map[[2]string]string{},
		orgs:      map[string]*orgTally{},
		byCode:    map[mapping.Code]*int64{},
		byMethod:  map[string]*int64{},
		Judge:     func(*mapping.User) ([]mapping.Problem, string) { return nil, "" },
		Outcome:   func(Outcome) error { return nil },
		Corrected: func(int64, *Outcome) error { return nil },
	}
}

// verdict is what a row adds to the report.
type verdict struct {
	class    string // the counter of Totals; "" when the row is no record
	problems []mapping.Problem
	signIn   string
}

func (t *Tally) judge(it *intake.Item) verdict {
	v := verdict{problems: it.Problems}
	switch it.Disposition {
	case intake.Use:
		v.class = "pending"
		more, signIn := t.Judge(it.User)
		v.signIn = signIn
		if len(more) > 0 {
			v.problems = append(slices.Clip(it.Problems), more...)
		}
		if slices.ContainsFunc(more, func(p mapping.Problem) bool { return p.Severity == mapping.Error }) {
			v.class, v.signIn = "rejected", ""
		}
	case intake.Reject:
		v.class = "rejected"
	case intake.Skip:
		v.class = "skipped"
	}
	return v
}

// Add counts a row.
func (t *Tally) Add(it intake.Item) error {
	v := t.judge(&it)
	if err := t.count(&it, &v, 1); err != nil {
		return err
	}
	t.list(&it, v.problems)
	if v.class == "" {
		return nil
	}
	return t.Outcome(t.row(&it, &v))
}

// Replace corrects a row that Add counted.
func (t *Tally) Replace(old, new intake.Item) error {
	was, is := t.judge(&old), t.judge(&new)
	if err := t.count(&old, &was, -1); err != nil {
		return err
	}
	t.problems.remove(old.Number)
	if err := t.count(&new, &is, 1); err != nil {
		return err
	}
	t.list(&new, is.problems)
	if is.class == "" {
		return t.Corrected(new.Number, nil)
	}
	row := t.row(&new, &is)
	if was.class != "" && row == t.row(&old, &was) {
		return nil // a record that took in further rows mostly looks as before
	}
	return t.Corrected(new.Number, &row)
}

func (t *Tally) row(it *intake.Item, v *verdict) Outcome {
	o := Outcome{Record: it.Number, Line: it.Line, Outcome: v.class, SignIn: v.signIn}
	if it.User != nil {
		o.SourceID = cell(it.User.SourceID)
		if e := firstOf(it.User, mapping.Email); e != "" {
			o.Email = cell(e)
		}
	}
	for _, p := range v.problems {
		if o.ProblemCode == "" || p.Severity == mapping.Error {
			o.ProblemCode, o.Problem = string(p.Code), cell(t.about(&p))
			if p.Severity == mapping.Error {
				break
			}
		}
	}
	return o
}

// about is about, without writing the same text again for every record.
func (t *Tally) about(p *mapping.Problem) string {
	if p.Field == "" || p.Code != mapping.FieldDropped && p.Code != mapping.PasswordUnread {
		return p.Message
	}
	if l := &t.saidLast; l[0] == p.Field && l[1] == p.Message {
		return l[2]
	}
	key := [2]string{p.Field, p.Message}
	said, ok := t.said[key]
	if !ok {
		said = about(string(p.Code), p.Field, p.Message)
		if len(t.said) < MaxItems {
			key = [2]string{strings.Clone(p.Field), strings.Clone(p.Message)}
			t.said[key] = said
			t.saidLast = [3]string{key[0], key[1], said}
		}
	}
	return said
}

func firstOf(u *mapping.User, kind mapping.IdentityType) string {
	for _, i := range u.Identities {
		if i.Type == kind {
			return i.Value
		}
	}
	return ""
}

// count adds (or, with n -1, takes back) what a row contributes.
func (t *Tally) count(it *intake.Item, v *verdict, n int64) error {
	r := t.Report
	if v.class == "" {
		return nil
	}
	r.Totals.Records += n
	for _, p := range v.problems {
		bump(t.byCode, p.Code, n)
		switch p.Code {
		case mapping.PasswordUnsupported:
			r.Passwords.Unsupported += n
		case mapping.PasswordStale:
			r.Passwords.Stale += n
		}
	}
	switch v.class {
	case "rejected":
		r.Totals.Rejected += n
		if n > 0 {
			return t.rejected.add(it.Position, it.User == nil)
		}
		t.rejected.remove(it.Number)
	case "skipped":
		r.Totals.Skipped += n
	case "pending":
		r.Totals.Pending += n
		t.countUser(it.User, v.signIn, n)
	}
	return nil
}

func (t *Tally) countUser(u *mapping.User, signIn string, n int64) {
	r := t.Report
	r.SignIn.Count(signIn, n)
	if u.MFA {
		r.SignIn.MFALost += n
	}
	t.wanted[identities] += n * int64(len(u.Identities))
	t.wanted[social] += n * int64(len(u.Links))
	t.wanted[properties] += n * int64(len(u.Properties))
	t.wanted[flags] += n * int64(len(u.Flags))
	t.wanted[memberships] += n * int64(len(u.Memberships))
	if u.Suspended {
		t.wanted[suspensions] += n
	}
	// Whoever keeps their password, and whoever is suspended until then, has their hash set.
	if u.Password != nil && u.Password.Body != nil && (signIn == "same_password" || signIn == "suspended") {
		t.wanted[passwords] += n
		r.Passwords.Set += n
		bump(t.byMethod, u.Password.Encoding, n)
	}
	if signIn == "new_password" {
		r.Passwords.ResetRequested += n
	}
	for i := range u.Memberships {
		m := &u.Memberships[i]
		t.wanted[roles] += n * int64(len(m.Roles))
		t.wanted[permissions] += n * int64(len(m.Permissions))
		t.member(&m.Organization, signIn, n)
	}
	t.calls.count(u, signIn, n)
}

// bump counts without writing to the map again and again.
func bump[K comparable](m map[K]*int64, key K, n int64) {
	c := m[key]
	if c == nil {
		c = new(int64)
		m[key] = c
	}
	*c += n
}

// The steps, as indexes of StepNames.
const (
	identities = iota
	social
	suspensions
	properties
	passwords
	flags
	memberships
	roles
	permissions
)

func (t *Tally) member(o *mapping.Organization, signIn string, n int64) {
	name := cmp.Or(o.Code, o.ExternalID, o.Name)
	org := t.orgs[name]
	if org == nil {
		if len(t.orgs) >= maxOrganizations {
			return
		}
		name = strings.Clone(name) // it shares memory with the batch that it was read in
		org = &orgTally{OrganizationSignIn{Organization: name}}
		t.orgs[name] = org
	}
	org.Users += n
	org.Count(signIn, n)
}

// list adds problems to those that are shown.
func (t *Tally) list(it *intake.Item, problems []mapping.Problem) {
	for i := range problems {
		p := &problems[i]
		if !t.problems.wants(p.Severity, p.Code) {
			continue
		}
		item := Problem{
			Record:   it.Number,
			Line:     it.Line,
			Severity: string(p.Severity),
			Code:     string(p.Code),
			Field:    strings.Clone(p.Field),
			Message:  strings.Clone(p.Message),
			Hint:     p.Hint,
		}
		if it.User != nil {
			item.SourceID = strings.Clone(it.User.SourceID)
		}
		if it.File >= 0 && it.File < len(t.Report.Source.Files) {
			item.File = t.Report.Source.Files[it.File].Path
		}
		t.problems.add(item)
	}
}

// Finish completes the report with what the pass as a whole tells. rate is in
// requests per second, for the time that an import would take.
func (t *Tally) Finish(sum intake.Summary, rate float64) {
	r := t.Report
	account := sum.Account()
	r.Source.account(&account)
	r.Source.Rows, r.Source.Filtered, r.Source.Notices = sum.Rows, sum.Filtered, sum.Notices
	r.Passwords.Hashes, r.Passwords.Joined, r.Passwords.JoinedNobody = sum.Passwords.Rows, sum.Passwords.Joined, sum.Passwords.JoinedNobody
	r.Problems.Items, r.Problems.Truncated = t.problems.list()
	for i, n := range t.wanted {
		r.Steps[StepNames[i]] = Step{Wanted: n}
	}
	for code, n := range t.byCode {
		if *n > 0 {
			r.Problems.ByCode[string(code)] = *n
		}
	}
	for method, n := range t.byMethod {
		if *n > 0 {
			r.Passwords.ByMethod[strings.Clone(method)] = *n
		}
	}
	orgs := make([]OrganizationSignIn, 0, len(t.orgs))
	for _, o := range t.orgs {
		if o.Users > 0 {
			orgs = append(orgs, o.OrganizationSignIn)
		}
	}
	slices.SortFunc(orgs, func(a, b OrganizationSignIn) int {
		return cmp.Or(cmp.Compare(b.Users, a.Users), cmp.Compare(a.Organization, b.Organization))
	})
	r.API.CallsPlanned = t.calls.plan(orgs)
	r.Organizations = orgs[:min(len(orgs), 100)]
	if rate > 0 {
		var least, most int64
		for _, p := range r.API.CallsPlanned {
			least, most = least+p.Min, most+p.Max
		}
		r.API.PlannedRate = rate
		r.API.PlannedSeconds = &Planned{Min: ceil(least, rate), Max: ceil(most, rate)}
	}
}

func ceil(calls int64, rate float64) int64 {
	seconds := float64(calls) / rate
	whole := int64(seconds)
	if seconds > float64(whole) {
		whole++
	}
	return whole
}

// Rejected returns where the rejected records lie, in the order of the source.
func (t *Tally) Rejected() iter.Seq2[RejectedAt, error] { return t.rejected.sorted() }

// Close removes what lies in a temporary file.
func (t *Tally) Close() error { return t.rejected.close() }
