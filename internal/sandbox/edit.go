package sandbox

import (
	"fmt"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
)

// Edit is how somebody else alters the tenant behind a migration's back, in a
// dashboard or with another tool. A user is named by id, e-mail address, phone
// number or username.
type Edit struct {
	t  *Tenant
	ch *change
}

// Edit runs fn alone, as one change. An error of fn is handed through; what fn
// did before it stays.
func (t *Tenant) Edit(fn func(*Edit) error) error {
	var err error
	answer := t.change(func(ch *change) response {
		err = fn(&Edit{t, ch})
		return response{}
	})
	if err == nil && answer.status != 0 {
		err = fmt.Errorf("the sandbox could not write its state")
	}
	return err
}

func (e *Edit) user(who string) (*user, error) {
	if u := e.t.userByID(who); u != nil {
		return u, nil
	}
	if i := e.t.find(who); i != nil {
		return i.user, nil
	}
	return nil, fmt.Errorf("the sandbox has no user %s", who)
}

func (e *Edit) with(who string, fn func(*user) error) error {
	u, err := e.user(who)
	if err != nil {
		return err
	}
	if err := fn(u); err != nil {
		return err
	}
	e.ch.touch(u)
	return nil
}

// Rename changes a user's names.
func (e *Edit) Rename(who, given, family string) error {
	return e.with(who, func(u *user) error { u.given, u.family = given, family; return nil })
}

// Delete removes a user.
func (e *Edit) Delete(who string) error {
	u, err := e.user(who)
	if err != nil {
		return err
	}
	e.t.removeUser(u)
	e.ch.drop(u)
	return nil
}

// Add creates a user with one verified e-mail address and tells its id.
func (e *Edit) Add(email, given, family string) (id string, err error) {
	if e.t.taken[identityKey(kindEmail, "", email)] != nil {
		return "", fmt.Errorf("the sandbox has %s already", email)
	}
	now := time.Now()
	u := &user{id: e.t.draw(), given: given, family: family, created: now.UnixNano()}
	u.seq = e.t.seq
	u.identities = []*identity{{id: e.t.draw(), kind: kindEmail, value: email, verified: true, primary: true, created: u.created, user: u}}
	e.t.insertUser(u)
	if e.t.defaultOrg != nil {
		e.t.join(u, e.t.defaultOrg, now)
	}
	e.ch.touch(u)
	return u.id.text(userPrefix), nil
}

// SetSuspended suspends a user or lets it in again.
func (e *Edit) SetSuspended(who string, suspended bool) error {
	return e.with(who, func(u *user) error { u.suspended = suspended; return nil })
}

// SetProvidedID changes the external id.
func (e *Edit) SetProvidedID(who, id string) error {
	return e.with(who, func(u *user) error { u.providedID = id; return nil })
}

// SetProperty gives a user a value of a property that is defined.
func (e *Edit) SetProperty(who, key, value string) error {
	return e.with(who, func(u *user) error {
		p := e.t.properties.byKey["usr."+key]
		if p == nil {
			return fmt.Errorf("the sandbox has no user property %s", key)
		}
		u.properties = setPair(u.properties, p.ID, value)
		return nil
	})
}

// RemoveProperty takes a value away.
func (e *Edit) RemoveProperty(who, key string) error {
	return e.with(who, func(u *user) error {
		p := e.t.properties.byKey["usr."+key]
		for i := range u.properties {
			if p != nil && u.properties[i].key == p.ID {
				u.properties = append(u.properties[:i:i], u.properties[i+1:]...)
				return nil
			}
		}
		return fmt.Errorf("%s has no property %s", who, key)
	})
}

// RemoveIdentity takes an identity away by its type and value.
func (e *Edit) RemoveIdentity(who, kind, value string) error {
	return e.with(who, func(u *user) error {
		for _, i := range u.identities {
			if kindNames[i.kind] == kind && compare.Fold(kind, i.value) == compare.Fold(kind, value) {
				e.t.detachIdentity(i)
				return nil
			}
		}
		return fmt.Errorf("%s has no %s %s", who, kind, value)
	})
}

// RemoveMembership takes a user out of an organization.
func (e *Edit) RemoveMembership(who, orgCode string) error {
	return e.with(who, func(u *user) error {
		if o := e.t.orgs[orgCode]; o != nil {
			if m := u.membership(o); m != nil {
				e.t.leave(m)
				return nil
			}
		}
		return fmt.Errorf("%s is no member of %s", who, orgCode)
	})
}

// SetRoles replaces a member's roles by these keys.
func (e *Edit) SetRoles(who, orgCode string, keys ...string) error {
	return e.with(who, func(u *user) error {
		o := e.t.orgs[orgCode]
		if o == nil || u.membership(o) == nil {
			return fmt.Errorf("%s is no member of %s", who, orgCode)
		}
		var ids []string
		for _, k := range keys {
			r := e.t.roles.byKey[k]
			if r == nil {
				return fmt.Errorf("the sandbox has no role %s", k)
			}
			ids = append(ids, r.ID)
		}
		u.membership(o).roles = ids
		return nil
	})
}

// AddFactor gives a user a second factor and tells its id.
func (e *Edit) AddFactor(who, kind, name string) (id string, err error) {
	err = e.with(who, func(u *user) error {
		if u.extra == nil {
			u.extra = &userExtra{}
		}
		id = e.t.drawText("mfa_")
		u.extra.factors = append(u.extra.factors, factor{ID: id, Type: kind, Name: name, Created: time.Now().UnixNano(), Verified: true})
		return nil
	})
	return id, err
}
