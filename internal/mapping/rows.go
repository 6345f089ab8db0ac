package mapping

// AddMemberships adds the memberships of src to dst, uniting roles and
// permissions of the same organization. Roles that src holds in no named
// organization stay apart from dst's named ones.
func AddMemberships(dst, src *User) {
	for i := range src.Memberships {
		joinOrganization(nil, dst, &src.Memberships[i])
	}
}
