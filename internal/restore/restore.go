package restore

import (
	"bufio"
	"context"
	"errors"
	"hash/maphash"
	"io"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Selection chooses users of a backup. The zero value takes all.
type Selection struct {
	Only         []string // ids, e-mail addresses, phone numbers or usernames
	Organization string   // members of this organization: code or external id
}

// Partial tells that not everyone is restored.
func (s Selection) Partial() bool { return len(s.Only) > 0 || s.Organization != "" }

func (s Selection) takes(r *tenant.Row) bool {
	if s.Organization != "" &&
		!slices.ContainsFunc(
			r.Organizations,
			func(m tenant.Membership) bool { return m.Code == s.Organization || m.ExternalID == s.Organization },
		) {
		return false
	}
	if len(s.Only) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Only, func(who string) bool {
		is := func(kind, value string) bool {
			return value != "" && compare.Fold(kind, value) == compare.Fold(kind, who)
		}
		return who == r.ID || who == r.ProvidedID || is("email", r.Email) || is("phone", r.Phone) || is("username", r.Username) ||
			slices.ContainsFunc(r.Identities, func(i tenant.Identity) bool { return is(i.Type, i.Value) })
	})
}

// RestoreOptions says what becomes of a backup on its way back.
type Options struct {
	Selection Selection
	// Passwords is users.ndjson of Kinde's own export, decrypted: the only
	// place that holds hashes. "" leaves everyone without a password.
	Passwords string
	// RequestResets asks everyone with an e-mail address and without a password
	// for a new one at the next sign-in.
	RequestResets bool
	TempDir       string
}

// Restoration is a backup on its way into a tenant: definitions first, then a
// stream of users for an import with the preset kinde-migrate, in which the
// ids of organizations and connections are those of that tenant.
type Restoration struct {
	backup *backup.Backup
	opt    Options

	Users int64 // that the selection takes
	// Unaffiliated counts those of them who are in no organization.
	Unaffiliated int64
	// Hashes counts what was found in Passwords; Joined those of restored users.
	Hashes, Joined int64

	used          used
	organizations map[string]string // code in the backup -> code in the tenant
	connections   map[string]string
	hashes        *hashes // nil: none were given
}

// used is what the chosen users refer to.
type used struct{ organizations, roles, permissions, properties map[string]bool }

// NewRestoration looks through the backup. Close ends its use.
func New(ctx context.Context, b *backup.Backup, o Options) (_ *Restoration, err error) {
	r := &Restoration{backup: b, opt: o, used: used{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}},
		organizations: map[string]string{}, connections: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if o.Passwords != "" {
		if r.hashes, err = readHashes(ctx, o.Passwords, o.TempDir); err != nil {
			return nil, err
		}
		r.Hashes = r.hashes.count
	}
	for row, err := range b.Users(ctx) {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !o.Selection.takes(row) {
			continue
		}
		r.Users++
		if len(row.Organizations) == 0 {
			r.Unaffiliated++
		}
		for _, m := range row.Organizations {
			r.used.organizations[m.Code] = true
			for _, key := range m.Roles {
				r.used.roles[key] = true
			}
			for _, key := range m.Permissions {
				r.used.permissions[key] = true
			}
		}
		for key := range row.Properties {
			r.used.properties[key] = true
		}
	}
	return r, nil
}

// Close removes what was kept of the hashes.
func (r *Restoration) Close() error {
	if r.hashes == nil {
		return nil
	}
	return r.hashes.Close()
}

// restored is a row as the import reads it.
type restored struct {
	*tenant.Row
	Password      passwordOf `json:"password,omitempty"`
	ResetRequired bool       `json:"is_password_reset_requested,omitempty"`
}

// Source returns the chosen users as NDJSON for the preset kinde-migrate. It
// ends early when ctx does; Close ends the goroutine that writes it.
func (r *Restoration) Source(ctx context.Context) io.ReadCloser {
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		in.CloseWithError(r.stream(ctx, in))
	}()
	return &stream{out, func() {
		cancel()
		_ = out.Close()
		<-done
	}}
}

type stream struct {
	*io.PipeReader
	end func()
}

func (s *stream) Close() error { s.end(); return nil }

// provided tells which users keep their provided id. Kinde lets several users
// have the same one; in an import it means one person, so the first keeps it.
type provided struct {
	seed maphash.Seed
	seen map[uint64]struct{}
}

func newProvided() *provided { return &provided{maphash.MakeSeed(), map[uint64]struct{}{}} }

func (p *provided) of(row *tenant.Row) string {
	if row.ProvidedID == "" {
		return ""
	}
	h := maphash.String(p.seed, row.ProvidedID)
	if _, taken := p.seen[h]; taken {
		return ""
	}
	p.seen[h] = struct{}{}
	return row.ProvidedID
}

func (r *Restoration) stream(ctx context.Context, w io.Writer) error {
	ids := newProvided()
	out := bufio.NewWriterSize(w, 1<<16)
	for row, err := range r.backup.Users(ctx) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !r.opt.Selection.takes(row) {
			continue
		}
		row.ProvidedID = ids.of(row)
		x, err := r.translate(ctx, row)
		if err != nil {
			return err
		}
		data, err := tenant.Marshal(x)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(data, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// translate names organizations and connections as the tenant does.
func (r *Restoration) translate(ctx context.Context, row *tenant.Row) (restored, error) {
	// What only describes the old tenant's user would be kept as dropped data.
	row.MFA, row.Sessions, row.DetailsOn = nil, nil, nil
	for i := range row.Organizations {
		m := &row.Organizations[i]
		m.Code = r.organizations[m.Code] // "" when it is still to be created: id and name tell
	}
	for i := range row.Identities {
		x := &row.Identities[i]
		x.ConnectionID = r.connections[x.ConnectionID] // "" leaves it to the strategy
	}
	out := restored{Row: row}
	if r.hashes != nil {
		password, err := r.hashes.of(ctx, row.ID)
		if err != nil {
			return out, err
		}
		if password != nil {
			out.Password = password
			r.Joined++
		}
	}
	out.ResetRequired = r.opt.RequestResets && out.Password == nil &&
		slices.ContainsFunc(row.Identities, func(i tenant.Identity) bool { return i.Type == kinde.IdentityEmail })
	return out, nil
}
