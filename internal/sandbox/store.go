package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// store is the tenant's state. Whoever reads it holds mu for reading, whoever
// changes it runs inside Tenant.change.
type store struct {
	mu    sync.RWMutex
	seq   uint64
	users map[uid]*user
	order ordered[user]
	taken map[string]*identity // by identityKey
	ids   map[uid]*identity

	orgs       map[string]*organization // by code
	orgOrder   ordered[organization]
	defaultOrg *organization

	words map[string]string // see intern

	roles       registry[role]
	permissions registry[permission]
	properties  registry[property]
	categories  registry[category]
	connections registry[connection]
	flags       registry[flag]
	webhooks    registry[webhook]
	invites     registry[invite]
	apis        registry[api]
}

func newStore() *store {
	return &store{
		users: map[uid]*user{}, taken: map[string]*identity{}, ids: map[uid]*identity{}, orgs: map[string]*organization{},
		words:       map[string]string{},
		roles:       newRegistry(func(r *role) (string, string) { return r.ID, r.Key }),
		permissions: newRegistry(func(p *permission) (string, string) { return p.ID, p.Key }),
		properties:  newRegistry(func(p *property) (string, string) { return p.ID, p.Context + "." + p.Key }),
		categories:  newRegistry(func(c *category) (string, string) { return c.ID, c.Context + "." + c.Name }),
		connections: newRegistry(func(c *connection) (string, string) { return c.ID, c.ID }),
		flags:       newRegistry(func(f *flag) (string, string) { return f.ID, f.Key }),
		webhooks:    newRegistry(func(w *webhook) (string, string) { return w.ID, w.ID }),
		invites:     newRegistry(func(i *invite) (string, string) { return i.ID, i.ID }),
		apis:        newRegistry(func(a *api) (string, string) { return a.ID, a.Audience }),
	}
}

// registry holds definitions in order of creation, found by id and by key.
type registry[T any] struct {
	list  []*T
	byID  map[string]*T
	byKey map[string]*T
	names func(*T) (id, key string)
}

func newRegistry[T any](names func(*T) (id, key string)) registry[T] {
	return registry[T]{byID: map[string]*T{}, byKey: map[string]*T{}, names: names}
}

// put adds the definition or replaces the one with the same id.
func (r *registry[T]) put(item *T) {
	id, key := r.names(item)
	if old := r.byID[id]; old != nil {
		_, oldKey := r.names(old)
		delete(r.byKey, oldKey)
		*old = *item
		r.byKey[key] = old
		return
	}
	r.list = append(r.list, item)
	r.byID[id] = item
	r.byKey[key] = item
}

func (r *registry[T]) remove(id string) {
	item := r.byID[id]
	if item == nil {
		return
	}
	_, key := r.names(item)
	delete(r.byID, id)
	delete(r.byKey, key)
	for i := range r.list {
		if r.list[i] == item {
			r.list = append(r.list[:i:i], r.list[i+1:]...)
			return
		}
	}
}

// insertUser puts the user and everything that points to it in place.
func (s *store) insertUser(u *user) {
	s.users[u.id] = u
	s.order.add(u.seq, u)
	for _, i := range u.identities {
		s.insertIdentity(i)
	}
	for _, m := range u.memberships {
		m.org.members.add(m.seq, m)
	}
}

func (s *store) insertIdentity(i *identity) {
	s.taken[i.key()] = i
	s.ids[i.id] = i
}

func (s *store) removeUser(u *user) {
	delete(s.users, u.id)
	s.order.remove(u.seq)
	for _, i := range u.identities {
		s.removeIdentity(i)
	}
	for _, m := range u.memberships {
		m.org.members.remove(m.seq)
	}
}

func (s *store) removeIdentity(i *identity) {
	if s.taken[i.key()] == i {
		delete(s.taken, i.key())
	}
	delete(s.ids, i.id)
}

// detachIdentity removes it and makes the next of its kind the primary one.
func (s *store) detachIdentity(i *identity) {
	s.removeIdentity(i)
	u := i.user
	kept := u.identities[:0:0]
	for _, other := range u.identities {
		if other != i {
			kept = append(kept, other)
		}
	}
	u.identities = kept
	if !i.primary {
		return
	}
	for _, other := range kept {
		if other.kind == i.kind {
			other.primary = true
			return
		}
	}
}

func (s *store) insertOrganization(o *organization) {
	s.orgs[o.Code] = o
	s.orgOrder.add(o.Seq, o)
	if o.Default {
		s.defaultOrg = o
	}
}

// join makes the user a member; the caller has checked that it is none.
func (s *store) join(u *user, o *organization, now time.Time) *membership {
	s.seq++
	m := &membership{org: o, user: u, joined: now.UnixNano(), seq: s.seq}
	for _, r := range s.roles.list {
		if r.Default {
			m.roles = append(m.roles, r.ID)
		}
	}
	u.memberships = append(u.memberships, m)
	o.members.add(m.seq, m)
	return m
}

func (s *store) leave(m *membership) {
	m.org.members.remove(m.seq)
	kept := m.user.memberships[:0:0]
	for _, other := range m.user.memberships {
		if other != m {
			kept = append(kept, other)
		}
	}
	m.user.memberships = kept
}

// intern keeps one copy of what many password hashes share: the method, and
// the parameters of a whole project.
func (s *store) intern(b *password.Body) {
	if b == nil {
		return
	}
	for _, field := range []*string{&b.HashingMethod, &b.SaltPosition, &b.Variant, &b.SignerKey, &b.SaltSeparator} {
		if kept, ok := s.words[*field]; ok {
			*field = kept
		} else if len(s.words) < 1000 {
			s.words[*field] = *field
		}
	}
}

// removeOrganization ends all its memberships too and names whom it concerned.
func (s *store) removeOrganization(o *organization) []*user {
	var members []*user
	o.members.each(0, func(_ uint64, m *membership) bool {
		members = append(members, m.user)
		return true
	})
	for _, u := range members {
		s.leave(u.membership(o))
	}
	delete(s.orgs, o.Code)
	s.orgOrder.remove(o.Seq)
	if s.defaultOrg == o {
		s.defaultOrg = nil
	}
	return members
}

// draw makes the next id. With the same key and the same requests in the same
// order it is the same id, which keeps tests and demonstrations repeatable.
func (t *Tenant) draw() uid {
	t.seq++
	var in [40]byte
	copy(in[:], t.head.Key)
	binary.BigEndian.PutUint64(in[32:], t.seq)
	sum := sha256.Sum256(in[:])
	return uid(sum[:16])
}

func (t *Tenant) drawText(prefix string) string { return t.draw().text(prefix) }

func (t *Tenant) drawCode() string {
	u := t.draw()
	return "org_" + hex.EncodeToString(u[:])[:11]
}
