package password

import "testing"

func TestValidate(t *testing.T) {
	for _, v := range ownVectors(t) {
		if v.Body != nil {
			if err := v.Body.Validate(); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
		}
	}
	const key32, salt = "KUep4x6EZ2LAaLmGharhsMA9jmnOWuBMAz1zrYxsESU=", "AAECAwQFBgcICQoLDA0ODw=="
	firebase := Body{
		HashedPassword: key32,
		HashingMethod:  "firebase-scrypt",
		Salt:           salt,
		SignerKey:      key32,
		SaltSeparator:  "Bw==",
		Rounds:         8,
		MemCost:        14,
	}
	change := func(b Body, f func(*Body)) Body { f(&b); return b }
	bad := map[string]Body{
		"empty":                      {},
		"unknown method":             {HashedPassword: hex32, HashingMethod: "sha1"},
		"default method is bcrypt":   {HashedPassword: hex32},
		"$2y$":                       {HashedPassword: "$2y" + bcryptHash[3:]},
		"costly bcrypt":              {HashedPassword: "$2a$17" + bcryptHash[6:]},
		"md5 in upper case":          {HashedPassword: "5790D97DB642FAAEFD203267A5078707", HashingMethod: "md5"},
		"salt without position":      {HashedPassword: hex32, HashingMethod: "md5", Salt: "a"},
		"position without salt":      {HashedPassword: hex32, HashingMethod: "md5", SaltPosition: "prefix"},
		"odd position":               {HashedPassword: hex32, HashingMethod: "md5", Salt: "a", SaltPosition: "middle"},
		"invalid text":               {HashedPassword: hex32, HashingMethod: "md5", Salt: "\xff", SaltPosition: "prefix"},
		"pbkdf2 without variant":     {HashedPassword: key32, HashingMethod: "pbkdf2", Salt: salt},
		"pbkdf2 without salt":        {HashedPassword: key32, HashingMethod: "pbkdf2", Variant: variantSHA256},
		"pbkdf2 of the wrong length": {HashedPassword: key32, HashingMethod: "pbkdf2", Salt: salt, Variant: variantSHA512},
		"pbkdf2 that costs too much": {
			HashedPassword: key32,
			HashingMethod:  "pbkdf2",
			Salt:           salt,
			Variant:        variantSHA256,
			Iterations:     maxIterations + 1,
		},
		"pbkdf2 URL-safe salt":     {HashedPassword: key32, HashingMethod: "pbkdf2", Salt: "_-8=", Variant: variantSHA256},
		"signer key with bcrypt":   {HashedPassword: "$2a" + bcryptHash[3:], SignerKey: key32},
		"iterations with firebase": change(firebase, func(b *Body) { b.Iterations = 1 }),
		"variant with firebase":    change(firebase, func(b *Body) { b.Variant = variantSHA256 }),
		"rounds 17":                change(firebase, func(b *Body) { b.Rounds = 17 }),
		"memory cost 0":            change(firebase, func(b *Body) { b.MemCost = 0 }),
		"no signer key":            change(firebase, func(b *Body) { b.SignerKey = "" }),
		"no separator":             change(firebase, func(b *Body) { b.SaltSeparator = "" }),
		"aspnet v3 as v2": {
			HashedPassword: "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg8a3RJST3ZL0eWWP7ZG5qnxmnu+1xsChmurHg4P2C3T8g==",
			HashingMethod:  "aspnet-identity-v2",
		},
		"aspnet with a salt": {
			HashedPassword: "AAABAgMEBQYHCAkKCwwNDg9h2NvVf5EESVMaZgFPwjihziLeqam1pHw5QcXM4EKqRA==",
			HashingMethod:  "aspnet-identity-v2",
			Salt:           salt,
		},
		"crypt nonsense": {HashedPassword: "hello", HashingMethod: "crypt"},
		"phpBB prefix":   {HashedPassword: "$H$9abcdefghpbLV.f7EHxHfxWaBg4chO/", HashingMethod: "wordpress"},
	}
	for name, b := range bad {
		if b.Validate() == nil {
			t.Errorf("%s passed", name)
		}
	}
	if err := firebase.Validate(); err != nil {
		t.Error(err)
	}
	if err := (&Body{HashedPassword: key32, HashingMethod: "pbkdf2", Salt: salt, Variant: variantSHA256}).Validate(); err != nil {
		t.Errorf("iterations are optional: %v", err)
	}
}
