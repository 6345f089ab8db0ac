package password

import "strings"

// bcryptLength is that of "$2a$10$" with 22 characters of salt and 31 of checksum.
const bcryptLength = 60

func fromBcrypt(hash string) *Password {
	const name = "bcrypt"
	if strings.HasPrefix(hash, "$2$") {
		return refuse("bcrypt-2")
	}
	if strings.HasPrefix(hash, "$2x$") {
		return refuse("bcrypt-2x")
	}
	cost, ok := bcryptCost(hash)
	switch {
	case !ok:
		return malformed(name, "it is not a whole bcrypt hash of 60 characters")
	case cost < minBcryptCost || cost > topBcryptCost:
		return malformed(name, "its cost is outside 4 to 31")
	case cost > maxBcryptCost:
		return refuseFor(name, reasonCost)
	}
	if hash[2] != 'a' {
		hash = "$2a" + hash[3:]
	}
	return keep(name, Body{HashedPassword: hash, HashingMethod: methodBcrypt})
}

// bcryptCost checks the form of a $2a$, $2b$ or $2y$ hash and reads its cost.
func bcryptCost(hash string) (int, bool) {
	if len(hash) != bcryptLength || hash[0] != '$' || hash[1] != '2' || hash[3] != '$' || hash[6] != '$' {
		return 0, false
	}
	if c := hash[2]; c != 'a' && c != 'b' && c != 'y' {
		return 0, false
	}
	return number(hash[4:6]), number(hash[4:6]) >= 0 && isCrypt64(hash[7:])
}

// bcryptMethod converts what a source calls bcrypt: a whole hash, Django's or an
// LDAP server's wrapping of one, or FusionAuth's three columns.
func bcryptMethod(in Input, _ Options) *Password {
	hash := in.Hash
	switch {
	case hasFold(hash, "{bcrypt}"):
		hash = hash[len("{bcrypt}"):]
	case hasFold(hash, "{crypt}"):
		hash = hash[len("{crypt}"):]
	case strings.HasPrefix(hash, "bcrypt$"):
		hash = hash[len("bcrypt$"):]
	case strings.HasPrefix(hash, "bcrypt_sha256$"):
		return refuse("django-bcrypt-sha256")
	case strings.HasPrefix(hash, "$wp$"):
		return refuse("wordpress-bcrypt")
	case len(hash) == 31 && len(in.Salt) == 22 && in.Iterations < 100:
		prefix := []byte("$2a$00$")
		prefix[4] += byte(in.Iterations / 10)
		prefix[5] += byte(in.Iterations % 10)
		hash = string(prefix) + in.Salt + hash
	}
	return fromBcrypt(hash)
}
