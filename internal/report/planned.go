package report

import "github.com/kinde-migrate/kinde-migrate/internal/mapping"

// planned counts the requests that an import of the counted users would make.
type planned struct {
	users, emails, others, suspended, links, properties, flags, passwords int64
}

func (p *planned) count(u *mapping.User, signIn string, n int64) {
	p.users += n
	for _, i := range u.Identities {
		if i.Type == mapping.Email {
			p.emails += n
		} else {
			p.others += n
		}
	}
	if u.Suspended || u.PasswordReset || signIn == "new_password" {
		p.suspended += n
	}
	p.links += n * int64(len(u.Links))
	if len(u.Properties) > 0 {
		p.properties += n
	}
	p.flags += n * int64(len(u.Flags))
	if u.Password != nil && u.Password.Body != nil && (signIn == "same_password" || signIn == "suspended") {
		p.passwords += n
	}
}

// Sizes of the requests that serve many users.
const (
	lookupBatch = 50  // e-mail addresses in one look-up, at least
	memberBatch = 100 // users in one membership request
	pageSize    = 500 // users on a page
	readBack    = 3   // lists that the read-back pages through, at most
)

// plan gives a range for each operation. The lower end is a tenant where
// everyone exists already and is skipped, the upper end one where nobody does.
func (p *planned) plan(orgs []OrganizationSignIn) map[string]Planned {
	out := map[string]Planned{}
	upTo := func(operation string, most int64) {
		if most > 0 {
			out[operation] = Planned{Max: most}
		}
	}
	upTo("createUser", p.users)
	upTo("updateUser", p.suspended)
	upTo("CreateUserIdentity", p.links)
	upTo("UpdateUserProperties", p.properties)
	upTo("SetUserPassword", p.passwords)
	upTo("UpdateUserFeatureFlagOverride", p.flags)
	var memberships int64
	for _, o := range orgs {
		memberships += batches(o.Users, memberBatch)
	}
	upTo("AddOrganizationUsers", memberships)
	if p.users > 0 {
		out["getEnvironment"] = Planned{Min: 1, Max: 2}
		out["getUsers"] = Planned{Min: 1, Max: batches(p.emails, lookupBatch) + p.others + readBack*batches(p.users, pageSize)}
	}
	return out
}

func batches(n, size int64) int64 { return (n + size - 1) / size }
