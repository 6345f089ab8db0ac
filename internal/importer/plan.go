package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// wanted is a mapped user in the tenant's terms: names resolved to codes and
// ids, what the tenant can't take left out.
type wanted struct {
	user        *mapping.User
	identities  []mapping.Identity
	links       []wantedLink
	properties  map[string]string
	flags       []mapping.KeyValue
	members     []wantedMember
	password    *kinde.PasswordRequest
	suspended   bool
	reset       bool
	problems    []mapping.Problem
	fatal       bool // a problem that rejects the record
	unsupported bool
}

type wantedLink struct {
	kind       string // social or enterprise
	value      string
	connection string
}

func (l wantedLink) key() string { return l.connection + ":" + l.value }

type wantedMember struct {
	code        string
	roles       []string
	permissions []string
}

// resolve turns a mapped user into the tenant's terms.
func (p *planner) resolve(u *mapping.User) *wanted {
	w := &wanted{user: u, identities: u.Identities, suspended: u.Suspended, reset: u.PasswordReset}
	p.resolveLinks(w)
	p.resolveProperties(w)
	p.resolveMembers(w)
	p.resolvePassword(w)
	if len(w.identities) == 0 && len(w.links) == 0 {
		w.reject(
			mapping.NoIdentity,
			"",
			"nothing is left to sign in with",
			"Map an e-mail address, a phone number or a username, or enable the connection in Kinde.",
		)
	}
	return w
}

func (w *wanted) warn(code mapping.Code, field, message, hint string) {
	w.problems = append(w.problems, mapping.Problem{Severity: mapping.Warning, Code: code, Field: field, Message: message, Hint: hint})
}

func (w *wanted) reject(code mapping.Code, field, message, hint string) {
	w.problems = append(w.problems, mapping.Problem{Severity: mapping.Error, Code: code, Field: field, Message: message, Hint: hint})
	w.fatal = true
}

func (p *planner) resolveLinks(w *wanted) {
	for _, l := range w.user.Links {
		c, ok := p.defs.Connection(l)
		name := firstOf(l.Connection, l.Strategy, l.Provider)
		if !ok {
			w.warn(
				mapping.ConnectionUnknown,
				name,
				fmt.Sprintf("the tenant has no connection %q", name),
				"Create the connection in Kinde, or map it to another one.",
			)
			continue
		}
		enterprise := l.Enterprise || c.IsEnterprise()
		if enterprise && !p.opt.Enterprise {
			w.warn(mapping.FieldDropped, name, "an enterprise identity excludes all others, so it was left out", "Use --enterprise to import it.")
			continue
		}
		link := wantedLink{kind: kinde.IdentitySocial, value: firstOf(l.Subject, l.Email), connection: c.ID}
		if enterprise {
			link.kind, link.value = kinde.IdentityEnterprise, firstOf(l.Email, l.Subject)
		}
		if link.value == "" {
			w.warn(mapping.FieldDropped, name, "the source does not say who this is at the provider", "")
			continue
		}
		if !slices.Contains(w.links, link) {
			w.links = append(w.links, link)
		}
	}
	enterprise := slices.ContainsFunc(w.links, func(l wantedLink) bool { return l.kind == kinde.IdentityEnterprise })
	if !enterprise {
		return
	}
	for _, i := range w.identities {
		w.warn(mapping.FieldDropped, string(i.Type), "left out, because an enterprise identity excludes all others", "")
	}
	w.identities = nil
	w.links = slices.DeleteFunc(w.links, func(l wantedLink) bool { return l.kind != kinde.IdentityEnterprise })
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (p *planner) resolveProperties(w *wanted) {
	for _, kv := range w.user.Properties {
		if !p.defs.Has(definition.UserProperty, kv.Key) {
			w.warn(
				mapping.PropertyUndefined,
				kv.Key,
				fmt.Sprintf("the tenant has no user property %q", kv.Key),
				"Create it in Kinde, or use --create-missing.",
			)
			continue
		}
		if w.properties == nil {
			w.properties = make(map[string]string, len(w.user.Properties))
		}
		w.properties[kv.Key] = kv.Value
	}
	for _, kv := range w.user.Flags {
		if !p.defs.Has(definition.Flag, kv.Key) {
			w.warn(mapping.FlagUnknown, kv.Key, fmt.Sprintf("the tenant has no feature flag %q", kv.Key), "Create the flag in Kinde first.")
			continue
		}
		w.flags = append(w.flags, kv)
	}
}

func (p *planner) resolveMembers(w *wanted) {
	add := func(m wantedMember) {
		for i := range w.members {
			if w.members[i].code == m.code {
				w.members[i].roles = union(w.members[i].roles, m.roles)
				w.members[i].permissions = union(w.members[i].permissions, m.permissions)
				return
			}
		}
		w.members = append(w.members, m)
	}
	for _, m := range w.user.Memberships {
		code := p.defs.Organization(m.Organization)
		if code == "" {
			name := firstOf(m.Organization.Code, m.Organization.ExternalID, m.Organization.Name)
			w.reject(
				mapping.OrganizationUnknown,
				"organization",
				fmt.Sprintf("the tenant has no organization %q", name),
				"Create it in Kinde, or use --create-missing.",
			)
			continue
		}
		for _, r := range m.Roles {
			if !p.defs.Has(definition.Role, r) {
				w.reject(mapping.RoleUnknown, "roles", fmt.Sprintf("the tenant has no role %q", r),
					"Create it in Kinde, use --create-missing, or give it another key under roles: in a mapping file.")
			}
		}
		for _, k := range m.Permissions {
			if !p.defs.Has(definition.Permission, k) {
				w.reject(
					mapping.PermissionUnknown,
					"permissions",
					fmt.Sprintf("the tenant has no permission %q", k),
					"Create it in Kinde, or use --create-missing.",
				)
			}
		}
		add(wantedMember{code, union(nil, m.Roles), union(nil, m.Permissions)})
	}
	if p.opt.Organization != "" {
		add(wantedMember{code: p.opt.Organization})
	}
}

func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *planner) resolvePassword(w *wanted) {
	p.choosePassword(w)
	if w.reset && !slices.ContainsFunc(w.identities, func(i mapping.Identity) bool { return i.Type == mapping.Email }) {
		w.reset = false
		w.warn(mapping.FieldDropped, "password_reset", "a new password can't be asked for: Kinde does that by e-mail, and there is no address",
			"Add an address, or let this person sign in with a code or a social login.")
	}
}

func (p *planner) choosePassword(w *wanted) {
	pw := w.user.Password
	if pw == nil {
		return
	}
	if pw.Body == nil {
		w.unsupported = true
		switch p.opt.Unsupported {
		case RejectUnsupported:
			// The mapping has warned; what makes the record fall is the policy.
			w.reject(mapping.PasswordUnsupported, "password", firstOf(pw.Reason, "Kinde can't hold this hash"), "Use --unsupported-passwords reset.")
		case SkipUnsupported:
		default:
			w.reset = true
		}
		return
	}
	if w.user.PasswordStale && p.opt.Stale != SetStale {
		w.reset = true
		return
	}
	body := kinde.PasswordRequest(*pw.Body)
	w.password = &body
}

// wants counts what is wanted, for the report.
func (w *wanted) wants() (c checkpoint.Wants) {
	c.Identities, c.Social = len(w.identities), len(w.links)
	c.Properties, c.Flags, c.Memberships = len(w.properties), len(w.flags), len(w.members)
	if w.suspended {
		c.Suspensions = 1
	}
	if w.reset {
		c.Resets = 1
	}
	if w.password != nil {
		c.Passwords = 1
	}
	for _, m := range w.members {
		c.Roles += len(m.roles)
		c.Permissions += len(m.permissions)
	}
	return c
}

// signIn tells how the user will sign in.
func (w *wanted) signIn() string {
	switch {
	case w.suspended:
		return "suspended"
	case w.password != nil && len(w.identities) > 0:
		if w.password.Temporary {
			return "new_password"
		}
		return "same_password"
	case w.reset && len(w.identities) > 0:
		return "new_password"
	case len(w.links) > 0:
		return "social"
	case slices.ContainsFunc(w.identities, func(i mapping.Identity) bool { return i.Type != mapping.Username }):
		return "code"
	default:
		return "none"
	}
}

// desired is the user as the tenant should show them.
func (w *wanted) desired() compare.User {
	u := compare.User{ProvidedID: w.user.SourceID, GivenName: w.user.GivenName, FamilyName: w.user.FamilyName, Picture: w.user.Picture,
		Suspended: w.suspended, Properties: w.properties}
	for _, i := range w.identities {
		u.Identities = append(u.Identities, compare.Identity{Kind: string(i.Type), Value: i.Value})
	}
	for _, l := range w.links {
		u.Identities = append(u.Identities, compare.Identity{Kind: l.kind, Value: l.value, Connection: l.connection})
	}
	for _, m := range w.members {
		if u.Organizations == nil {
			u.Organizations = make(map[string][]string, len(w.members))
		}
		u.Organizations[m.code] = m.roles
	}
	return u
}

// createRequest is the body of createUser: all e-mails, phones and the username
// at once, because only there can an identity be marked verified.
func (w *wanted) createRequest() kinde.CreateUserRequest {
	u := w.user
	r := kinde.CreateUserRequest{ProvidedID: u.SourceID}
	if u.GivenName != "" || u.FamilyName != "" || u.Picture != "" {
		r.Profile = &kinde.Profile{GivenName: u.GivenName, FamilyName: u.FamilyName, Picture: u.Picture}
	}
	if len(w.members) > 0 {
		r.OrganizationCode = w.members[0].code
	}
	for _, i := range w.identities {
		switch i.Type {
		case mapping.Email:
			r.Identities = append(r.Identities, kinde.EmailIdentity(i.Value, i.Verified))
		case mapping.Phone:
			r.Identities = append(r.Identities, kinde.PhoneIdentity(i.Value, i.CountryID, i.Verified))
		case mapping.Username:
			r.Identities = append(r.Identities, kinde.UsernameIdentity(i.Value))
		}
	}
	return r
}

// planner turns mapped users into subjects with steps.
type planner struct {
	opt    *Options
	defs   *definition.Set
	target Target
	store  *checkpoint.Store
	engine *engine.Engine
	bulk   *members
	settle *settler
	// rosters is what the members of organizations have already.
	rosters rosters
	pass    int
	source  int   // the version of the source
	first   int64 // id of the first run of this pass

	leftAlone atomic.Int64 // users who may be somebody else
	cutOff    bool         // the exchange of identities got no answer somewhere
	// refused is why the tenant refused identities in the exchange, of those whom
	// somebody was to get them from. Asked again, it says that somebody has them.
	refused map[claimed]engine.Result

	properties map[string]checkpoint.Digest // of those that users show who came by files, by their ids
}

// claimed is an identity that a record wants.
type claimed struct {
	record int64
	id     engine.StepID
}

// digest is what a step asked for, keyed so that it tells nothing by itself.
func (p *planner) digest(kind string, asked any) checkpoint.Digest {
	data, _ := json.Marshal(asked) // plain data never fails
	return p.store.Keyed(kind + "\x00" + string(data))
}

// problemRows turns what planning found into rows of the checkpoint.
func problemRows(r *checkpoint.Record, problems []mapping.Problem, applying bool) []checkpoint.Problem {
	rows := make([]checkpoint.Problem, 0, len(problems))
	for _, x := range problems {
		rows = append(
			rows,
			checkpoint.Problem{Record: r.ID, Applying: applying, File: r.File, Number: r.Number, Line: r.Line, SourceID: r.SourceID,
				Severity: string(x.Severity), Code: string(x.Code), Field: strings.Clone(x.Field), Message: strings.Clone(x.Message), Hint: x.Hint},
		)
	}
	return rows
}

// subject plans a record that is not in the tenant, or of which only the
// checkpoint knows how far it came.
func (p *planner) subject(r checkpoint.Record, u *mapping.User, before []checkpoint.Step, shown map[string]kinde.User) *engine.Subject {
	w := p.resolve(u)
	s := p.begin(r, w, before)
	if s.Settled != "" {
		return s
	}
	s.CreatedNow = p.createdNow(s)
	if r.Stage != checkpoint.Present {
		s.Steps = append(s.Steps, p.createStep(w))
		p.addSteps(s, w, nil)
		return s
	}
	if r.Owner == checkpoint.Existed {
		s.Steps = append(s.Steps, p.leavePassword(s, w, nil)...)
	}
	known := p.knownFrom(s)
	if u, ok := shown[r.KindeID]; ok && known.ours {
		known.shown = &u
		p.broughtByFile(s, w, &u)
	}
	p.addSteps(s, w, known)
	return s
}

// begin makes the subject and settles it when it must be rejected.
func (p *planner) begin(r checkpoint.Record, w *wanted, before []checkpoint.Step) *engine.Subject {
	s := &engine.Subject{Record: r, Problems: problemRows(&r, w.problems, true)}
	if len(before) > 0 {
		s.Before = make(map[engine.StepID]checkpoint.Step, len(before))
		for _, b := range before {
			s.Before[engine.StepID{Kind: b.Kind, Key: b.Key}] = b
		}
	}
	p.expect(s, w)
	for _, b := range before {
		if b.State == checkpoint.Done && b.Run >= p.first && b.Kind != checkpoint.StepCreate && b.Kind != checkpoint.StepParked {
			// This pass has changed the user already: a run that was cut off, or an exchange.
			s.Steps = append(s.Steps, &notedStep{info: engine.Info{Kind: b.Kind, Key: b.Key}, result: engine.Result{Silent: true}})
			break
		}
	}
	if w.fatal {
		s.Settled = checkpoint.Rejected
		if r.Stage == checkpoint.Present {
			s.Settled = checkpoint.Failed // in the tenant already: not found before a write
		}
	}
	return s
}

// expect notes what is wanted for the user, and how they will sign in.
func (p *planner) expect(s *engine.Subject, w *wanted) {
	wants := w.wants()
	s.Wants, s.Record.SignIn = &wants, w.signIn()
	if !w.suspended && !w.reset && len(clearedPassword(s, w)) > 0 && len(w.identities) > 0 {
		s.Record.SignIn = "same_password" // the one that the tenant keeps
	}
}

// leavePassword takes the password out of what is wanted for a user who was
// there before us: it is their own, and nobody can tell whether it is the one
// of the source. It returns the step that says so if the user is updated.
func (p *planner) leavePassword(s *engine.Subject, w *wanted, shown *kinde.User) (left []engine.Step) {
	if !p.opt.OverwritePasswords {
		if w.password != nil {
			left = append(left, &notedStep{info: engine.Info{Kind: "password left"}, result: engine.Result{Silent: true, Nothing: true,
				State: checkpoint.Omitted, Problem: engine.Problem{Code: string(mapping.PasswordUnread), Field: "password", Warning: true,
					Message: "the user was in the tenant before, so the password of the source is not set",
					Hint:    "Use --overwrite-passwords to set it."}}})
		}
		w.password, w.reset = nil, false
	}
	p.expect(s, w)
	if shown != nil && shown.IsSuspended {
		s.Record.SignIn = "suspended"
	}
	return left
}

func (p *planner) createdNow(s *engine.Subject) bool {
	b, ok := s.Before[engine.StepID{Kind: checkpoint.StepCreate}]
	return ok && b.State == checkpoint.Done && b.Run >= p.first
}
