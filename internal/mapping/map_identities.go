package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
)

// identities fills e-mail addresses, phone numbers and usernames. The first of a
// type is the primary one.
func (r *run) identities() {
	r.identityRules(r.m.emails, Email)
	r.identityRules(r.m.phones, Phone)
	r.identityRules(r.m.usernames, Username)
}

func (r *run) identityRules(rules []identityRule, kind IdentityType) {
	start, primary := len(r.u.Identities), -1
	for i := range rules {
		rule := &rules[i]
		if !r.plan.live[rule.loop.gate] {
			continue
		}
		if rule.loop.over == nil && rule.loop.where == nil && rule.v.single {
			// The common case, a column: no closure is needed.
			if rule.v.quick != nil {
				if t, known := rule.v.quick(r.scope); known {
					if t != "" {
						r.identity(kind, rule, t, rule.verified != nil && rule.verified.test(r.scope))
					}
					continue
				}
			}
			v := rule.v.one(r.scope)
			if v.Kind != Array {
				if t := text(v); t != "" {
					r.identity(kind, rule, t, rule.verified != nil && rule.verified.test(r.scope))
				}
				continue
			}
		}
		if at := r.identityItems(rule, kind); primary < 0 {
			primary = at
		}
	}
	if primary > start {
		first := r.u.Identities[primary]
		copy(r.u.Identities[start+1:primary+1], r.u.Identities[start:primary])
		r.u.Identities[start] = first
	}
}

// identityItems adds all identities that a rule finds, and returns the place of
// the one that the source calls primary, -1 for none.
func (r *run) identityItems(rule *identityRule, kind IdentityType) int {
	primary := -1
	rule.loop.run(r.scope, func() {
		verified := rule.verified != nil && rule.verified.test(r.scope)
		for _, t := range rule.v.texts(r.scope) {
			at := r.identity(kind, rule, t, verified)
			if at >= 0 && primary < 0 && rule.primary != nil && rule.primary.test(r.scope) {
				primary = at
			}
		}
	})
	return primary
}

// identity checks and adds one identity. It returns its place, -1 when it is left out.
func (r *run) identity(kind IdentityType, rule *identityRule, raw string, verified bool) int {
	switch kind {
	case Email:
		return r.email(rule, raw, verified)
	case Phone:
		return r.phone(rule, raw, verified)
	default:
		return r.username(rule, raw)
	}
}

// add puts an identity in, or joins it with its twin in the same record: what
// the source calls verified anywhere is verified. It returns its place.
func (r *run) add(id Identity, same func(have string) bool) int {
	for i := range r.u.Identities {
		have := &r.u.Identities[i]
		if have.Type == id.Type && same(have.Value) {
			have.Verified = have.Verified || id.Verified
			return i
		}
	}
	if r.u.Identities == nil {
		r.u.Identities = r.work.identityList()
	}
	r.u.Identities = append(r.u.Identities, id)
	return len(r.u.Identities) - 1
}

func (r *run) email(rule *identityRule, raw string, verified bool) int {
	addr, err := CheckEmail(raw)
	if err != nil {
		r.leaveOut(EmailInvalid, rule, fmt.Sprintf("The value is not an e-mail address: %v.", err))
		return -1
	}
	return r.add(Identity{Type: Email, Value: addr, Verified: verified}, func(have string) bool {
		return compare.Fold("email", have) == compare.Fold("email", addr)
	})
}

func (r *run) phone(rule *identityRule, raw string, verified bool) int {
	region := r.m.region
	if t := rule.region.text(r.scope); t != "" {
		region = strings.ToUpper(t)
	}
	p, err := ParsePhone(raw, region, rule.plus)
	if err != nil {
		r.leaveOut(PhoneInvalid, rule, fmt.Sprintf("The value is not a valid phone number: %v.", err))
		if err == errPhoneRegion {
			r.out.Problems[len(r.out.Problems)-1].Hint = "For numbers without a calling code, set default_region in the mapping."
		}
		return -1
	}
	id := Identity{Type: Phone, Value: p.E164, CountryID: p.Country, Verified: verified}
	return r.add(id, func(have string) bool { return have == p.E164 })
}

func (r *run) username(rule *identityRule, raw string) int {
	if err := CheckUsername(raw); err != nil {
		if r.isOwnEmail(raw) {
			return -1 // nothing is lost: one signs in with the address itself
		}
		if rule.keepAs != "" {
			r.kept = append(r.kept, KeyValue{rule.keepAs, raw})
		}
		r.leaveOut(UsernameInvalid, rule, fmt.Sprintf("The value can't be a username: %v.", err))
		return -1
	}
	return r.add(
		Identity{Type: Username, Value: raw},
		func(have string) bool { return compare.Fold("username", have) == compare.Fold("username", raw) },
	)
}

// isOwnEmail tells whether a login is one of the person's e-mail addresses, as in
// systems whose usernames are addresses.
func (r *run) isOwnEmail(login string) bool {
	for i := range r.u.Identities {
		if id := &r.u.Identities[i]; id.Type == Email && compare.Fold("email", id.Value) == compare.Fold("email", login) {
			return true
		}
	}
	return false
}

// leaveOut names an identity that can't be used. Whether it costs the record is
// decided when all identities are known. The message never shows the value:
// messages are printed, and values of the source are personal.
func (r *run) leaveOut(code Code, rule *identityRule, message string) {
	field := cmp.Or(rule.v.at(r.scope), rule.v.source, strings.ToLower(strings.TrimSuffix(string(code), "_INVALID")))
	r.invalid = append(r.invalid, len(r.out.Problems))
	r.problem(Warning, code, field, message, "The user is created without it.")
}

// links fills social and enterprise identities.
func (r *run) links() {
	for i := range r.m.links {
		rule := &r.m.links[i]
		if !r.plan.live[rule.loop.gate] {
			continue
		}
		switch {
		case rule.loop.over != nil:
			r.linkItems(rule)
		case rule.loop.where == nil || rule.loop.where.test(r.scope):
			r.link(rule)
		}
	}
}

func (r *run) linkItems(rule *linkRule) {
	rule.loop.run(r.scope, func() { r.link(rule) })
}

func (r *run) link(rule *linkRule) {
	provider := rule.provider.text(r.scope)
	if provider == "" || localNames[foldKey(provider)] {
		return
	}
	subject := rule.subject.text(r.scope)
	if subject == "" {
		return
	}
	if isRounded(subject) {
		r.leave(rule.subject.at(r.scope), StringValue(subject), "A spreadsheet has rounded the subject of this login, so the real one is lost.",
			"Export the file again and don't open it in a spreadsheet program, or import the column there as text.")
		return
	}
	l := Link{Provider: provider, Subject: subject, Email: rule.email.text(r.scope)}
	name := rule.connection.text(r.scope)
	for _, n := range []string{name, provider} {
		if to, listed := lookName(r.m.connections, n); listed {
			if to == "" {
				return // the mapping leaves this provider out
			}
			l.Connection = to
			break
		}
	}
	if l.Connection == "" && strings.HasPrefix(name, "conn_") {
		l.Connection = name // one of Kinde's own ids
	}
	l.Strategy, l.Enterprise = Strategy(provider)
	if to, listed := lookName(r.m.strategies, provider); listed {
		l.Strategy, l.Enterprise = Strategy(to)
		if l.Strategy == "" {
			l.Strategy = to
		}
	}
	if rule.enterprise != nil {
		l.Enterprise = rule.enterprise.test(r.scope)
	}
	for i := range r.u.Links {
		have := &r.u.Links[i]
		if have.Provider == l.Provider && have.Subject == l.Subject {
			if have.Email == "" {
				have.Email = l.Email
			}
			return
		}
	}
	r.u.Links = append(r.u.Links, l)
}

// lookName finds a name in a map of names, ignoring case.
func lookName(names map[string]string, name string) (to string, listed bool) {
	if len(names) == 0 || name == "" {
		return "", false
	}
	if to, listed = names[name]; listed {
		return to, true
	}
	for k, v := range names {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

// memberships fills organizations with roles and permissions. Roles without an
// organization count in each of the user's organizations; a user without any
// holds them in an organization without a name: the tenant's default one.
func (r *run) memberships() {
	for i := range r.m.memberships {
		rule := &r.m.memberships[i]
		switch {
		case !r.plan.live[rule.loop.gate]:
		case rule.loop.over != nil:
			r.membershipItems(rule)
		case rule.loop.where == nil || rule.loop.where.test(r.scope):
			r.membership(rule)
		}
	}
	general := &r.general
	if len(general.Roles)+len(general.Permissions) == 0 {
		return
	}
	if len(r.u.Memberships) == 0 {
		r.u.Memberships = append(r.work.membershipList(), Membership{})
	}
	for i := range r.u.Memberships {
		ms := &r.u.Memberships[i]
		ms.Roles, ms.Permissions = unite(ms.Roles, general.Roles), unite(ms.Permissions, general.Permissions)
	}
}

func (r *run) membershipItems(rule *membershipRule) {
	rule.loop.run(r.scope, func() { r.membership(rule) })
}

func (r *run) membership(rule *membershipRule) {
	roles := r.scopedRoles(rule)
	permissions := r.names(rule.permissions, r.m.permissions)
	if !rule.anywhere() {
		r.member(rule, roles, permissions)
		return
	}
	r.general.Roles, r.general.Permissions = unite(r.general.Roles, roles), unite(r.general.Permissions, permissions)
}

// anywhere tells that the rule names roles but no organization.
func (m *membershipRule) anywhere() bool {
	return m.organization == nil && m.code == nil && m.externalID == nil && m.name == nil
}

func (r *run) member(rule *membershipRule, roles, permissions []string) {
	names := rule.organization.listed(r.scope, r.work)
	name := rule.name.text(r.scope)
	codes, ids := rule.code.listed(r.scope, r.work), rule.externalID.listed(r.scope, r.work)
	if len(codes) == 1 && len(ids) == 1 {
		// Both names of one organization: the code decides, the id helps where the code is unknown.
		if to, ok := translate(r.m.organizations, codes[0]); ok {
			r.join(Organization{Code: to, ExternalID: ids[0], Name: name}, roles, permissions)
		}
		return
	}
	for _, code := range codes {
		if to, ok := translate(r.m.organizations, code); ok {
			r.join(Organization{Code: to, Name: name}, roles, permissions)
		}
	}
	for _, id := range ids {
		if to, ok := translate(r.m.organizations, id); ok {
			o := Organization{ExternalID: to, Name: name}
			if to != id && isOrgCode(to) {
				o = Organization{Code: to, Name: name}
			}
			r.join(o, roles, permissions)
		}
	}
	for _, n := range names {
		if to, ok := translate(r.m.organizations, n); ok {
			o := Organization{ExternalID: to, Name: name}
			if isOrgCode(to) {
				o = Organization{Code: to, Name: name}
			}
			r.join(o, roles, permissions)
		}
	}
	if len(names)+len(codes)+len(ids) > 0 {
		return
	}
	switch {
	case name != "":
		if to, ok := translate(r.m.organizations, name); ok {
			o := Organization{Name: to}
			if isOrgCode(to) {
				o = Organization{Code: to}
			}
			r.join(o, roles, permissions)
		}
	case len(roles)+len(permissions) > 0:
		r.join(Organization{}, roles, permissions)
	}
}

// isOrgCode tells Kinde's own codes from ids of the source.
func isOrgCode(s string) bool { return strings.HasPrefix(s, "org_") }

// nameOf finds an organization's name in the file of organizations.
func (r *run) nameOf(o *Organization) string {
	if r.env == nil || r.env.Lookup == nil {
		return ""
	}
	row, ok := r.env.Lookup("organizations", cmp.Or(o.ExternalID, o.Code))
	if !ok {
		return ""
	}
	for _, key := range organizationNames {
		if t := text(member(row, key, true)); t != "" {
			return t
		}
	}
	return ""
}

func (r *run) join(o Organization, roles, permissions []string) {
	if o.Name == "" && o != (Organization{}) {
		o.Name = r.nameOf(&o)
	}
	if r.u.Memberships == nil {
		r.u.Memberships = r.work.membershipList()
	}
	joinOrganization(r.work, r.u, &Membership{Organization: o, Roles: roles, Permissions: permissions})
}

// joinOrganization adds a membership, uniting it with one of the same organization.
func joinOrganization(w *Workspace, u *User, add *Membership) {
	for i := range u.Memberships {
		have := &u.Memberships[i]
		if !sameOrganization(have.Organization, add.Organization) {
			continue
		}
		if have.Organization.Name == "" {
			have.Organization.Name = add.Organization.Name
		}
		have.Roles, have.Permissions = unite(have.Roles, add.Roles), unite(have.Permissions, add.Permissions)
		return
	}
	u.Memberships = append(u.Memberships, Membership{
		Organization: add.Organization, Roles: w.distinct(add.Roles), Permissions: w.distinct(add.Permissions),
	})
}

// distinct copies a list without repetitions.
func (w *Workspace) distinct(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return unite(w.textList(len(list)), list)
}

func sameOrganization(a, b Organization) bool {
	if a.Code != b.Code || a.ExternalID != b.ExternalID {
		return false
	}
	return a.Code != "" || a.ExternalID != "" || a.Name == b.Name
}

// unite appends what is not there yet.
func unite(have, more []string) []string {
	for _, s := range more {
		if !slices.Contains(have, s) {
			have = append(have, s)
		}
	}
	return have
}

// names returns the texts of a value, translated.
func (r *run) names(v *value, lookup map[string]string) []string {
	list := v.listed(r.scope, r.work)
	if lookup == nil {
		return list
	}
	out := list[:0]
	for _, n := range list {
		if to, ok := translate(lookup, n); ok {
			out = append(out, to)
		}
	}
	return out
}
