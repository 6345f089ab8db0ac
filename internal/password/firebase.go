package password

import "strings"

// firebase gathers the parts of Firebase's modified scrypt; base64 where Kinde wants it.
type firebase struct {
	hash, salt, separator, signerKey string
	rounds, memCost, parallel        int
}

func (f firebase) password() *Password {
	const name = "firebase-scrypt"
	if f.parallel != 1 {
		return refuseFor(name, "its parallelism is not 1")
	}
	if f.rounds < 1 || f.rounds > maxFirebaseRounds || f.memCost < 1 || f.memCost > maxFirebaseMemCost {
		return refuseFor(name, "Kinde takes 1 to 16 rounds and a memory cost of 1 to 20")
	}
	hash, hashLen, _ := canonical64(f.hash)
	salt, saltLen, _ := canonical64(f.salt)
	separator, separatorLen, separable := canonical64(f.separator)
	key, keyLen, _ := canonical64(f.signerKey)
	switch {
	case hashLen == 0 || saltLen == 0:
		return malformed(name, "its hash or its salt is missing or not base64")
	case !separable || keyLen == 0:
		return malformed(name, "the signer key or the salt separator is not base64")
	case separatorLen == 0:
		return refuseFor(name, "Kinde requires the salt separator; name it with --hash-params")
	case hashLen != keyLen:
		return malformed(name, "its hash does not have the length of the signer key")
	}
	return keep(name, Body{
		HashedPassword: hash, HashingMethod: methodFirebase, Salt: salt,
		SignerKey: key, SaltSeparator: separator, Rounds: f.rounds, MemCost: f.memCost,
	})
}

// isRedacted tells what stands for every hash when the account that exported may
// not read the project's hash parameters.
func isRedacted(s string) bool {
	return strings.TrimRight(s, "=") == "UkVEQUNURUQ" || s == "REDACTED"
}

const withheld = "it was withheld: the account that exported lacks the permission firebaseauth.configs.getHashConfig; " +
	"export again with one that has it"

const missingParams = "the project's hash parameters are missing; name them with --hash-params"

// firebaseMethod converts Firebase's own columns, and the strings of those who
// imported from Firebase.
func firebaseMethod(in Input, opt Options) *Password {
	switch {
	case strings.HasPrefix(in.Hash, "$fbscrypt$"), strings.HasPrefix(in.Hash, "$firescrypt$"), strings.HasPrefix(in.Hash, "$f_scrypt$"):
		return detectDollar(in, opt)
	case strings.Count(in.Hash, "$") == 5:
		return fromClerkFirebase(in.Hash)
	}
	f := firebase{hash: in.Hash, salt: strings.TrimSpace(in.Salt), parallel: 1,
		separator: param(&in, &opt, "salt_separator"), signerKey: param(&in, &opt, "signer_key"),
		rounds: number(param(&in, &opt, "rounds")), memCost: number(param(&in, &opt, "mem_cost")),
	}
	if _, _, ok := canonical64(f.hash); !ok || f.salt == "" {
		return malformed("firebase-scrypt", "its hash or its salt is missing or not base64")
	}
	if f.signerKey == "" || f.rounds < 0 || f.memCost < 0 {
		return refuseFor("firebase-scrypt", missingParams)
	}
	return f.password()
}

// fromFBScrypt reads Supabase's $fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash.
func fromFBScrypt(s string) *Password {
	var p [5]string
	if !splitInto(s, '$', p[:]) {
		return malformed("firebase-scrypt", notParts)
	}
	f := firebase{salt: p[3], hash: p[4], parallel: 1}
	version := ""
	for rest := p[2]; rest != ""; {
		var item string
		item, rest, _ = strings.Cut(rest, ",")
		key, value, _ := strings.Cut(item, "=")
		switch key {
		case "v":
			version = value
		case "n":
			f.memCost = number(value)
		case "r":
			f.rounds = number(value)
		case "p":
			f.parallel = number(value)
		case "ss":
			f.separator = value
		case "sk":
			f.signerKey = value
		}
	}
	if version != "1" {
		return refuseFor("firebase-scrypt", "its version is not 1")
	}
	return f.password()
}

// fromFirescrypt reads Ory's $firescrypt$ln=14,r=8,p=1$salt$hash$separator$key.
func fromFirescrypt(s string) *Password {
	var p [7]string
	var q [3]string
	if !splitInto(s, '$', p[:]) || !splitInto(p[2], ',', q[:]) {
		return malformed("firebase-scrypt", notParts)
	}
	return firebase{
		salt: p[3], hash: p[4], separator: p[5], signerKey: p[6],
		memCost:  number(strings.TrimPrefix(q[0], "ln=")),
		rounds:   number(strings.TrimPrefix(q[1], "r=")),
		parallel: number(strings.TrimPrefix(q[2], "p=")),
	}.password()
}

// fromClerkFirebase reads Clerk's hash$salt$key$separator$rounds$memory.
func fromClerkFirebase(s string) *Password {
	var p [6]string
	if !splitInto(s, '$', p[:]) {
		return malformed("firebase-scrypt", notParts)
	}
	rounds, memCost := number(p[4]), number(p[5])
	if rounds < 0 || memCost < 0 {
		return refuse("unknown")
	}
	return firebase{
		hash: p[0], salt: p[1], signerKey: p[2], separator: p[3],
		rounds: rounds, memCost: memCost, parallel: 1,
	}.password()
}

// fromSuperTokens reads $f_scrypt$hash$salt$m=14$r=8$s=separator. The signer key
// stands in SuperTokens' configuration.
func fromSuperTokens(s string, in Input, opt Options) *Password {
	var p [7]string
	if !splitInto(s, '$', p[:]) {
		return malformed("firebase-scrypt", notParts)
	}
	key := param(&in, &opt, "signer_key")
	if key == "" {
		return refuseFor("firebase-scrypt", missingParams)
	}
	return firebase{
		hash: p[2], salt: p[3], signerKey: key, parallel: 1,
		memCost:   number(strings.TrimPrefix(p[4], "m=")),
		rounds:    number(strings.TrimPrefix(p[5], "r=")),
		separator: strings.TrimPrefix(p[6], "s="),
	}.password()
}
