package mapping

import (
	"reflect"
	"slices"
)

// SameColumns tells whether two rows describe the same user apart from
// memberships: they are then rows of one record.
func SameColumns(a, b *User) bool {
	return a.SourceID == b.SourceID && a.GivenName == b.GivenName && a.FamilyName == b.FamilyName && a.Picture == b.Picture &&
		a.Suspended == b.Suspended && a.PasswordReset == b.PasswordReset && a.PasswordStale == b.PasswordStale && a.MFA == b.MFA &&
		slices.Equal(a.Identities, b.Identities) && slices.Equal(a.Links, b.Links) &&
		slices.Equal(a.Properties, b.Properties) && slices.Equal(a.Flags, b.Flags) &&
		reflect.DeepEqual(a.Password, b.Password)
}

// AddMemberships adds the memberships of src to dst, uniting roles and
// permissions of the same organization. Roles that src holds in no named
// organization stay apart from dst's named ones.
func AddMemberships(dst, src *User) {
	for i := range src.Memberships {
		joinOrganization(nil, dst, &src.Memberships[i])
	}
}
