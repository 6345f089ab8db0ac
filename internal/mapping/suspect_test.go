package mapping

import "testing"

// TestSuspectNames judges names by whether a bare digest under them is a password.
func TestSuspectNames(t *testing.T) {
	const digest = "5f4dcc3b5aa765d61d8327deb882cf99"
	for path, want := range map[string]bool{
		"password": true, "password_hash": true, "passwordHash": true, "hashed_password": true, "$profiles[*].password_hash": true,
		"user_passwd": true, "pwdhash": true, "login.password.hash": true, "legacy_hash": true,
		"has_password": false, "password_hash_algorithm": false, "password_salt": false, "reset_password_token": false, "password_id": false,
		"avatar": false, "etag": false,
	} {
		if got := suspectName(path).of(digest); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
