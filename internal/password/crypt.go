package password

import "strings"

// fromCrypt converts the schemes of crypt(3) that Kinde is known to verify.
func fromCrypt(hash string) *Password {
	switch {
	case strings.HasPrefix(hash, "$1$"):
		return keepCrypt("crypt-md5", hash, hash[3:], 8, 22)
	case strings.HasPrefix(hash, "$5$"):
		return shaCrypt("crypt-sha256", hash, 43)
	default:
		return shaCrypt("crypt-sha512", hash, 86)
	}
}

func shaCrypt(name, hash string, digest int) *Password {
	rounds, rest, ok := cryptRounds(hash[3:])
	switch {
	case !ok || rounds < 1000:
		return malformed(name, "its number of rounds is not between 1,000 and 999,999,999")
	case rounds > maxIterations:
		return refuseFor(name, reasonCost)
	}
	return keepCrypt(name, hash, rest, 16, digest)
}

// cryptRounds reads "rounds=N$" at the start of s; without it the rounds are 5,000.
func cryptRounds(s string) (rounds int, rest string, ok bool) {
	after, explicit := strings.CutPrefix(s, "rounds=")
	if !explicit {
		return 5000, s, true
	}
	digits, rest, found := strings.Cut(after, "$")
	rounds = number(digits)
	return rounds, rest, found && rounds <= 999_999_999
}

func keepCrypt(name, hash, rest string, maxSalt, digest int) *Password {
	salt, sum, _ := strings.Cut(rest, "$")
	if len(salt) > maxSalt || len(sum) != digest || !isCrypt64(sum) || !isCryptSalt(salt) {
		return malformed(name, "its salt or its checksum has the wrong length or characters")
	}
	return keep(name, Body{HashedPassword: hash, HashingMethod: methodCrypt})
}

func isCryptSalt(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return false
		}
	}
	return true
}

// fromRiskyCrypt handles schemes that libxcrypt verifies and Kinde's
// description does not mention.
func fromRiskyCrypt(name, hash string, opt Options) *Password {
	if !isRiskyCrypt(hash) {
		return malformed(name, "its parts have the wrong length or characters")
	}
	if !opt.TryCrypt {
		return refuse(name)
	}
	return keep(name, Body{HashedPassword: hash, HashingMethod: methodCrypt})
}

func isRiskyCrypt(hash string) bool {
	if isDESCrypt(hash) || isBSDiCrypt(hash) {
		return true
	}
	var p [5]string
	if !splitInto(hash, '$', p[:]) {
		// $7$ has no separator between its parameters and the salt.
		return strings.HasPrefix(hash, "$7$") && splitInto(hash, '$', p[:4]) && len(p[2]) >= 11 && len(p[3]) == 43 && isCrypt64(p[3])
	}
	switch p[0] + "$" + p[1] {
	case "$y", "$gy":
		return len(p[2]) >= 3 && len(p[2]) <= 16 && isCrypt64(p[2]) && isCrypt64(p[3]) && len(p[3]) <= 86 && len(p[4]) == 43 && isCrypt64(p[4])
	case "$sha1":
		rounds := number(p[2])
		return rounds >= 1 && rounds <= maxIterations && len(p[3]) <= 64 && isCryptSalt(p[3]) && len(p[4]) == 28 && isCrypt64(p[4])
	}
	return false
}

func isDESCrypt(s string) bool { return len(s) == 13 && isCrypt64(s) }

func isBSDiCrypt(s string) bool { return len(s) == 20 && s[0] == '_' && isCrypt64(s[1:]) }

// fromPHPass converts the portable hashes of phpass.
func fromPHPass(hash string) *Password {
	const name = "phpass"
	rounds, ok := phpassRounds(hash)
	switch {
	case !ok:
		return malformed(name, "it is not a whole phpass hash of 34 characters")
	case rounds > maxIterations:
		return refuseFor(name, reasonCost)
	}
	if hash[1] != 'P' {
		hash = "$P" + hash[2:]
	}
	return keep(name, Body{HashedPassword: hash, HashingMethod: methodWordPress})
}

// phpassRounds checks the form of a $P$ or $H$ hash. Its fourth character is the
// binary logarithm of the rounds, which phpass allows from 7 to 30.
func phpassRounds(hash string) (int, bool) {
	if len(hash) != 34 || hash[0] != '$' || hash[2] != '$' || (hash[1] != 'P' && hash[1] != 'H') || !isCrypt64(hash[3:]) {
		return 0, false
	}
	log := crypt64Value(hash[3])
	return 1 << log, log >= 7 && log <= 30
}

// cryptMethod converts what a source calls crypt.
func cryptMethod(in Input, opt Options) *Password {
	hash := in.Hash
	if hasFold(hash, "{crypt}") {
		hash = hash[len("{crypt}"):]
	}
	if isDESCrypt(hash) {
		return fromRiskyCrypt("crypt-des", hash, opt)
	}
	if isBSDiCrypt(hash) {
		return fromRiskyCrypt("crypt-bsdi", hash, opt)
	}
	if strings.HasPrefix(hash, "$") {
		if p := detectDollar(Input{Hash: hash}, opt); p.Encoding != "unknown" {
			return p
		}
	}
	return malformed("crypt-des", "the source calls it crypt, and it is not a crypt string")
}

// phpassMethod converts WordPress's column: phpass, or MD5 from its first years.
func phpassMethod(in Input, opt Options) *Password {
	switch {
	case strings.HasPrefix(in.Hash, "$P$"), strings.HasPrefix(in.Hash, "$H$"):
		return fromPHPass(in.Hash)
	case len(in.Hash) == 32 && isHex(in.Hash):
		return digestMethod(methodMD5)(Input{Hash: in.Hash}, opt)
	case strings.HasPrefix(in.Hash, "$"):
		return detect(in, opt)
	}
	return malformed("phpass", "it is not a whole phpass hash of 34 characters")
}
