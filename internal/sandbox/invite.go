package sandbox

import (
	"strings"
	"time"
)

// invite is an invitation to an organization.
type invite struct {
	ID      string   `json:"id"`
	Org     string   `json:"org"`
	Email   string   `json:"email"`
	Given   string   `json:"given,omitempty"`
	Family  string   `json:"family,omitempty"`
	Roles   []string `json:"roles,omitempty"` // role ids
	Sent    bool     `json:"sent,omitempty"`
	Created int64    `json:"created"`
}

// shownInvite is an invitation as the API shows it. Source: schema "organization_invite".
type shownInvite struct {
	ID         string        `json:"id"`
	Code       string        `json:"code"`
	Email      string        `json:"email"`
	First      any           `json:"first_name"`
	Last       any           `json:"last_name"`
	Full       string        `json:"full_name"`
	CreatedOn  string        `json:"created_on"`
	Sent       bool          `json:"is_sent"`
	AcceptedOn *string       `json:"accepted_on"`
	Roles      []invitedRole `json:"roles"`
	Revoked    bool          `json:"is_revoked"`
	Link       string        `json:"invite_link"`
}

type invitedRole struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

func (t *Tenant) shownInvite(i *invite) shownInvite {
	out := shownInvite{
		ID:        i.ID,
		Code:      i.ID,
		Email:     i.Email,
		First:     t.text(i.Given),
		Last:      t.text(i.Family),
		Full:      strings.TrimSpace(i.Given + " " + i.Family),
		CreatedOn: stampOf(i.Created),
		Sent:      i.Sent,
		Roles:     []invitedRole{},
		Link:      t.opt.BaseURL + "/team_invitation?code=" + i.ID,
	}
	for _, id := range i.Roles {
		if r := t.roles.byID[id]; r != nil {
			out.Roles = append(out.Roles, invitedRole{r.Key, r.Name})
		}
	}
	return out
}

func (t *Tenant) invitesOf(o *organization) (out []*invite) {
	for _, i := range t.invites.list {
		if i.Org == o.Code {
			out = append(out, i)
		}
	}
	return out
}

func (t *Tenant) getOrganizationInvites(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		page, next, bad := pageList(c, t.invitesOf(o), size)
		if bad != nil {
			return *bad
		}
		out := make([]shownInvite, len(page))
		for k, i := range page {
			out[k] = t.shownInvite(i)
		}
		return okay(struct {
			Code      string        `json:"code"`
			Message   string        `json:"message"`
			Invites   []shownInvite `json:"invites"`
			NextToken any           `json:"next_token,omitempty"`
		}{"OK", "Success", out, t.token(next)})
	})
}

// createOrganizationInvite refuses whoever is a member or invited already. The
// description says nothing of that, so it is the stricter reading.
func (t *Tenant) createOrganizationInvite(c *call) response {
	var body struct {
		Email string    `json:"email"`
		First string    `json:"first_name"`
		Last  string    `json:"last_name"`
		Roles *[]string `json:"roles"`
		Send  bool      `json:"send_email"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	switch {
	case body.Roles == nil:
		return invalid("INVALID_REQUEST_BODY", "email and roles are required.")
	case len(body.Email) > 254:
		return invalid("EMAIL_TOO_LONG", "An address has at most 254 characters.")
	case len([]rune(body.First)) > 64:
		return invalid("FIRST_NAME_TOO_LONG", "A first name has at most 64 characters.")
	case len([]rune(body.Last)) > 64:
		return invalid("LAST_NAME_TOO_LONG", "A last name has at most 64 characters.")
	}
	address := &identity{kind: kindEmail, value: body.Email}
	if bad := address.check(); bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		var wrong []apiError
		roles := keysToIDs(body.Roles, t.roles.byKey, func(r *role) string { return r.ID }, "ROLE", false, &wrong)
		if len(wrong) > 0 {
			return response{status: 400, body: errorList{wrong}}
		}
		if u := t.holder(address.key()); u != nil && u.membership(o) != nil {
			return invalid("USER_ALREADY_MEMBER", "This person is a member of the organization.")
		}
		for _, other := range t.invitesOf(o) {
			if identityKey(kindEmail, "", other.Email) == address.key() {
				return invalid("INVITATION_EXISTS", "This person is invited already.")
			}
		}
		i := &invite{
			ID:      t.drawText("inv_"),
			Org:     o.Code,
			Email:   body.Email,
			Given:   body.First,
			Family:  body.Last,
			Roles:   *roles,
			Sent:    body.Send,
			Created: time.Now().UnixNano(),
		}
		t.invites.put(i)
		ch.define(i)
		return response{status: 201, body: struct {
			Code    string      `json:"code"`
			Message string      `json:"message"`
			Invite  shownInvite `json:"invite"`
		}{"INVITATION_CREATED", "Invitation created", t.shownInvite(i)}}
	})
}

// Invites lists the addresses that an organization has invited, for tests.
func (t *Tenant) Invites(org string) (out []string) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if o := t.orgs[org]; o != nil {
		for _, i := range t.invitesOf(o) {
			out = append(out, i.Email)
		}
	}
	return out
}
