package password

// Encoding describes one way in which sources store passwords.
type Encoding struct {
	Name   string // stable, in kebab case; Password.Encoding holds it
	Kept   bool   // Kinde can hold it, so people keep their passwords
	Reason string // how it is carried over, or why it can't be
}

const (
	reasonNoMethod = "Kinde has no method for it"
	reasonSHA1     = "Kinde has no method with SHA-1"
	reasonHMAC     = "Kinde has no method for keyed digests"
	reasonPreHash  = "the password is hashed before bcrypt, and Kinde's bcrypt does not do that"
	reasonBinary   = "the salt is not text; only the dashboard's import (salt_format hex) takes it, the API does not"
	reasonRisky    = "Kinde does not document this crypt scheme; --try-crypt sends it all the same"
	reasonSHA512   = "the key has less than 64 bytes, and Kinde's only SHA-512 variant needs 64"
	reasonShort    = "the key is shorter than Kinde's variant needs, and can't be extended"
	reasonCost     = "its cost is so high that each sign-in could be used to overload the server"
)

// encodings is the one list of what is known. Order: as documented.
var encodings = []Encoding{
	{"bcrypt", true, "method bcrypt; the prefixes $2b$ and $2y$ become $2a$, which gives the same checksum"},
	{"bcrypt-2x", false, "made by a faulty bcrypt that differs for bytes above 127"},
	{"bcrypt-2", false, "the first bcrypt of 1997 differs from today's"},
	{"bcrypt-peppered", false, "a secret was added to the password, and Kinde can't add it"},
	{"bcrypt-aes", false, "the hash is encrypted with a key that Kinde does not have"},
	{"bcrypt-sha256", false, reasonPreHash},
	{"django-bcrypt-sha256", false, reasonPreHash},
	{"wordpress-bcrypt", false, "WordPress 6.8 hashes the password before bcrypt; Kinde does not document it"},
	{"phpass", true, "method wordpress; phpBB's prefix $H$ becomes $P$, which is the same algorithm"},
	{"phpass-fusionauth", false, "FusionAuth's variant encodes the salt in another way"},
	{"drupal-sha512", false, "phpass with SHA-512, cut short; " + reasonNoMethod},
	{"crypt-md5", true, "method crypt, as it is"},
	{"crypt-sha256", true, "method crypt, as it is"},
	{"crypt-sha512", true, "method crypt, as it is"},
	{"crypt-des", false, reasonRisky},
	{"crypt-bsdi", false, reasonRisky},
	{"crypt-yescrypt", false, reasonRisky},
	{"crypt-gost-yescrypt", false, reasonRisky},
	{"crypt-scrypt", false, reasonRisky},
	{"crypt-sha1", false, reasonRisky},
	{"crypt-sun-md5", false, reasonNoMethod},
	{"apr1", false, "Apache's variant of MD5 crypt; crypt does not verify it"},
	{"aix", false, "AIX's own schemes; crypt does not verify them"},
	{"md5", true, "method md5; the digest in lower-case hex, the salt as text with its position"},
	{"md5-binary-salt", false, reasonBinary},
	{"md5-iterated", false, "the digest is repeated, and Kinde computes it once"},
	{"sha256", true, "method sha256; the digest in lower-case hex, the salt as text with its position"},
	{"sha256-binary-salt", false, reasonBinary},
	{"sha256-iterated", false, "the digest is repeated, and Kinde computes it once"},
	{"salted-hex", false, "its scheme is not certain (a plain or a keyed digest); name the method and the salt position"},
	{"hex-32", false, "MD5 and NTLM look the same; --assume md5 settles it"},
	{"hex-64", false, "several digests look the same; --assume sha256 settles it"},
	{"sha1", false, reasonSHA1},
	{"sha224", false, reasonNoMethod},
	{"sha384", false, reasonNoMethod},
	{"sha512", false, reasonNoMethod},
	{"sha512-symfony", false, reasonNoMethod},
	{"md4", false, reasonNoMethod},
	{"ntlm", false, reasonNoMethod},
	{"ripemd160", false, reasonNoMethod},
	{"whirlpool", false, reasonNoMethod},
	{"hmac", false, reasonHMAC},
	{"double-hash", false, "the password is hashed more than once; " + reasonNoMethod},
	{"django-pbkdf2-sha256", true, "method pbkdf2; the salt is text"},
	{"clerk-pbkdf2-sha256", true, "method pbkdf2; the salt is base64 already"},
	{
		"pbkdf2-sha256-ambiguous",
		false,
		"Django's and Clerk's strings look the same here; name the method pbkdf2_sha256 or pbkdf2_sha256_django",
	},
	{"clerk-pbkdf2-sha512", true, "method pbkdf2, where the key has 64 bytes"},
	{"passlib-pbkdf2-sha256", true, "method pbkdf2; passlib's base64 is rewritten"},
	{"passlib-pbkdf2-sha512", true, "method pbkdf2; passlib's base64 is rewritten"},
	{"phc-pbkdf2-sha256", true, "method pbkdf2; the base64 is padded"},
	{"phc-pbkdf2-sha512", true, "method pbkdf2; the base64 is padded"},
	{"werkzeug-pbkdf2-sha256", true, "method pbkdf2; the salt is text, the key is hex"},
	{"werkzeug-pbkdf2-sha512", true, "method pbkdf2; the salt is text, the key is hex"},
	{"werkzeug-pbkdf2-default", false, "the number of iterations is not in the hash, and differs between versions of Werkzeug"},
	{"keycloak-pbkdf2-sha256", true, "method pbkdf2; the variant follows the length of the key"},
	{"keycloak-pbkdf2-sha512", true, "method pbkdf2"},
	{"forgerock-pbkdf2-sha256", true, "method pbkdf2; key and salt are split"},
	{"forgerock-pbkdf2-sha512", true, "method pbkdf2; key and salt are split"},
	{"ldap-pbkdf2-sha256", true, "method pbkdf2"},
	{"ldap-pbkdf2-sha512", true, "method pbkdf2"},
	{"389ds-pbkdf2-sha256", false, "the layout of this binary form is not documented well enough to carry it over safely"},
	{"passport-local-mongoose", true, "method pbkdf2; the key is cut to the variant's length, which loses nothing"},
	{"pbkdf2-sha256", true, "method pbkdf2; the variant follows the length of the key"},
	{"pbkdf2-sha512", true, "method pbkdf2, where the key has 64 bytes"},
	{"pbkdf2-sha512-short", false, reasonSHA512},
	{"pbkdf2-sha1", false, reasonSHA1},
	{"pbkdf2", false, "the digest is not named; name the method pbkdf2_sha256 or pbkdf2_sha512, or give a variant"},
	{"aspnet-identity-v2", true, "method aspnet-identity-v2, as it is"},
	{"aspnet-identity-v3-sha256", true, "method pbkdf2; the parts are taken out of the binary form"},
	{"aspnet-identity-v3-sha512", true, "method pbkdf2, where the key has 64 bytes"},
	{"aspnet-identity-v3-sha512-short", false, reasonSHA512 + " (.NET 7 and later)"},
	{"aspnet-identity-v3-sha1", false, reasonSHA1},
	{"aspnet-membership", false, reasonSHA1},
	{"firebase-scrypt", true, "method firebase-scrypt; needs the project's parameters (--hash-params) unless the hash holds them"},
	{"scrypt", false, "Kinde knows Firebase's scrypt only"},
	{"argon2i", false, reasonNoMethod},
	{"argon2d", false, reasonNoMethod},
	{"argon2id", false, reasonNoMethod},
	{"argon2", false, reasonNoMethod},
	{"cognito-srp", false, "a verifier of the SRP protocol, not a hash"},
	{"supabase-encrypted", false, "the hash is encrypted with a key of the database"},
	{"logto-legacy", false, "a chain of digests that Kinde can't compute"},
	{"plain-text", false, "the source holds the password itself; Kinde takes hashes only"},
	{"external", false, "the password is in another system"},
	{"unknown-method", false, "the source names a method that is not known here"},
	{"unknown", false, "not an encoding that is known here"},
}

var reasonOf = func() map[string]string {
	m := make(map[string]string, len(encodings))
	for _, e := range encodings {
		m[e.Name] = e.Reason
	}
	return m
}()

// refuse is the answer for an encoding that Kinde can't hold.
func refuse(name string) *Password { return &Password{Encoding: name, Reason: reasonOf[name]} }

// refuseFor refuses one hash of an encoding that can otherwise be kept.
func refuseFor(name, reason string) *Password { return &Password{Encoding: name, Reason: reason} }

// malformed is the answer for a hash that does not fit what it claims to be.
func malformed(name, reason string) *Password {
	return &Password{Encoding: name, Reason: reason, Malformed: true}
}

func keep(name string, b Body) *Password { return &Password{Encoding: name, Body: &b} }
