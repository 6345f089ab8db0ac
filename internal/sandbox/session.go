package sandbox

import "time"

type shownSession struct {
	UserID         string  `json:"user_id"`
	Org            *string `json:"org_code"`
	ClientID       string  `json:"client_id"`
	ExpiresOn      string  `json:"expires_on"`
	SessionID      string  `json:"session_id"`
	StartedOn      string  `json:"started_on"`
	UpdatedOn      string  `json:"updated_on"`
	Connection     string  `json:"connection_id"`
	LastAddress    string  `json:"last_ip_address"`
	LastAgent      string  `json:"last_user_agent"`
	InitialAddress string  `json:"initial_ip_address"`
	InitialAgent   string  `json:"initial_user_agent"`
}

func (t *Tenant) getUserSessions(c *call) response {
	return t.read(func() response {
		u := t.userByID(c.path[0])
		if u == nil {
			return notFound("USER_NOT_FOUND", "There is no user with this id.")
		}
		out := []shownSession{}
		now := time.Now().UnixNano()
		if u.extra != nil {
			for _, s := range u.extra.sessions {
				if s.Expires <= now {
					continue
				}
				out = append(
					out,
					shownSession{u.id.text(userPrefix), optional(s.Org), t.ClientID, stampOf(s.Expires), s.ID, stampOf(s.Started), stampOf(s.Started),
						s.Connection, "127.0.0.1", "sandbox", "127.0.0.1", "sandbox"},
				)
			}
		}
		return okay(struct {
			Code     string         `json:"code"`
			Message  string         `json:"message"`
			More     bool           `json:"has_more"`
			Sessions []shownSession `json:"sessions"`
		}{"OK", "Success", false, out})
	})
}

func (t *Tenant) deleteUserSessions(c *call) response {
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return notFound("USER_NOT_FOUND", "There is no user with this id.")
		}
		if u.extra != nil {
			u.extra.sessions = nil
		}
		ch.touch(u)
		return done("User sessions successfully invalidated")
	})
}

type shownFactor struct {
	ID        string  `json:"id"`
	Type      string  `json:"type"`
	CreatedOn string  `json:"created_on"`
	Name      string  `json:"name"`
	Verified  bool    `json:"is_verified"`
	Uses      int     `json:"usage_count"`
	LastUsed  *string `json:"last_used_on,omitempty"`
}

// getUsersMFA shows the user's factor; the description has room for one, so
// the newest is shown, and an empty object when there is none.
func (t *Tenant) getUsersMFA(c *call) response {
	return t.read(func() response {
		u := t.userByID(c.path[0])
		if u == nil {
			return notFound("USER_NOT_FOUND", "There is no user with this id.")
		}
		var shown any = struct{}{}
		if u.extra != nil && len(u.extra.factors) > 0 {
			f := u.extra.factors[len(u.extra.factors)-1]
			shown = shownFactor{f.ID, f.Type, stampOf(f.Created), f.Name, f.Verified, f.Uses, stamp(f.LastUsed)}
		}
		return okay(struct {
			Message string `json:"message"`
			Code    string `json:"code"`
			MFA     any    `json:"mfa"`
		}{"Success", "OK", shown})
	})
}

func (t *Tenant) resetUsersMFAAll(c *call) response {
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return notFound("USER_NOT_FOUND", "There is no user with this id.")
		}
		if u.extra != nil {
			u.extra.factors = nil
		}
		ch.touch(u)
		return done("User's MFA successfully reset.")
	})
}

func (t *Tenant) resetUsersMFA(c *call) response {
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return notFound("USER_NOT_FOUND", "There is no user with this id.")
		}
		if u.extra != nil {
			for i, f := range u.extra.factors {
				if f.ID == c.path[1] {
					u.extra.factors = append(u.extra.factors[:i:i], u.extra.factors[i+1:]...)
					ch.touch(u)
					return done("User's MFA successfully reset.")
				}
			}
		}
		return notFound("FACTOR_NOT_FOUND", "The user has no factor with this id.")
	})
}
