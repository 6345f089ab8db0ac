package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// TestWordsOfNames cuts the name of a field into words.
func TestWordsOfNames(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"", ""},
		{"mailAddress", "mail|address"},
		{"mail_address", "mail|address"},
		{"Mail address", "mail|address"},
		{"MAILAddress", "mailaddress"},
		{"mail2Address", "mail2|address"},
		{"prénom", "prenom"},
		{"Größe", "große"},
		{"E-Mail", "e|mail"},
		{"__x__", "x"},
		{"aB1C", "a|b1|c"},
		{"user.id[0]", "user|id|0"},
	} {
		got := func(in string) string { return strings.Join(wordsOf(in), "|") }(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestEditDistances finds the name that was meant.
func TestEditDistances(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"emials", "emails"},
		{"emails", "emails"},
		{"email", "emails"},
		{"emax", ""},
		{"phnoes", "phones"},
		{"x", ""},
		{"ie", "id"},
		{"i", ""},
		{"idx", "id"},
		{"email_addresses_of_a_person_of_the_sourc", ""},
		{"emaiiiils", ""},
	} {
		got := func(in string) string {
			return nearest(in, []string{"emails", "phones", "id", "email_addresses_of_a_person_of_the_source"})
		}(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestDistances counts the letters that differ.
func TestDistances(t *testing.T) {
	for _, tt := range []struct {
		a    string
		b    string
		want string
	}{
		{"", "", "0"},
		{"a", "", "1"},
		{"", "abc", "3"},
		{"abc", "abc", "0"},
		{"abc", "abd", "1"},
		{"abc", "acb", "2"},
		{"abc", "ab", "1"},
		{"ab", "abc", "1"},
		{"kitten", "sitting", "3"},
		{strings.Repeat("a", 40), strings.Repeat("a", 40), "0"},
		{strings.Repeat("a", 41), "a", "40"},
		{"a", strings.Repeat("a", 41), "40"},
	} {
		got := func(a, b string) string { return fmt.Sprint(distance(a, b)) }(tt.a, tt.b)
		if got != tt.want {
			t.Errorf("%v %v: got %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestStrategies knows which connection a provider's name stands for.
func TestStrategies(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"google-oauth2", "oauth2:google false false"},
		{"Google", "oauth2:google false false"},
		{"google.com", "oauth2:google false false"},
		{"windowslive", "oauth2:microsoft false false"},
		{"x", "oauth2:twitter false false"},
		{"OAuth2:Foo", "oauth2:foo false false"},
		{"SAML:abc", "saml:abc true false"},
		{"wsfed:abc", "wsfed:abc true false"},
		{"sso:x", " true false"},
		{"saml.acme", " true false"},
		{"saml_x", " true false"},
		{"oidc.acme", " true false"},
		{"acme.onmicrosoft.com", " true false"},
		{"https://sts.windows.net/x/", " true false"},
		{"https://login.microsoftonline.com/x/v2.0", " true false"},
		{"samlp", " true false"},
		{"waad", " true false"},
		{"adfs", " true false"},
		{"ad", " true false"},
		{"okta", " true false"},
		{"oidc", " true false"},
		{"pingfederate", " true false"},
		{"google-apps", " true false"},
		{"office365", " true false"},
		{"sso", " true false"},
		{"active_directory", " true false"},
		{"ldap", " true false"},
		{"wsfed", " true false"},
		{"auth0-adldap", " true false"},
		{"saml", " true false"},
		{"auth0", " false true"},
		{"email", " false true"},
		{"sms", " false true"},
		{"phone", " false true"},
		{"password", " false true"},
		{"credential", " false true"},
		{"credentials", " false true"},
		{"email_password", " false true"},
		{"passwordless", " false true"},
		{"local", " false true"},
		{"username-password-authentication", " false true"},
		{"username", " false true"},
		{"mobile", " false true"},
		{"firebase", " false true"},
		{"anonymous", " false true"},
		{"none", " false true"},
		{"magic_link", " false true"},
		{"email-verification", " false true"},
		{"unheard of", " false false"},
		{"", " false false"},
	} {
		got := func(in string) string {
			s, e := Strategy(in)
			return fmt.Sprint(s, " ", e, " ", localNames[foldKey(in)])
		}(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestSuspectedNames tells how likely the name of a place is that of a password.
func TestSuspectedNames(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"password", "2"},
		{"passwd", "2"},
		{"pwd", "2"},
		{"pass", "2"},
		{"user_password", "2"},
		{"userPass", "2"},
		{"plain_password", "2"},
		{"password_plain", "2"},
		{"plaintextPassword", "2"},
		{"passwordPlaintext", "2"},
		{"cleartext_password", "2"},
		{"password_cleartext", "2"},
		{"temporary_password", "2"},
		{"tempPassword", "2"},
		{"initial_password", "2"},
		{"current_password", "2"},
		{"new_password", "2"},
		{"unicodePwd", "2"},
		{"credentials.password", "2"},
		{"password.value", "2"},
		{"password.hash", "2"},
		{"password.text", "2"},
		{"password.plain", "2"},
		{"password.plaintext", "2"},
		{"password.cleartext", "2"},
		{"password.digest", "2"},
		{"password.hashed_value", "2"},
		{"password.hashed_password", "2"},
		{"password.salt", "0"},
		{"credentials.password.hash.value", "2"},
		{"credentials[*].value", "2"},
		{"credentials[type=password].value", "2"},
		{"credentials[type=otp].value", "0"},
		{"credential.hash", "2"},
		{"credentials[*].hash.value", "2"},
		{"a.value", "0"},
		{"value", "0"},
		{"hash", "1"},
		{"$passwords[*].hash", "1"},
		{"\"password\"", "2"},
		{"user_hash", "1"},
		{"hashed", "0"},
		{"password_hash", "1"},
		{"password_hash_2", "1"},
		{"legacy_password", "1"},
		{"legacyPasswd", "1"},
		{"password_at", "0"},
		{"password_changed", "0"},
		{"last_password_change_at", "0"},
		{"passwordResetRequired", "0"},
		{"has_password", "0"},
		{"password_expires", "0"},
		{"password_policy", "0"},
		{"password_hint", "0"},
		{"pwdLastSet", "0"},
		{"oldpwd", "1"},
		{"bypassword", "1"},
		{"password_has_x", "0"},
		{"passwordhash", "1"},
		{"passwordhashx", "1"},
		{"passw0rd", "1"},
		{"email", "0"},
	} {
		got := func(in string) string { return fmt.Sprint(suspectName(in)) }(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestSuspectValues tells whether a value under the name of a password is one.
func TestSuspectValues(t *testing.T) {
	for _, tt := range []struct {
		s    suspicion
		in   string
		want string
	}{
		{byValue, "$2a$10$abcdefghijklmnopqrstuuVcp.STfzuT0bMrjbDxuV3eTYNADn6Ky", "true"},
		{byValue, "correct horse battery 9", "false"},
		{byValue, "abcdefghijklmnopqrst1", "false"},
		{byName, "abcdefghijklmnopqrst1", "true"},
		{byName, "abcdefghijklmnopqrs1", "true"},
		{byName, "abcdefghijklmnopqr1", "false"},
		{byName, "abcdefghijklmnopqrstu", "false"},
		{byName, "abcdefghi jklmnopqrst1", "false"},
		{byName, "abcdefghi\tjklmnopqrst1", "false"},
		{byName, "active", "false"},
		{certain, "abc", "false"},
		{certain, "abcd", "true"},
		{certain, "active", "true"},
		{certain, "true", "false"},
		{certain, "****", "false"},
		{certain, "••••••", "false"},
		{certain, "xxxx", "false"},
		{certain, "XXXX-XX", "false"},
		{certain, "REDACTED", "false"},
		{certain, "[redacted]", "false"},
		{certain, "hidden", "false"},
		{certain, "secret", "false"},
		{certain, "UkVEQUNURUQ=", "false"},
		{certain, "none", "false"},
		{certain, "null", "false"},
		{certain, "undefined", "false"},
		{certain, " n/a ", "false"},
		{certain, "unset", "false"},
		{certain, "    ", "false"},
	} {
		got := func(s suspicion, in string) string { return fmt.Sprint(s.of(in)) }(tt.s, tt.in)
		if got != tt.want {
			t.Errorf("%v %v: got %q, want %q", tt.s, tt.in, got, tt.want)
		}
	}
}

// TestSecondFactors knows the names of second factors.
func TestSecondFactors(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
	}{
		{"totp_secret", "true Kinde can't take over second factors"},
		{"otp", "true Kinde can't take over second factors"},
		{"mfa.enabled", "true Kinde can't take over second factors"},
		{"WebAuthn", "true Kinde can't take over second factors"},
		{"pass_key", "true Kinde can't take over second factors"},
		{"two-factor", "true Kinde can't take over second factors"},
		{"2fa", "true Kinde can't take over second factors"},
		{"backup_codes", "true Kinde can't take over second factors"},
		{"recovery", "true Kinde can't take over second factors"},
		{"lookup_secret", "true Kinde can't take over second factors"},
		{"factors[*].id", "true Kinde can't take over second factors"},
		{"devices", "true Kinde can't take over second factors"},
		{"biometrics", "true Kinde can't take over second factors"},
		{"fido", "true Kinde can't take over second factors"},
		{"kba", "true Kinde can't take over second factors"},
		{"email", "false Kinde has no field for it, only a property"},
	} {
		got := func(in string) string { return fmt.Sprint(secondFactor(in), " ", noPlace(in)) }(tt.in)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.in, got, tt.want)
		}
	}
}
