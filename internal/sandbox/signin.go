package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

type signInBody struct {
	Identity   string `json:"identity"` // e-mail, phone or username
	Password   string `json:"password"`
	Connection string `json:"connection"` // or a social sign-in: connection id
	Subject    string `json:"subject"`    // and what the provider calls the user
}

// SignIn is the outcome of a sign-in. It is the sandbox's own, the API has no
// such operation.
type SignIn struct {
	SignedIn bool   `json:"signed_in"`
	UserID   string `json:"user_id"`
	// Reason is "suspended", "no_user", "no_password" or "wrong_password";
	// empty when signed in.
	Reason string `json:"reason"`
	// Temporary: the password has to be replaced after this use.
	Temporary bool `json:"temporary,omitempty"`
	// ResetRequested: a new password is asked for.
	ResetRequested bool `json:"reset_requested,omitempty"`
	// Verified: the identity that was used needs no confirmation.
	Verified bool `json:"verified,omitempty"`
}

func (t *Tenant) serveSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		t.write(w, failure(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Sign in with POST."))
		return
	}
	var body signInBody
	raw, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil || json.Unmarshal(raw, &body) != nil {
		t.write(w, invalid("INVALID_REQUEST_BODY", `The body is {"identity":"…","password":"…"} or {"connection":"…","subject":"…"}.`))
		return
	}
	var out SignIn
	if body.Connection != "" {
		out = t.SignInSocial(body.Connection, body.Subject)
	} else {
		out = t.SignIn(body.Identity, body.Password)
	}
	t.write(w, okay(out))
}

// find looks an identity up as a person types it: any case, any spaces.
func (t *Tenant) find(typed string) *identity {
	typed = strings.TrimSpace(typed)
	phone := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -().", r) {
			return -1
		}
		return r
	}, typed)
	for _, key := range []string{identityKey(kindEmail, "", typed), identityKey(kindPhone, "", phone), identityKey(kindUsername, "", typed)} {
		if i := t.taken[key]; i != nil {
			return i
		}
	}
	return nil
}

// SignIn tries a password at the hash that was imported, by computing it.
func (t *Tenant) SignIn(typed, plain string) SignIn {
	t.mu.RLock()
	i := t.find(typed)
	var hash *password.Body
	var suspended bool
	if i != nil {
		suspended = i.user.suspended
		if i.user.password != nil {
			copied := *i.user.password
			hash = &copied
		}
	}
	t.mu.RUnlock()
	switch {
	case i == nil:
		return SignIn{Reason: "no_user"}
	case suspended:
		return SignIn{UserID: i.user.id.text(userPrefix), Reason: "suspended"}
	case hash == nil:
		return SignIn{UserID: i.user.id.text(userPrefix), Reason: "no_password"}
	}
	// Computing a hash is slow on purpose, so nobody waits for it.
	ok, err := password.Verify(hash, plain)
	return t.record(i, ok && err == nil)
}

// SignInSocial signs in by a provider's subject.
func (t *Tenant) SignInSocial(connectionID, subject string) SignIn {
	t.mu.RLock()
	i := t.taken[identityKey(kindSocial, connectionID, subject)]
	if i == nil {
		i = t.taken[identityKey(kindEnterprise, connectionID, subject)]
	}
	t.mu.RUnlock()
	if i == nil {
		return SignIn{Reason: "no_user"}
	}
	return t.record(i, true)
}

// record counts the attempt; whoever was suspended meanwhile stays out.
func (t *Tenant) record(i *identity, ok bool) (out SignIn) {
	now := time.Now()
	t.change(func(ch *change) response {
		u := i.user
		if t.users[u.id] != u {
			out.Reason = "no_user"
			return response{}
		}
		out.UserID = u.id.text(userPrefix)
		switch {
		case u.suspended:
			out.Reason = "suspended"
			return response{}
		case !ok:
			out.Reason = "wrong_password"
			u.failedSignIns++
		default:
			out = SignIn{SignedIn: true, UserID: out.UserID, ResetRequested: u.resetRequested, Verified: i.verified || i.connection != ""}
			out.Temporary = i.connection == "" && u.password != nil && u.password.Temporary
			u.failedSignIns, u.lastSignIn, i.lastLogin = 0, now.UnixNano(), now.UnixNano()
			u.signIns++
			i.logins++
			t.startSession(u, i, now)
		}
		ch.touch(u)
		return response{}
	})
	return out
}

// startSession keeps the newest few, as a browser would have them.
func (t *Tenant) startSession(u *user, i *identity, now time.Time) {
	if u.extra == nil {
		u.extra = &userExtra{}
	}
	s := session{ID: t.drawText("session_"), Connection: i.connection, Started: now.UnixNano(), Expires: now.Add(24 * time.Hour).UnixNano()}
	if len(u.memberships) > 0 {
		s.Org = u.memberships[0].org.Code
	}
	u.extra.sessions = append(u.extra.sessions, s)
	if n := len(u.extra.sessions); n > 5 {
		u.extra.sessions = append([]session(nil), u.extra.sessions[n-5:]...)
	}
}
