package password

import (
	"fmt"
	"testing"
)

// TestValidate changes one thing in a body that is right, and says what is wrong with it then.
func TestValidate(t *testing.T) {
	for _, v := range ownVectors(t) {
		if v.Body != nil {
			if err := v.Body.Validate(); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
		}
	}
	bcrypt := Body{HashedPassword: "$2a$10$" + crypt64Of(53)}
	crypt := Body{HashedPassword: "$1$abc$" + crypt64Of(22), HashingMethod: methodCrypt}
	md5 := Body{HashedPassword: hexOf(16), HashingMethod: methodMD5, Salt: "a", SaltPosition: "suffix"}
	wordpress := Body{HashedPassword: "$P$9" + crypt64Of(30), HashingMethod: methodWordPress}
	pbkdf2 := Body{HashedPassword: b64(32), HashingMethod: methodPBKDF2, Salt: b64(8), Variant: variantSHA256}
	firebase := Body{
		HashedPassword: b64(64), HashingMethod: methodFirebase, Salt: b64(8), SignerKey: b64(64), SaltSeparator: "Bw==", Rounds: 8, MemCost: 14,
	}
	aspnetV2 := Body{HashedPassword: aspnet(0, nil, 16, 32), HashingMethod: methodASPNet}
	const (
		unused    = " is not used with this hashing_method"
		notCrypt  = "hashed_password is not a crypt string"
		notBcrypt = "hashed_password is not a bcrypt hash with the prefix $2a$ or $2b$"
		notDigest = "hashed_password is not a digest in lower-case hex"
		notPHPass = "hashed_password is not a phpass hash with the prefix $P$"
		notASPNet = "hashed_password is not base64 of 49 bytes that start with 0"
		not32     = "hashed_password is not base64 of 32 bytes, which the variant needs"
		not64     = "hashed_password is not base64 of 64 bytes, which the variant needs"
		noSalt    = "salt is missing or not base64"
	)
	for i, tt := range []struct {
		body   Body
		change func(*Body)
		want   string
	}{
		{bcrypt, func(b *Body) { b.HashedPassword = "" }, "hashed_password is missing"},
		{bcrypt, func(b *Body) { b.HashingMethod = methodBcrypt }, "<nil>"},
		{bcrypt, func(b *Body) { b.HashingMethod = "sha1" }, "hashing_method is not one that Kinde knows"},
		{bcrypt, func(b *Body) { b.Temporary = true }, "<nil>"},
		{bcrypt, func(b *Body) { b.HashedPassword = "$2b$04$" + crypt64Of(53) }, "<nil>"},
		{bcrypt, func(b *Body) { b.HashedPassword = "$2y$10$" + crypt64Of(53) }, notBcrypt},
		{bcrypt, func(b *Body) { b.HashedPassword = "$2a$10$" + crypt64Of(52) }, notBcrypt},
		{bcrypt, func(b *Body) { b.HashedPassword = "$2a$03$" + crypt64Of(53) }, "the cost of hashed_password is outside 4 to 31"},
		{bcrypt, func(b *Body) { b.HashedPassword = "$2a$32$" + crypt64Of(53) }, "the cost of hashed_password is outside 4 to 31"},
		{bcrypt, func(b *Body) { b.HashedPassword = "$2a$16$" + crypt64Of(53) }, "<nil>"},
		{bcrypt, func(b *Body) { b.HashedPassword = "$2a$17$" + crypt64Of(53) }, "the cost of hashed_password is too high"},
		{bcrypt, func(b *Body) { b.HashedPassword = "$2a$31$" + crypt64Of(53) }, "the cost of hashed_password is too high"},
		{bcrypt, func(b *Body) { b.SignerKey = "a" }, "signer_key" + unused},
		{bcrypt, func(b *Body) { b.SaltSeparator = "a" }, "salt_separator" + unused},
		{bcrypt, func(b *Body) { b.Rounds = 1 }, "rounds" + unused},
		{bcrypt, func(b *Body) { b.MemCost = 1 }, "mem_cost" + unused},
		{bcrypt, func(b *Body) { b.Iterations = 1 }, "iterations" + unused},
		{bcrypt, func(b *Body) { b.Variant = "a" }, "variant" + unused},
		{bcrypt, func(b *Body) { b.SaltPosition = "prefix" }, "salt_position" + unused},
		{bcrypt, func(b *Body) { b.SaltPosition = "middle" }, "salt_position is neither prefix nor suffix"},

		{crypt, func(*Body) {}, "<nil>"},
		{crypt, func(b *Body) { b.HashedPassword = "$5$abc$" + crypt64Of(43) }, "<nil>"},
		{crypt, func(b *Body) { b.HashedPassword = "$6$abc$" + crypt64Of(86) }, "<nil>"},
		{crypt, func(b *Body) { b.HashedPassword = "abJnggxhB/yWI" }, "<nil>"},
		{crypt, func(b *Body) { b.HashedPassword = "$sha1$1$ab$" + crypt64Of(28) }, "<nil>"},
		{crypt, func(b *Body) { b.HashedPassword = "$sha1$0$ab$" + crypt64Of(28) }, notCrypt},
		{crypt, func(b *Body) { b.HashedPassword = "hello" }, notCrypt},
		{crypt, func(b *Body) { b.HashedPassword = "$1$abc$" + crypt64Of(21) },
			notCrypt + ": its salt or its checksum has the wrong length or characters"},

		{md5, func(b *Body) { b.SaltPosition = "prefix" }, "<nil>"},
		{md5, func(b *Body) { b.Salt, b.SaltPosition = "", "" }, "<nil>"},
		{md5, func(b *Body) { b.HashedPassword, b.HashingMethod = hexOf(32), methodSHA256 }, "<nil>"},
		{md5, func(b *Body) { b.HashingMethod = methodSHA256 }, notDigest},
		{md5, func(b *Body) { b.HashedPassword = hexOf(15) }, notDigest},
		{md5, func(b *Body) { b.HashedPassword = hexOf(15) + "xx" }, notDigest},
		{md5, func(b *Body) { b.HashedPassword = "F" + hexOf(16)[1:] }, notDigest},
		{md5, func(b *Body) { b.SaltPosition = "" }, "salt_position is missing"},
		{md5, func(b *Body) { b.Salt = "" }, "salt is missing"},
		{md5, func(b *Body) { b.Salt = "\xff" }, "salt is not text"},
		{md5, func(b *Body) { b.Salt = "\x00" }, "salt is not text"},

		{wordpress, func(*Body) {}, "<nil>"},
		{wordpress, func(b *Body) { b.HashedPassword = "$H$9" + crypt64Of(30) }, notPHPass},
		{wordpress, func(b *Body) { b.HashedPassword = "$P$9" + crypt64Of(29) }, notPHPass},
		{wordpress, func(b *Body) { b.HashedPassword = "$P$L" + crypt64Of(30) }, "<nil>"},
		{wordpress, func(b *Body) { b.HashedPassword = "$P$M" + crypt64Of(30) }, "the cost of hashed_password is too high"},

		{pbkdf2, func(*Body) {}, "<nil>"},
		{pbkdf2, func(b *Body) { b.HashedPassword, b.Variant = b64(64), variantSHA256Long }, "<nil>"},
		{pbkdf2, func(b *Body) { b.HashedPassword, b.Variant = b64(64), variantSHA512 }, "<nil>"},
		{pbkdf2, func(b *Body) { b.Variant = variantSHA512 }, not64},
		{pbkdf2, func(b *Body) { b.HashedPassword = b64(31) }, not32},
		{pbkdf2, func(b *Body) { b.HashedPassword = b64(32)[:43] }, not32},
		{pbkdf2, func(b *Body) { b.HashedPassword = "*" + b64(32)[1:] }, not32},
		{pbkdf2, func(b *Body) { b.Variant = "" }, "variant is missing or unknown"},
		{pbkdf2, func(b *Body) { b.Salt = "" }, noSalt},
		{pbkdf2, func(b *Body) { b.Salt = "_-8=" }, noSalt},
		{pbkdf2, func(b *Body) { b.Iterations = -1 }, "iterations is negative"},
		{pbkdf2, func(b *Body) { b.Iterations = maxIterations }, "<nil>"},
		{pbkdf2, func(b *Body) { b.Iterations = maxIterations + 1 }, "iterations is too high"},

		{firebase, func(b *Body) { b.Rounds, b.MemCost = 1, 1 }, "<nil>"},
		{firebase, func(b *Body) { b.Rounds, b.MemCost = 16, 20 }, "<nil>"},
		{firebase, func(b *Body) { b.HashedPassword = "*" }, "hashed_password is not base64"},
		{firebase, func(b *Body) { b.Salt = "" }, noSalt},
		{firebase, func(b *Body) { b.Salt = "*" }, noSalt},
		{firebase, func(b *Body) { b.SignerKey = "" }, "signer_key is missing or not base64"},
		{firebase, func(b *Body) { b.SignerKey = "*" }, "signer_key is missing or not base64"},
		{firebase, func(b *Body) { b.SaltSeparator = "" }, "salt_separator is missing or not base64"},
		{firebase, func(b *Body) { b.SaltSeparator = "Bw" }, "salt_separator is missing or not base64"},
		{firebase, func(b *Body) { b.Rounds = 0 }, "rounds is outside 1 to 16"},
		{firebase, func(b *Body) { b.Rounds = 17 }, "rounds is outside 1 to 16"},
		{firebase, func(b *Body) { b.MemCost = 0 }, "mem_cost is outside 1 to 20"},
		{firebase, func(b *Body) { b.MemCost = 21 }, "mem_cost is outside 1 to 20"},
		{firebase, func(b *Body) { b.Iterations = 1 }, "iterations" + unused},
		{firebase, func(b *Body) { b.Variant = variantSHA256 }, "variant" + unused},

		{aspnetV2, func(*Body) {}, "<nil>"},
		{aspnetV2, func(b *Body) { b.Salt = "a" }, "salt" + unused},
		{aspnetV2, func(b *Body) { b.HashedPassword = aspnet(1, nil, 16, 32) }, notASPNet},
		{aspnetV2, func(b *Body) { b.HashedPassword = aspnet(0, nil, 16, 31) }, notASPNet},
		{aspnetV2, func(b *Body) { b.HashedPassword = "*" }, notASPNet},
	} {
		b := tt.body
		tt.change(&b)
		if got := fmt.Sprint(b.Validate()); got != tt.want {
			t.Errorf("%d: %s, want %s", i, got, tt.want)
		}
		if tt.want == "<nil>" {
			continue
		}
		if ok, err := Verify(&b, "x"); ok || err == nil || err.Error() != tt.want {
			t.Errorf("%d: Verify says %v, %v, want %s", i, ok, err, tt.want)
		}
		if like, err := Like(&b, "x"); like != nil || err == nil || err.Error() != tt.want {
			t.Errorf("%d: Like says %v, %v, want %s", i, like, err, tt.want)
		}
	}
}
