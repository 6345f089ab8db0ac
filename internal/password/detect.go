package password

import "strings"

// detect tells the encoding from the string alone, most specific forms first.
func detect(in Input, opt Options) *Password {
	s := in.Hash
	switch {
	case s[0] == '{':
		return detectBrace(in, opt)
	case s[0] == '$':
		return detectDollar(in, opt)
	case strings.HasPrefix(s, "U$S$"):
		return refuse("drupal-sha512")
	case strings.Contains(s, "$"):
		if p := detectNamed(in, opt); p != nil {
			return p
		}
	case isBSDiCrypt(s):
		return fromRiskyCrypt("crypt-bsdi", s, opt)
	}
	return detectBare(in, opt)
}

// detectDollar handles modular crypt formats: $name$…
func detectDollar(in Input, opt Options) *Password {
	s := in.Hash
	end := strings.IndexByte(s[1:], '$')
	if end < 0 {
		if strings.HasPrefix(s, "$md5,") {
			return refuse("crypt-sun-md5")
		}
		return refuse("unknown")
	}
	switch name := s[1 : 1+end]; name {
	case "2", "2a", "2b", "2y", "2x":
		return fromBcrypt(s)
	case "P", "H":
		return fromPHPass(s)
	case "1", "5", "6":
		return fromCrypt(s)
	case "wp":
		return refuse("wordpress-bcrypt")
	case "argon2i", "argon2d", "argon2id":
		return refuse(name)
	case "S":
		return refuse("drupal-sha512")
	case "y":
		return fromRiskyCrypt("crypt-yescrypt", s, opt)
	case "gy":
		return fromRiskyCrypt("crypt-gost-yescrypt", s, opt)
	case "7":
		return fromRiskyCrypt("crypt-scrypt", s, opt)
	case "sha1":
		if rest := s[len("$sha1$"):]; rest != "" && rest[0] >= '1' && rest[0] <= '9' && strings.Count(rest, "$") == 2 {
			return fromRiskyCrypt("crypt-sha1", s, opt)
		}
		return refuse("sha1")
	case "apr1":
		return refuse("apr1")
	case "3":
		return refuse("ntlm")
	case "md5":
		if strings.Count(s, "$") > 2 && !strings.HasPrefix(s, "$md5$pf=") {
			return refuse("crypt-sun-md5")
		}
		return fromKratosDigest(methodMD5, s)
	case "sha256":
		return fromKratosDigest(methodSHA256, s)
	case "sha224", "sha384", "sha512":
		return refuse(name)
	case "md5-crypt":
		return fromCrypt("$1" + s[len("$md5-crypt"):])
	case "sha256-crypt":
		return fromCrypt("$5" + s[len("$sha256-crypt"):])
	case "sha512-crypt":
		return fromCrypt("$6" + s[len("$sha512-crypt"):])
	case "bcrypt-sha256":
		return refuse("bcrypt-sha256")
	case "fbscrypt":
		return fromFBScrypt(s)
	case "firescrypt":
		return fromFirescrypt(s)
	case "f_scrypt":
		return fromSuperTokens(s, in, opt)
	case "scrypt", "s0", "s1", "s2":
		return refuse("scrypt")
	case "pbkdf2", "pbkdf2-sha1":
		return refuse("pbkdf2-sha1")
	case "pbkdf2-sha256", "pbkdf2-sha512":
		return fromModularPBKDF2(name, s)
	default:
		if strings.HasPrefix(name, "hmac-") {
			return refuse("hmac")
		}
		if strings.HasPrefix(name, "md5,rounds=") {
			return refuse("crypt-sun-md5")
		}
	}
	return refuse("unknown")
}

// detectNamed handles "name$…" and "name:…$…", as Django and Werkzeug write
// them. Nil when the name is none that they use.
func detectNamed(in Input, opt Options) *Password {
	s := in.Hash
	name, rest, _ := strings.Cut(s, "$")
	switch name {
	case "bcrypt":
		if strings.HasPrefix(rest, "$2") {
			return fromBcrypt(rest)
		}
		return malformed("bcrypt", "it is not a whole bcrypt hash of 60 characters")
	case "bcrypt_sha256":
		return refuse("django-bcrypt-sha256")
	case "argon2":
		return detectArgon(rest)
	case "pbkdf2_sha256":
		return detectPBKDF2SHA256(s)
	case "pbkdf2_sha1":
		return refuse("pbkdf2-sha1")
	case "pbkdf2_sha512", "pbkdf2_sha512_hex":
		return fromClerkSHA512(in, name == "pbkdf2_sha512_hex")
	case "scrypt":
		return refuse("scrypt")
	case "md5":
		if salt, sum, ok := strings.Cut(rest, "$"); ok && len(sum) == 32 && isHex(sum) {
			digest, _ := decodeHex(sum)
			return fromDigest(methodMD5, digest, salt, "prefix")
		}
		return malformed("md5", "it does not end in a digest of 32 hex digits")
	case "sha1":
		return refuse("sha1")
	case "sha256":
		return refuse("salted-hex")
	case "sha224", "sha384", "sha512":
		return refuse(name)
	case "crypt":
		_, hash, _ := strings.Cut(rest, "$")
		return fromRiskyCrypt("crypt-des", hash, opt)
	}
	switch {
	case strings.HasPrefix(s, "pbkdf2:"):
		return fromWerkzeug(s)
	case strings.HasPrefix(s, "scrypt:"):
		return refuse("scrypt")
	case strings.Count(s, "$") == 5:
		return fromClerkFirebase(s)
	}
	return nil
}

// detectArgon reads the variant in Django's "argon2$argon2id$…".
func detectArgon(rest string) *Password {
	switch name, _, _ := strings.Cut(rest, "$"); name {
	case "argon2i", "argon2d", "argon2id":
		return refuse(name)
	}
	return refuse("argon2")
}

// detectBare handles strings that carry no name.
func detectBare(in Input, opt Options) *Password {
	s := in.Hash
	if s[0] == 'A' {
		if p := fromASPNet(s); p != nil {
			return p
		}
	}
	if len(s) == 32+1+128 && s[32] == ':' && isHex(s[:32]) && isHex(s[33:]) {
		return refuse("scrypt")
	}
	if isHex(s) {
		switch len(s) {
		case 32:
			return refuse("hex-32")
		case 40:
			return refuse("sha1")
		case 56:
			return refuse("sha224")
		case 64:
			return refuse("hex-64")
		case 96:
			return refuse("sha384")
		case 128:
			return refuse("sha512")
		case 1024:
			if in.Salt != "" {
				return mongooseMethod(in, opt)
			}
		}
	}
	if isDESCrypt(s) {
		return fromRiskyCrypt("crypt-des", s, opt)
	}
	if in.Salt != "" && param(&in, &opt, "signer_key") != "" {
		return firebaseMethod(in, opt)
	}
	if len(s) > 33 && s[32] == ':' && isHex(s[:32]) {
		return refuse("salted-hex")
	}
	return refuse("unknown")
}
