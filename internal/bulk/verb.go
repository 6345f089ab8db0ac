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
	RemoveIdentity       Verb = "remove-identity"
	Copy                 Verb = "copy"
	Invite               Verb = "invite"
	AddScope             Verb = "add-scope"
	RemoveScope          Verb = "remove-scope"
	Forget               Verb = "forget"
)

// Verbs lists all verbs in the order of help.
func Verbs() []Verb {
	return []Verb{List, Get, Update, Suspend, Unsuspend, Delete, Forget, SetPassword, RequestPasswordReset, AddIdentity, RemoveIdentity,
		SetProperty, SetFlag, Copy, Invite, AddScope, RemoveScope, Sessions, RevokeSessions, MFA, ResetMFA, RefreshClaims}
}

// Reads tells whether the verb only reads.
func (v Verb) Reads() bool { return slices.Contains([]Verb{List, Get, Sessions, MFA}, v) }

// Destructive tells whether the verb does what can't be taken back: it takes
// from people their account, a way in, a right or a session, or writes to them.
func (v Verb) Destructive() bool {
	return slices.Contains(
		[]Verb{Suspend, Delete, Forget, SetPassword, RequestPasswordReset, RevokeSessions, ResetMFA, RemoveIdentity, RemoveScope, Invite},
		v,
	)
}

// deletes tells whether the verb takes users out of the tenant.
func (v Verb) deletes() bool { return v == Delete || v == Forget }

// Command is the name under which a checkpoint and a report know the job.
func (v Verb) Command() string { return "users " + string(v) }

// Kinds of step that only bulk jobs have.
const (
	stepSessions = "sessions"
	stepMFA      = "mfa"
	stepRead     = "read"
	stepInvite   = "invites"
	stepScopes   = "scopes"

	stepRemoveIdentity = "removed_identities"
)

// expand is what is read of a user beside the profile: membership decides who
// is invited.
func (v Verb) expand() []string {
	if v == Invite {
		return []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}
	}
	return []string{kinde.ExpandIdentities}
}

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
	case Copy:
		w.Memberships = 1
	case AddIdentity:
		if c.Type == kinde.IdentitySocial || c.Type == kinde.IdentityEnterprise {
			w.Social = 1
		} else {
			w.Identities = 1
		}
	}
	return w
}
