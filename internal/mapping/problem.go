package mapping

// Severity tells whether a problem keeps its record out.
type Severity string

// An Error rejects the record; a Warning leaves one value out.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Code is the stable name of a kind of problem.
type Code string

// The codes of problems. Which is an error and which a warning stands in docs/reports.md.
const (
	RecordMalformed     Code = "RECORD_MALFORMED"
	RecordRepaired      Code = "RECORD_REPAIRED"
	NoIdentity          Code = "NO_IDENTITY"
	DuplicateInSource   Code = "DUPLICATE_IN_SOURCE"
	IdentityTaken       Code = "IDENTITY_TAKEN"
	OrganizationUnknown Code = "ORGANIZATION_UNKNOWN"
	RoleUnknown         Code = "ROLE_UNKNOWN"
	PermissionUnknown   Code = "PERMISSION_UNKNOWN"
	UserExists          Code = "USER_EXISTS"
	APIRejected         Code = "API_REJECTED"
	APIFailed           Code = "API_FAILED"
	EmailInvalid        Code = "EMAIL_INVALID"
	PhoneInvalid        Code = "PHONE_INVALID"
	UsernameInvalid     Code = "USERNAME_INVALID"
	PasswordUnsupported Code = "PASSWORD_UNSUPPORTED"
	PasswordMalformed   Code = "PASSWORD_MALFORMED"
	PasswordStale       Code = "PASSWORD_STALE"
	PasswordUnread      Code = "PASSWORD_UNREAD"
	PropertyUndefined   Code = "PROPERTY_UNDEFINED"
	FlagUnknown         Code = "FLAG_UNKNOWN"
	ConnectionUnknown   Code = "CONNECTION_UNKNOWN"
	FieldDropped        Code = "FIELD_DROPPED"
	VerificationLost    Code = "VERIFICATION_LOST"
	PersonErased        Code = "PERSON_ERASED"
)

// Problem is something wrong with one record. It is data, not a Go error.
// Message and Hint never hold a secret.
type Problem struct {
	Severity Severity
	Code     Code
	Field    string // path in the source, or the target's name
	Message  string
	Hint     string // what to do, "" when there is nothing to say
}
