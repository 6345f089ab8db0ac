package users

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/bulk"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// shownUser is a user in the JSON of users list and users get.
type shownUser struct {
	ID            string            `json:"id"`
	ProvidedID    string            `json:"provided_id,omitempty"`
	Email         string            `json:"email,omitempty"`
	Phone         string            `json:"phone,omitempty"`
	Username      string            `json:"username,omitempty"`
	FirstName     string            `json:"first_name,omitempty"`
	LastName      string            `json:"last_name,omitempty"`
	Picture       string            `json:"picture,omitempty"`
	IsSuspended   bool              `json:"is_suspended"`
	TotalSignIns  int               `json:"total_sign_ins"`
	FailedSignIns int               `json:"failed_sign_ins"`
	LastSignedIn  *time.Time        `json:"last_signed_in"`
	CreatedOn     *time.Time        `json:"created_on"`
	Organizations []string          `json:"organizations,omitzero"`
	Identities    []shownIdentity   `json:"identities,omitzero"`
	Properties    map[string]string `json:"properties,omitzero"`
}

type shownIdentity struct {
	ID           string `json:"id,omitempty"`
	Type         string `json:"type"`
	Value        string `json:"value"`
	ConnectionID string `json:"connection_id,omitempty"`
	IsConfirmed  *bool  `json:"is_confirmed,omitempty"`
	IsPrimary    *bool  `json:"is_primary,omitempty"`
	TotalLogins  *int   `json:"total_logins,omitempty"`
}

// shownSession and shownFactor say whose they are, so that one array holds all.
type shownSession struct {
	UserID string `json:"user_id"`
	Email  string `json:"email,omitempty"`
	kinde.Session
}

type shownFactor struct {
	UserID string `json:"user_id"`
	Email  string `json:"email,omitempty"`
	kinde.MFAFactor
}

// show prints what a verb read: one array, or a table for people.
func (o *usersOptions) show(e *cli.Env, r *report.Report, all []bulk.Shown) error {
	o.complain(e, r, all)
	switch o.verb {
	case bulk.Sessions:
		return o.showSessions(e, all)
	case bulk.MFA:
		return o.showFactors(e, all)
	}
	if o.output.JSON {
		list := make([]shownUser, len(all))
		for i := range all {
			list[i] = userForJSON(&all[i], o.verb)
		}
		return e.WriteJSON(list)
	}
	if o.verb == bulk.Get {
		return o.showUsers(e, all)
	}
	t := &ui.Table{
		Head:  []string{"id", "e-mail", "name", "state", "sign-ins", "last signed in"},
		Right: []bool{false, false, false, false, true},
	}
	for i := range all {
		u := &all[i].User
		t.Add(
			u.ID,
			cmp.Or(u.Email, u.Phone, u.Username),
			strings.TrimSpace(u.FirstName+" "+u.LastName),
			stateOf(u),
			strconv.Itoa(u.TotalSignIns),
			ui.Date(u.LastSignedIn),
		)
	}
	return t.Write(e.IO.Out, tableWidth(e), 0)
}

// complain names on stderr who could not be shown: stdout is the result alone.
func (o *usersOptions) complain(e *cli.Env, r *report.Report, all []bulk.Shown) {
	for _, p := range r.Problems.Items {
		fmt.Fprintf(e.IO.Err, "%s: %s\n", p.Code, ui.Line(p.Message))
	}
	for i := range all {
		if all[i].More {
			fmt.Fprintf(e.IO.Err, "The tenant does not show all sessions of %s.\n", all[i].User.ID)
		}
	}
}

// tableWidth is the room of a table: a pipe gets it whole.
func tableWidth(e *cli.Env) int {
	if !e.IO.OutTTY {
		return 1 << 16
	}
	return e.IO.Width()
}

func stateOf(u *kinde.User) string {
	if u.IsSuspended {
		return "suspended"
	}
	return "active"
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func userForJSON(s *bulk.Shown, verb bulk.Verb) shownUser {
	u := &s.User
	out := shownUser{
		ID:            u.ID,
		ProvidedID:    u.ProvidedID,
		Email:         u.Email,
		Phone:         u.Phone,
		Username:      u.Username,
		FirstName:     u.FirstName,
		LastName:      u.LastName,
		Picture:       u.Picture,
		IsSuspended:   u.IsSuspended,
		TotalSignIns:  u.TotalSignIns,
		FailedSignIns: u.FailedSignIns,
		LastSignedIn:  moment(u.LastSignedIn),
		CreatedOn:     moment(u.CreatedOn),
		Organizations: u.Organizations,
	}
	if verb != bulk.Get {
		for _, i := range u.Identities {
			out.Identities = append(out.Identities, shownIdentity{Type: i.Kind(), Value: i.Identity, ConnectionID: i.ConnectionID})
		}
		return out
	}
	out.Identities, out.Properties = []shownIdentity{}, map[string]string{}
	for _, i := range s.Identities {
		out.Identities = append(
			out.Identities,
			shownIdentity{ID: i.ID, Type: i.Kind(), Value: cmp.Or(i.Name, i.Email), ConnectionID: i.ConnectionID,
				IsConfirmed: &i.IsConfirmed, IsPrimary: &i.IsPrimary, TotalLogins: &i.TotalLogins},
		)
	}
	for _, p := range s.Properties {
		out.Properties[p.Key] = p.Value
	}
	return out
}

// showUsers prints each user with all that belongs to it.
func (o *usersOptions) showUsers(e *cli.Env, all []bulk.Shown) error {
	for n := range all {
		s := &all[n]
		u := &s.User
		t := &ui.Table{}
		if n > 0 {
			fmt.Fprintln(e.IO.Out)
		}
		t.Add("id", u.ID)
		for _, f := range []struct{ name, value string }{
			{"provided id", u.ProvidedID}, {"name", strings.TrimSpace(u.FirstName + " " + u.LastName)}, {"e-mail", u.Email}, {"phone", u.Phone},
			{"username", u.Username},
			{"state", stateOf(u)}, {"created", ui.Date(u.CreatedOn)}, {"last signed in", ui.Date(u.LastSignedIn)},
			{"sign-ins", strconv.Itoa(u.TotalSignIns)},
			{"organizations", strings.Join(u.Organizations, ", ")},
		} {
			if f.value != "" {
				t.Add(f.name, f.value)
			}
		}
		for _, i := range s.Identities {
			notes := ""
			if i.IsConfirmed {
				notes += ", verified"
			}
			if i.IsPrimary {
				notes += ", primary"
			}
			t.Add("identity", i.Kind()+" "+cmp.Or(i.Name, i.Email)+notes)
		}
		for _, p := range s.Properties {
			t.Add("property", p.Key+" = "+p.Value)
		}
		if err := t.Write(e.IO.Out, tableWidth(e), 0); err != nil {
			return err
		}
	}
	return nil
}

func (o *usersOptions) showSessions(e *cli.Env, all []bulk.Shown) error {
	list := []shownSession{}
	t := &ui.Table{Head: []string{"user", "started", "last used", "expires", "address", "browser"}}
	for i := range all {
		for _, x := range all[i].Sessions {
			u := &all[i].User
			x.UserID = u.ID
			list = append(list, shownSession{u.ID, u.Email, x})
			t.Add(cmp.Or(u.Email, u.ID), ui.Date(x.StartedOn), ui.Date(x.UpdatedOn), ui.Date(x.ExpiresOn), x.LastIPAddress, x.LastUserAgent)
		}
	}
	if o.output.JSON {
		return e.WriteJSON(list)
	}
	return t.Write(e.IO.Out, tableWidth(e), 0)
}

func (o *usersOptions) showFactors(e *cli.Env, all []bulk.Shown) error {
	list := []shownFactor{}
	t := &ui.Table{Head: []string{"user", "factor id", "type", "name", "verified", "uses"}}
	for i := range all {
		for _, x := range all[i].Factors {
			u := &all[i].User
			list = append(list, shownFactor{u.ID, u.Email, x})
			t.Add(cmp.Or(u.Email, u.ID), x.ID, x.Type, x.Name, strconv.FormatBool(x.IsVerified), strconv.Itoa(x.UsageCount))
		}
	}
	if o.output.JSON {
		return e.WriteJSON(list)
	}
	return t.Write(e.IO.Out, tableWidth(e), 0)
}
