package report

import "github.com/kinde-migrate/kinde-migrate/internal/mapping"

// advice says, for people, what a kind of problem means and what to do about
// it, when the problem itself does not say.
var advice = map[string]struct{ means, do string }{
	string(mapping.RecordMalformed):   {"a record can't be read", "Correct the record in rejects.malformed, or at its source."},
	string(mapping.NoIdentity):        {"no e-mail, phone, username or social login", "Add one to the record, or leave out the record."},
	string(mapping.DuplicateInSource): {"two records of one person", "Keep one of the two, or merge them with --duplicates merge."},
	string(mapping.IdentityTaken): {
		"an identity belongs to another user",
		"Find the user in the tenant who has it, and change one of the two.",
	},
	string(mapping.OrganizationUnknown): {"an organization that the tenant lacks", "Create it, map it, or use --create-missing."},
	string(mapping.RoleUnknown):         {"a role that the tenant lacks", "Create it, map it, or use --create-missing."},
	string(mapping.PermissionUnknown):   {"a permission that the tenant lacks", "Create it, map it, or use --create-missing."},
	string(mapping.UserExists):          {"the user exists already", "Use --on-existing update to update it from the source."},
	string(mapping.APIRejected):         {"the tenant refused a write", "Correct the record, then run the same command with --retry-failed."},
	string(mapping.APIFailed):           {"a write was given up", "Run the same command again: it tries these again."},
	string(mapping.EmailInvalid):        {"not an e-mail address", "Correct the address at the source."},
	string(mapping.PhoneInvalid):        {"not a phone number", "Correct the number, or set default_region in the mapping."},
	string(mapping.UsernameInvalid):     {"not a username that Kinde takes", "Correct the username at the source."},
	string(mapping.PasswordUnsupported): {
		"a hash that Kinde can't hold",
		"These people are asked for a new password; --unsupported-passwords changes that.",
	},
	string(mapping.PasswordMalformed): {"a damaged password hash", "Export the hashes again; these people need a new password."},
	string(mapping.PasswordStale):     {"a hash older than the last password change", "Export the hashes again, as late as you can."},
	string(mapping.PasswordUnread): {
		"a password or a hash that isn't used",
		"Map it under password:, otherwise these people are asked for a new one.",
	},
	string(mapping.PropertyUndefined): {"a property that is not defined in the tenant", "Define it, or use --create-missing."},
	string(mapping.FlagUnknown):       {"a feature flag that the tenant lacks", "Create the flag in Kinde."},
	string(mapping.ConnectionUnknown): {
		"a login provider without a connection",
		"Add the connection in Kinde, or map it under connections.",
	},
	string(mapping.FieldDropped):     {"a value that is left out", "Map it, or keep it in a separate file with --keep-dropped FILE."},
	string(mapping.VerificationLost): {"a verified state that can't be kept", "These people verify the address again."},
	string(mapping.RecordRepaired):   {"a broken record that was mended", "Compare it with the source."},
	string(mapping.PersonErased):     {"somebody who was erased", ""},
	"NOT_IMPORTED":                   {"somebody whom the dashboard's import left out", ""},
	"IDENTITY_LAST":                  {"the only identity of a user", ""},
	"USER_GONE":                      {"a user who was gone already", ""},
	"USER_MEMBER":                    {"a member already", ""},
	"USER_NOT_MEMBER":                {"a user who is no member", "Check the organization that is copied from."},
	"USER_SIGNED_IN":                 {"a user who has signed in since", "Use --force to delete these users anyway."},
	"USER_UNKNOWN":                   {"a name or an id that no user has", "Check the spelling, or use the Kinde id of the user."},
	"USER_UNSURE":                    {"a user who may be somebody else's", "Use --force to delete these users anyway."},
}

// Advice says what a kind of problem means and what to do about it; both are
// "" for a code that has none.
func Advice(code string) (means, do string) {
	a := advice[code]
	return a.means, a.do
}
