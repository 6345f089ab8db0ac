package bulk

import (
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Verb is what is done to the users.
type Verb string

// The verbs.
const (
	List                 Verb = "list"
	Get                  Verb = "get"
	Update               Verb = "update"
	Suspend              Verb = "suspend"
	Unsuspend            Verb = "unsuspend"
	Delete               Verb = "delete"
	SetPassword          Verb = "set-password"
	RequestPasswordReset Verb = "request-password-reset"
	AddIdentity          Verb = "add-identity"
	SetProperty          Verb = "set-property"
	SetFlag              Verb = "set-flag"
	Sessions             Verb = "sessions"
	RevokeSessions       Verb = "revoke-sessions"
	MFA                  Verb = "mfa"
	ResetMFA             Verb = "reset-mfa"
	RefreshClaims        Verb = "refresh-claims"
)

// Verbs lists all verbs in the order of help.
func Verbs() []Verb {
	return []Verb{List, Get, Update, Suspend, Unsuspend, Delete, SetPassword, RequestPasswordReset, AddIdentity,
		SetProperty, SetFlag, Sessions, RevokeSessions, MFA, ResetMFA, RefreshClaims}
}

// Reads tells whether the verb only reads.
func (v Verb) Reads() bool { return slices.Contains([]Verb{List, Get, Sessions, MFA}, v) }

// Destructive tells whether the verb takes something away from people: their
// account, their way in, or their session.
func (v Verb) Destructive() bool {
	return slices.Contains([]Verb{Suspend, Delete, SetPassword, RequestPasswordReset, RevokeSessions, ResetMFA}, v)
}

// Command is the name under which a checkpoint and a report know the job.
func (v Verb) Command() string { return "users " + string(v) }

// Kinds of step that only bulk jobs have.
const (
	stepSessions = "sessions"
	stepMFA      = "mfa"
	stepRead     = "read"
)

// wants says what the verb wants for one user, by kind of step.
func (v Verb) wants(c *Change) (w checkpoint.Wants) {
	switch v {
	case Suspend, Unsuspend:
		w.Suspensions = 1
	case RequestPasswordReset:
		w.Resets = 1
	case SetPassword:
		w.Passwords = 1
	case SetProperty:
		w.Properties = len(c.Properties)
	case SetFlag:
		w.Flags = len(c.Flags)
	case AddIdentity:
		if c.Type == kinde.IdentitySocial || c.Type == kinde.IdentityEnterprise {
			w.Social = 1
		} else {
			w.Identities = 1
		}
	}
	return w
}
