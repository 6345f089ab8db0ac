package password

import "strings"

// converter turns a hash of a named method into what Kinde takes of it.
type converter func(Input, Options) *Password

func refuser(name string) converter {
	return func(Input, Options) *Password { return refuse(name) }
}

// methods holds every name of a method that sources use, in lower case with '_'
// for '-', ' ' and '.'.
var methods map[string]converter

func init() {
	methods = map[string]converter{
		"bcrypt": bcryptMethod, "password_bcrypt": bcryptMethod, "blowfish": bcryptMethod, "bcrypt_django": bcryptMethod,
		"bcrypt_sha256_django": refuser("django-bcrypt-sha256"), "bcrypt_sha256": refuser("bcrypt-sha256"),
		"bcrypt_peppered": refuser("bcrypt-peppered"), "bcrypt_aes": refuser("bcrypt-aes"),

		"crypt": cryptMethod, "des": cryptMethod, "des_crypt": cryptMethod, "crypt_des": cryptMethod,
		"md5_crypt": cryptMethod, "md5crypt": cryptMethod, "crypt_md5": cryptMethod,
		"sha2_crypt": cryptMethod, "sha2crypt": cryptMethod, "yescrypt": cryptMethod,
		"sha256_crypt": cryptMethod, "sha256crypt": cryptMethod, "crypt_sha256": cryptMethod,
		"sha512_crypt": cryptMethod, "sha512crypt": cryptMethod, "crypt_sha512": cryptMethod,
		"apr1": refuser("apr1"),

		"wordpress": phpassMethod, "phpass": phpassMethod, "md5_phpass": phpassMethod,
		"phpass_md5": refuser("phpass-fusionauth"), "phppass_sha512": refuser("drupal-sha512"), "drupal7": refuser("drupal-sha512"),

		"md5": digestMethod(methodMD5), "md5_salted": digestMethod(methodMD5), "salted_md5": fusionDigest(methodMD5),
		"sha256": digestMethod(methodSHA256), "sha_256": digestMethod(methodSHA256),
		"sha256_salted": digestMethod(methodSHA256), "salted_sha256": fusionDigest(methodSHA256), "salted_sha_256": fusionDigest(methodSHA256),

		"sha1": refuser("sha1"), "sha_1": refuser("sha1"), "sha": refuser("sha1"), "ssha": refuser("sha1"), "sha1_salted": refuser("sha1"),
		"sha224": refuser(
			"sha224",
		), "sha384": refuser("sha384"), "sha512": refuser("sha512"), "sha_512": refuser("sha512"), "sha512_salted": refuser("sha512"),
		"salted_sha512": refuser("sha512"), "salted_sha_512": refuser("sha512"),
		"sha512_symfony": refuser(
			"sha512-symfony",
		), "md4": refuser("md4"), "ntlm": refuser("ntlm"), "nt": refuser("ntlm"), "nthash": refuser("ntlm"),
		"ripemd160": refuser("ripemd160"), "whirlpool": refuser("whirlpool"),
		"hmac": refuser(
			"hmac",
		), "hmac_sha1": refuser("hmac"), "hmac_sha256": refuser("hmac"), "hmac_sha512": refuser("hmac"), "hmac_md5": refuser("hmac"),
		"hmac_sha256_utf16_b64": refuser("hmac"), "salted_hmac_sha256": refuser("hmac"),
		"double_md5": refuser("double-hash"), "md5_sha1": refuser("double-hash"),

		"ldap": detect, "ldap_ssha": detect, "forgerock": detect, "django": detect, "passlib": detect, "werkzeug": detect, "kratos": detect,
		"zitadel": detect, "phpbb": phpassMethod, "drupal": detect, "laravel": detect, "supabase": detect,

		"pbkdf2": rawPBKDF2, "pbkdf2_sha1": refuser("pbkdf2-sha1"), "pbkdf2_hmac_sha1": refuser("pbkdf2-sha1"),
		"pbkdf2_sha256": sha256PBKDF2, "pbkdf2_hmac_sha256": sha256PBKDF2, "pbkdf2_256": sha256PBKDF2, "pbkdf2sha256": sha256PBKDF2,
		"pbkdf2_sha512": sha512PBKDF2, "pbkdf2_hmac_sha512": sha512PBKDF2, "pbkdf2_512": sha512PBKDF2, "pbkdf2sha512": sha512PBKDF2,
		"pbkdf2_sha512_hex": sha512PBKDF2, "pbkdf2sha1": refuser("pbkdf2-sha1"),
		"pbkdf2_sha256_django": djangoPBKDF2, "django_pbkdf2_sha256": djangoPBKDF2, "clerk_pbkdf2_sha256": sha256PBKDF2,
		"salted_pbkdf2_hmac_sha256": variantMethod(variantSHA256), "salted_pbkdf2_hmac_sha256_512": variantMethod(variantSHA256Long),
		"salted_pbkdf2_hmac_sha512_512": variantMethod(variantSHA512), "salted_pbkdf2_hmac_sha1": refuser("pbkdf2-sha1"),
		"passport_local_mongoose": mongooseMethod, "passport": mongooseMethod,

		"aspnet": aspnetMethod, "aspnet_identity": aspnetMethod, "aspnet_identity_v2": aspnetMethod, "aspnet_identity_v3": aspnetMethod,
		"identity_v2": aspnetMethod, "identity_v3": aspnetMethod, "duende": aspnetMethod,
		"asp_net_identity": aspnetMethod, "asp_net": aspnetMethod, "asp_net_membership": refuser("aspnet-membership"),
		"aspnet_membership": refuser("aspnet-membership"),

		"firebase": firebaseMethod, "firebase_scrypt": firebaseMethod, "scrypt_firebase": firebaseMethod, "firescrypt": firebaseMethod,
		"fbscrypt": firebaseMethod,
		"scrypt":   scryptMethod, "standard_scrypt": refuser("scrypt"), "scrypt_werkzeug": refuser("scrypt"), "stytch": refuser("scrypt"),
		"better_auth": detect,

		"argon2": refuser("argon2"), "argon2i": refuser("argon2i"), "argon2d": refuser("argon2d"), "argon2id": refuser("argon2id"),
		"awscognito": refuser("cognito-srp"), "legacy": refuser("logto-legacy"),
		"plain": refuser(
			"plain-text",
		), "plaintext": refuser("plain-text"), "plain_text": refuser("plain-text"), "cleartext": refuser("plain-text"),
	}
}

// KnowsMethod tells whether a text is a name by which sources call a method.
func KnowsMethod(name string) bool {
	c, _ := converterOf(name)
	return c != nil
}

// converterOf finds the converter of a method. named is false when the source
// names none; a nil converter means that the name is not known.
func converterOf(method string) (c converter, named bool) {
	method = strings.TrimSpace(method)
	if method == "" || len(method) > 64 {
		return nil, method != ""
	}
	var buf [64]byte
	for i := 0; i < len(method); i++ {
		b := method[i]
		switch {
		case b >= 'A' && b <= 'Z':
			b += 'a' - 'A'
		case b == '-' || b == ' ' || b == '.':
			b = '_'
		}
		buf[i] = b
	}
	key := buf[:len(method)]
	switch string(key) {
	case "auto", "unknown", "none", "null", "password":
		return nil, false
	}
	if c, ok := methods[string(key)]; ok {
		return c, true
	}
	// Akamai writes "password-<method>".
	return methods[strings.TrimPrefix(string(key), "password_")], true
}

// scryptMethod is Firebase's only where the operator gave its parameters.
func scryptMethod(in Input, opt Options) *Password {
	if param(&in, &opt, "signer_key") != "" || strings.HasPrefix(in.Hash, "$fbscrypt$") || strings.HasPrefix(in.Hash, "$firescrypt$") {
		return firebaseMethod(in, opt)
	}
	return refuse("scrypt")
}

// rawPBKDF2 converts "pbkdf2" by the variant or digest that stands beside it.
func rawPBKDF2(in Input, opt Options) *Password {
	if in.Hash[0] == '$' || in.Hash[0] == '{' || strings.HasPrefix(in.Hash, "pbkdf2") {
		return detect(in, opt)
	}
	if variant := param(&in, &opt, "variant"); variant != "" {
		switch variant {
		case variantSHA256, variantSHA256Long, variantSHA512:
			return variantMethod(variant)(in, opt)
		}
		return refuseFor("pbkdf2", "Kinde has no such variant")
	}
	switch strings.ToLower(param(&in, &opt, "digest")) {
	case "sha256", "sha-256":
		return rawParts(in, false)
	case "sha512", "sha-512":
		return rawParts(in, true)
	case "sha1", "sha-1":
		return refuse("pbkdf2-sha1")
	}
	return refuse("pbkdf2")
}

func sha256PBKDF2(in Input, opt Options) *Password {
	switch {
	case strings.HasPrefix(in.Hash, "pbkdf2_sha256$"):
		return fromClerkSHA256(in.Hash)
	case in.Hash[0] == '$' || in.Hash[0] == '{' || strings.HasPrefix(in.Hash, "pbkdf2:"):
		return detect(in, opt)
	}
	return rawParts(in, false)
}

func sha512PBKDF2(in Input, opt Options) *Password {
	switch {
	case strings.HasPrefix(in.Hash, "pbkdf2_sha512"):
		name, _, _ := strings.Cut(in.Hash, "$")
		hexSalt := name == "pbkdf2_sha512_hex" || strings.HasSuffix(strings.ToLower(in.Method), "hex")
		return fromClerkSHA512(in, hexSalt)
	case in.Hash[0] == '$' || in.Hash[0] == '{' || strings.HasPrefix(in.Hash, "pbkdf2:"):
		return detect(in, opt)
	}
	return rawParts(in, true)
}

func djangoPBKDF2(in Input, _ Options) *Password { return fromDjango(in.Hash) }

// variantMethod converts FusionAuth's columns, which are Kinde's: base64 key and
// salt. Without a factor both compute 24,000 iterations.
func variantMethod(variant string) converter {
	return func(in Input, _ Options) *Password {
		if in.Iterations == 0 {
			in.Iterations = defaultIterations
		}
		p := rawParts(in, variant == variantSHA512)
		if p.Body != nil && p.Body.Variant != variant {
			return malformed(p.Encoding, "its key does not have the length of the variant")
		}
		return p
	}
}

// rawParts converts a key and a salt in columns of their own. Both are base64
// unless the source says otherwise; a hex key is told by its length.
func rawParts(in Input, sha512 bool) *Password {
	name := pick(sha512, "pbkdf2-sha256", "pbkdf2-sha512")
	if in.Params["source"] == "keycloak" {
		name = pick(sha512, "keycloak-pbkdf2-sha256", "keycloak-pbkdf2-sha512")
	}
	salt, ok := saltBytes(in.Salt, in.SaltEncoding, "base64")
	if !ok {
		return malformed(name, "its salt is not in the encoding that the source names (base64 when it names none)")
	}
	key, ok := decodeKey(in.Hash)
	if !ok {
		return malformed(name, "its key is neither base64 nor hex")
	}
	return fromPBKDF2(name, sha512, key, []byte(salt), in.Iterations)
}

// decodeKey reads a derived key. What has forty characters, all of them hex digits,
// is no base64: that would be a chance of 1 in 10^18.
func decodeKey(s string) ([]byte, bool) {
	if isHex(s) && len(s) >= 40 {
		return decodeHex(s)
	}
	return decode64(s)
}

// mongooseMethod converts passport-local-mongoose's two fields. The salt's hex
// digits are used as text; 25,000 iterations of SHA-256 are its default.
func mongooseMethod(in Input, opt Options) *Password {
	const name = "passport-local-mongoose"
	if in.Hash[0] == '$' || in.Hash[0] == '{' {
		return detect(in, opt)
	}
	sha512 := false
	switch strings.ToLower(param(&in, &opt, "digest")) {
	case "", "sha256":
	case "sha512":
		sha512 = true
	case "sha1":
		return refuse("pbkdf2-sha1")
	default:
		return refuseFor(name, "Kinde has no variant with this digest")
	}
	if in.Iterations == 0 {
		in.Iterations = 25000
	}
	salt, ok := saltBytes(in.Salt, in.SaltEncoding, "text")
	if !ok {
		return malformed(name, "its salt is not in the encoding that the source names")
	}
	key, ok := decodeHex(in.Hash)
	if !ok {
		return malformed(name, notHex)
	}
	return fromPBKDF2(name, sha512, key, []byte(salt), in.Iterations)
}
