package tenant

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Progress tells how far a reading has come.
type Progress struct {
	Stage string // "Reading users", "Reading details", …
	Done  int64
	Total int64 // 0 when unknown
}

// ReadOptions says what to read and how.
type ReadOptions struct {
	Parts Parts
	// Resume is a private file in which an interrupted reading waits for the
	// next run; "" keeps it in a temporary file that is removed.
	Resume      string
	TempDir     string // for the temporary file, which is encrypted with a key in memory; "" is the system's
	Concurrency int    // requests per user at once; 0 is 16. The gate limits them further
	Expect      int64  // how many users there may be, for the progress; 0 unknown
	Progress    func(Progress)
	Now         func() time.Time // nil: time.Now

	// Thrifty leaves permissions out when they cost more than listing the users.
	Thrifty bool
	// Before knows what an earlier backup read of a user.
	Before DetailSource
}

// reader reads a tenant into a stage.
type reader struct {
	tenant   API
	parts    Parts
	stage    *stage
	opt      ReadOptions
	progress *counter

	organizations map[string]kinde.Organization
	roles         []kinde.Role
	granted       map[string][]string // role key -> permission keys
	permissions   []kinde.Permission
	connections   map[string]kinde.Connection
	resumed       bool

	skippedPermissions bool
}

// Reading is a tenant as it was read: complete, and waiting to be written.
type Reading struct {
	r *reader
}

// Read reads the tenant. When it fails and o.Resume is set, the same call goes
// on where this one stopped.
func Read(ctx context.Context, t API, o ReadOptions) (_ *Reading, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 16
	}
	s, err := openStage(ctx, o.Resume, o.TempDir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(o.Resume != ""))
		}
	}()
	r := &reader{tenant: t, parts: o.Parts, stage: s, opt: o, progress: &counter{tell: o.Progress, expect: o.Expect}}
	if r.resumed, err = s.resumable(ctx, t.BaseURL(), o.Parts, o.Now()); err != nil {
		return nil, err
	}
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	return &Reading{r}, nil
}

func (r *reader) read(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.listUsers(gctx) })
	if r.parts.Organizations {
		g.Go(func() error { return r.listOrganizations(gctx) })
	}
	if r.parts.Roles {
		g.Go(func() error { return r.listRoles(gctx) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if r.parts.Roles {
		if err := r.readMembers(ctx); err != nil {
			return err
		}
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	if r.parts.Permissions {
		if err := r.readPermissions(ctx); err != nil {
			return err
		}
	}
	if r.parts.perUser() {
		if err := r.readDetails(ctx); err != nil {
			return err
		}
	}
	return r.resolveConnections(ctx)
}

func (r *reader) listOrganizations(ctx context.Context) error {
	r.organizations = map[string]kinde.Organization{}
	for o, err := range r.tenant.GetOrganizations(ctx, kinde.ListRequest{}) {
		if err != nil {
			return fmt.Errorf("listing the organizations: %w", err)
		}
		r.organizations[o.Code] = o
	}
	return nil
}

func (r *reader) listRoles(ctx context.Context) error {
	for x, err := range r.tenant.GetRoles(ctx) {
		if err != nil {
			return fmt.Errorf("listing the roles: %w", err)
		}
		r.roles = append(r.roles, x)
	}
	return nil
}

const suspectsQuery = `SELECT id FROM (
  SELECT id FROM user WHERE listed IS NULL OR (?3 AND found IS NULL)
  UNION SELECT member.user FROM member LEFT JOIN user ON user.id = member.user WHERE user.id IS NULL
  UNION SELECT user FROM member WHERE ?4 AND claimed <> shown
  UNION SELECT user FROM member WHERE shown AND NOT claimed
) WHERE id > ?1 ORDER BY id LIMIT ?2`

// settle asks for each user by itself about whom the listings disagree.
func (r *reader) settle(ctx context.Context) error {
	byOrganization, err := r.stage.meta(ctx, "members")
	if err != nil {
		return err
	}
	after := ""
	for {
		var ids []string
		rows, err := r.stage.db.QueryContext(ctx, suspectsQuery, after, 500, r.parts.Properties, byOrganization == membersByOrganization)
		if err != nil {
			return fmt.Errorf("looking for users who changed in the meantime: %w", err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return errors.Join(err, rows.Close())
			}
			ids = append(ids, id)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		if err := r.each(ctx, ids, r.reread); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// each runs f for all ids, a few at once.
func (r *reader) each(ctx context.Context, ids []string, f func(context.Context, string) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.opt.Concurrency)
	for _, id := range ids {
		g.Go(func() error { return f(kinde.WithSubject(ctx, id), id) })
	}
	return g.Wait()
}

// reread reads one user as it is now. One who is gone is forgotten.
func (r *reader) reread(ctx context.Context, id string) error {
	u, err := r.readAlone(ctx, id)
	if err != nil {
		return r.leaveOut(ctx, id, fmt.Errorf("reading the user %s: %w", id, err))
	}
	if err := r.stage.replace(ctx, u); err != nil {
		return err
	}
	if !r.parts.Roles {
		return nil
	}
	for _, code := range u.Organizations {
		var keys []string
		err := error(nil)
		for role, e := range r.tenant.GetOrganizationUserRoles(ctx, code, id) {
			if err = e; err != nil {
				break
			}
			keys = append(keys, role.Key)
		}
		if err != nil {
			if err = r.unlessLeft(ctx, code, id, err); err != nil {
				return fmt.Errorf("reading the roles of the user %s: %w", id, err)
			}
			if err := r.stage.leave(ctx, code, id); err != nil {
				return err
			}
			continue
		}
		if err := r.stage.putRoles(ctx, code, id, keys); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) readAlone(ctx context.Context, id string) (*kinde.User, error) {
	// The list shows connections, which the operation for one user does not.
	var u *kinde.User
	for p, err := range r.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{UserIDs: []string{id}, Expand: r.expand(false)}) {
		if err != nil {
			return nil, err
		}
		for i := range p.Items {
			if p.Items[i].ID == id {
				u = &p.Items[i]
			}
		}
	}
	if u == nil {
		one, err := r.tenant.GetUserData(ctx, id, r.expand(false)...)
		if err != nil {
			return nil, err
		}
		one.ID = id
		u = &one
	}
	if r.parts.Properties {
		u.Properties = map[string]string{}
		for v, err := range r.tenant.GetUserPropertyValues(ctx, id) {
			if err != nil {
				return nil, err
			}
			if v.Value != "" {
				u.Properties[v.Key] = v.Value
			}
		}
	}
	return u, nil
}

// resolveConnections reads the connections, but only when somebody uses one.
func (r *reader) resolveConnections(ctx context.Context) error {
	if !r.parts.Identities || r.connections != nil {
		return nil
	}
	linked, err := r.stage.meta(ctx, "linked")
	if err != nil || linked == "" {
		return err
	}
	return r.listConnections(ctx)
}

func (r *reader) listConnections(ctx context.Context) error {
	r.connections = map[string]kinde.Connection{}
	for c, err := range r.tenant.GetConnections(ctx) {
		if err != nil {
			return fmt.Errorf("listing the connections: %w", err)
		}
		r.connections[c.ID] = c
	}
	return nil
}

// Count returns the number of users.
func (x *Reading) Count(ctx context.Context) (int64, error) {
	return x.r.stage.count(ctx, "SELECT count(*) FROM user")
}

// Organizations returns the organizations that were read, by code.
func (x *Reading) Organizations() []kinde.Organization {
	return slices.SortedFunc(maps.Values(x.r.organizations), func(a, b kinde.Organization) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
}

// Resumed tells that it went on where an earlier reading had stopped.
func (x *Reading) Resumed() bool { return x.r.resumed }

// SkippedPermissions tells that directly given permissions were left out, for
// they would have cost more requests than the users.
func (x *Reading) SkippedPermissions() bool { return x.r.skippedPermissions }

// Tell hands on how far the writing of what was read has come.
func (x *Reading) Tell(stage string, done, total int64) { x.r.progress.stage(stage, done, total) }

// Close ends the use of the reading. written tells that it has done its work,
// so that nothing is kept for a later run.
func (x *Reading) Close(written bool) error {
	return x.r.stage.close(!written && x.r.opt.Resume != "")
}

// counter adds up progress from several goroutines.
type counter struct {
	mu     sync.Mutex
	tell   func(Progress)
	expect int64
	users  map[string]int64 // by view
}

func (c *counter) read(view string, n int) {
	c.mu.Lock()
	if c.users == nil {
		c.users = map[string]int64{}
	}
	c.users[view] += int64(n)
	done := max(c.users[viewListed], c.users[viewFound])
	c.mu.Unlock()
	c.stage("Reading users", done, c.expect)
}

func (c *counter) stage(name string, done, total int64) {
	if c.tell != nil {
		c.tell(Progress{Stage: name, Done: done, Total: total})
	}
}
