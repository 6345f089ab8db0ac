package password

import (
	"strings"
	"testing"
)

// TestMethodForms: hashes whose method the source names.
func TestMethodForms(t *testing.T) {
	m := namedInput
	checkForms(t, Options{}, []form{
		{m("no such thing", hexOf(16)), "unknown-method refused"},
		{m(strings.Repeat("a", 64), hexOf(16)), "unknown-method refused"},
		{m(strings.Repeat("a", 65), hexOf(16)), "unknown-method refused"},
		{m(" auto ", hexOf(16)), "hex-32 refused"},
		{m("UNKNOWN", hexOf(16)), "hex-32 refused"},
		{m("none", hexOf(16)), "hex-32 refused"},
		{m("null", hexOf(16)), "hex-32 refused"},
		{m("password", hexOf(16)), "hex-32 refused"},
		{m("MD5", hexOf(16)), "md5 kept: md5 <hex 16>"},
		{m("password-md5", hexOf(16)), "md5 kept: md5 <hex 16>"},
		{m("SHA-256", hexOf(32)), "sha256 kept: sha256 <hex 32>"},
		{m("asp.net membership", hexOf(16)), "aspnet-membership refused"},
		{m("bcrypt", "{BCrypt}$2a$10$"+crypt64Of(53)), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{m("bcrypt", "{Crypt}$2a$10$"+crypt64Of(53)), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{m("bcrypt", "bcrypt$$2a$10$"+crypt64Of(53)), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{m("bcrypt", "bcrypt_sha256$$2a$10$"+crypt64Of(53)), "django-bcrypt-sha256 refused"},
		{m("bcrypt", "$wp$2a$10$"+crypt64Of(53)), "wordpress-bcrypt refused"},
		{m("bcrypt", "hello"), "bcrypt malformed: it is not a whole bcrypt hash of 60 characters"},
		{
			Input{Hash: crypt64Of(31), Salt: crypt64Of(22), Iterations: 12, Method: "bcrypt"},
			"bcrypt kept: bcrypt $2a$12$<crypt 22><crypt 22>09aZ./09a",
		},
		{
			Input{Hash: crypt64Of(31), Salt: crypt64Of(22), Iterations: 4, Method: "bcrypt"},
			"bcrypt kept: bcrypt $2a$04$<crypt 22><crypt 22>09aZ./09a",
		},
		{Input{Hash: crypt64Of(31), Salt: crypt64Of(22), Method: "bcrypt"}, "bcrypt malformed: its cost is outside 4 to 31"},
		{
			Input{Hash: crypt64Of(31), Salt: crypt64Of(22), Iterations: 99, Method: "bcrypt"},
			"bcrypt malformed: its cost is outside 4 to 31",
		},
		{
			Input{Hash: crypt64Of(31), Salt: crypt64Of(22), Iterations: 2564, Method: "bcrypt"},
			"bcrypt malformed: it is not a whole bcrypt hash of 60 characters",
		},
		{
			Input{Hash: crypt64Of(31), Salt: crypt64Of(21), Iterations: 12, Method: "bcrypt"},
			"bcrypt malformed: it is not a whole bcrypt hash of 60 characters",
		},
		{
			Input{Hash: crypt64Of(30), Salt: crypt64Of(22), Iterations: 12, Method: "bcrypt"},
			"bcrypt malformed: it is not a whole bcrypt hash of 60 characters",
		},
		{
			Input{Hash: "$2a$10$" + crypt64Of(53), Salt: crypt64Of(22), Iterations: 12, Method: "bcrypt"},
			"bcrypt kept: bcrypt $2a$10$<crypt 53>",
		},
		{m("wordpress", "$H$9"+crypt64Of(30)), "phpass kept: wordpress $P$9<crypt 22>09aZ./09"},
		{m("wordpress", hexOf(16)), "md5 kept: md5 <hex 16>"},
		{m("wordpress", hexOf(15)), "phpass malformed: it is not a whole phpass hash of 34 characters"},
		{m("wordpress", crypt64Of(32)), "phpass malformed: it is not a whole phpass hash of 34 characters"},
		{m("wordpress", "$2y$10$"+crypt64Of(53)), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{m("md5", "{MD5}"+b64(16)), "md5 kept: md5 <hex 16>"},
		{m("md5", "$md5$"+b64(16)), "md5 kept: md5 <hex 16>"},
		{m("md5", "md5$"+hexOf(16)), "md5 kept: md5 <hex 16>"},
		{m("md5", b64(16)), "md5 kept: md5 <hex 16>"},
		{m("md5", b64(15)), "md5 malformed: it is not a digest of the right length in hex or base64"},
		{m("md5", b64(17)), "md5 malformed: it is not a digest of the right length in hex or base64"},
		{
			m("md5", "salt$"+hexOf(16)),
			"md5 refused: it has a salt, and nothing says whether the salt comes before or after the password",
		},
		{
			m("md5", hexOf(16)+":salt"),
			"md5 refused: it has a salt, and nothing says whether the salt comes before or after the password",
		},
		{Input{Hash: "saltsal$" + b64(16), Method: "md5", SaltPosition: "prefix"}, "md5 kept: md5 <hex 16> salt=saltsal position=prefix"},
		{Input{Hash: hexOf(16) + ":salt", Method: "md5", SaltPosition: "prefix"}, "md5 kept: md5 <hex 16> salt=salt position=prefix"},
		{Input{Hash: "salt$" + hexOf(16), Method: "md5", SaltPosition: "Append"}, "md5 kept: md5 <hex 16> salt=salt position=suffix"},
		{
			Input{Hash: "pepper$" + hexOf(16), Method: "md5", Salt: "salt", SaltPosition: "prefix"},
			"md5 malformed: it is not a digest of the right length in hex or base64",
		},
		{
			Input{Hash: hexOf(16), Method: "md5", Salt: "salt", SaltPosition: "middle"},
			"md5 refused: it has a salt, and nothing says whether the salt comes before or after the password",
		},
		{Input{Hash: hexOf(16), Method: "md5", SaltPosition: "prefix"}, "md5 kept: md5 <hex 16>"},
		{
			Input{Hash: hexOf(16), Method: "md5", Salt: "salt", SaltEncoding: "rot13", SaltPosition: "prefix"},
			"md5 malformed: its salt is not in the encoding that the source names",
		},
		{Input{Hash: hexOf(16), Method: "md5", Salt: "a\x7fb", SaltPosition: "prefix"}, "md5-binary-salt refused"},
		{Input{Hash: hexOf(16), Method: "md5", Salt: "a\x1fb", SaltPosition: "prefix"}, "md5-binary-salt refused"},
		{Input{Hash: hexOf(16), Method: "md5", Salt: "a b", SaltPosition: "prefix"}, "md5 kept: md5 <hex 16> salt=a b position=prefix"},
		{Input{Hash: hexOf(16), Method: "md5", Salt: "\xff", SaltPosition: "prefix"}, "md5-binary-salt refused"},
		{Input{Hash: hexOf(32), Method: "sha256", Salt: "\xff", SaltPosition: "prefix"}, "sha256-binary-salt refused"},
		{
			Input{Hash: hexOf(32), Method: "sha256", Salt: " \\x73616c74 ", SaltEncoding: "HEX", SaltPosition: "prefix"},
			"sha256 kept: sha256 <hex 32> salt=salt position=prefix",
		},
		{
			Input{Hash: hexOf(32), Method: "sha256", Salt: " c2FsdA== ", SaltEncoding: "Base64", SaltPosition: "prefix"},
			"sha256 kept: sha256 <hex 32> salt=salt position=prefix",
		},
		{
			Input{Hash: hexOf(32), Method: "sha256", Salt: "*", SaltEncoding: "base64", SaltPosition: "prefix"},
			"sha256 malformed: its salt is not in the encoding that the source names",
		},
		{
			Input{Hash: hexOf(32), Method: "sha256", Salt: "xy", SaltEncoding: "hex", SaltPosition: "prefix"},
			"sha256 malformed: its salt is not in the encoding that the source names",
		},
		{Input{Hash: hexOf(16), Method: "salted-md5", Salt: "c2FsdA=="}, "md5 kept: md5 <hex 16> salt=salt position=suffix"},
		{
			Input{Hash: hexOf(16), Method: "salted-md5", Salt: "c2FsdA==", Iterations: 1},
			"md5 kept: md5 <hex 16> salt=salt position=suffix",
		},
		{Input{Hash: hexOf(16), Method: "salted-md5", Salt: "c2FsdA==", Iterations: 2}, "md5-iterated refused"},
		{
			Input{Hash: hexOf(16), Method: "salted-md5", Salt: "salt", SaltEncoding: "text", SaltPosition: "prefix"},
			"md5 kept: md5 <hex 16> salt=salt position=prefix",
		},
		{Input{Hash: hexOf(32), Method: "salted-sha256", Salt: "c2FsdA==", Iterations: 2}, "sha256-iterated refused"},
		{Input{Hash: "hello", Method: "pbkdf2"}, "pbkdf2 refused"},
		{
			m("pbkdf2", "$pbkdf2-sha256$1000$"+b64(16)+"$"+b64(32)),
			"passlib-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=1000 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			m("pbkdf2", "{PBKDF2-SHA256}1000$"+b64(16)+"$"+b64(32)),
			"ldap-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=1000 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			m("pbkdf2", "pbkdf2:sha256:1000$salt$"+hexOf(32)),
			"werkzeug-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=c2FsdA== iterations=1000 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: b64(32), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"variant": variantSHA256}},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=24000 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: b64(64), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"variant": variantSHA256Long}},
			"pbkdf2-sha256 kept: pbkdf2 <b64 64> salt=<b64 16> iterations=24000 variant=salted-pbkdf2-hmac-sha256-512",
		},
		{
			Input{Hash: b64(64), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"variant": variantSHA512}, Iterations: 7},
			"pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			Input{Hash: b64(64), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"variant": variantSHA256}},
			"pbkdf2-sha256 malformed: its key does not have the length of the variant",
		},
		{
			Input{Hash: b64(32), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"variant": variantSHA256Long}},
			"pbkdf2-sha256 malformed: its key does not have the length of the variant",
		},
		{
			Input{Hash: b64(31), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"variant": variantSHA256}},
			"pbkdf2-sha256 refused: the key is shorter than Kinde's variant needs, and can't be extended",
		},
		{
			Input{Hash: b64(32), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"variant": "other"}},
			"pbkdf2 refused: Kinde has no such variant",
		},
		{
			Input{Hash: b64(32), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"digest": "SHA-256"}, Iterations: 7},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: b64(64), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"digest": "sha512"}, Iterations: 7},
			"pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			Input{Hash: b64(64), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"digest": "sha-1"}, Iterations: 7},
			"pbkdf2-sha1 refused",
		},
		{
			Input{Hash: b64(64), Salt: b64(16), Method: "pbkdf2", Params: map[string]string{"digest": "md5"}, Iterations: 7},
			"pbkdf2 refused",
		},
		{
			m("pbkdf2_sha256", "pbkdf2_sha256$1000$"+b64(16)+"$"+b64(32)),
			"clerk-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=1000 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			m("pbkdf2_sha256", "pbkdf2_sha256$1000$abc$"+b64(32)),
			"clerk-pbkdf2-sha256 malformed: its salt is not padded base64; Django's strings need the method pbkdf2_sha256_django",
		},
		{m("pbkdf2_sha256", "pbkdf2_sha256$1000$abc*$"+b64(32)), "clerk-pbkdf2-sha256 malformed: one of its parts is not base64"},
		{m("pbkdf2_sha256", "pbkdf2_sha256$1000$abcd"), "clerk-pbkdf2-sha256 malformed: it does not have the parts of this form"},
		{
			m("pbkdf2_sha256", "$pbkdf2-sha256$1000$"+b64(16)+"$"+b64(32)),
			"passlib-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=1000 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			m("pbkdf2_sha256", "{PBKDF2-SHA256}1000$"+b64(16)+"$"+b64(32)),
			"ldap-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=1000 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			m("pbkdf2_sha256", "pbkdf2:sha256:1000$salt$"+hexOf(32)),
			"werkzeug-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=c2FsdA== iterations=1000 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: hexOf(32), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: hexOf(64), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 kept: pbkdf2 <b64 64> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256-512",
		},
		{
			Input{Hash: hexOf(20), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 refused: the key is shorter than Kinde's variant needs, and can't be extended",
		},
		{
			Input{Hash: hexOf(24), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 refused: the key is shorter than Kinde's variant needs, and can't be extended",
		},
		{
			Input{Hash: hexOf(48), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: hexOf(32)[1:], Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 malformed: its key is neither base64 nor hex",
		},
		{
			Input{Hash: hexOf(19), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 refused: the key is shorter than Kinde's variant needs, and can't be extended",
		},
		{
			Input{Hash: strings.Repeat("f", 40), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 refused: the key is shorter than Kinde's variant needs, and can't be extended",
		},
		{
			Input{Hash: "?", Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 malformed: its key is neither base64 nor hex",
		},
		{
			Input{Hash: b64(32), Salt: "*", Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 malformed: its salt is not in the encoding that the source names (base64 when it names none)",
		},
		{
			Input{Hash: b64(32), Salt: "salt", SaltEncoding: "text", Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=c2FsdA== iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: b64(32), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7, Params: map[string]string{"source": "keycloak"}},
			"keycloak-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			m("pbkdf2_sha512", "pbkdf2_sha512$1000$salt$"+hexOf(64)),
			"clerk-pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=c2FsdA== iterations=1000 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			m("pbkdf2_sha512", "pbkdf2_sha512_hex$1000$73616c74$"+hexOf(64)),
			"clerk-pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=c2FsdA== iterations=1000 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			m("pbkdf2_sha512_HEX", "pbkdf2_sha512$1000$73616c74$"+hexOf(64)),
			"clerk-pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=c2FsdA== iterations=1000 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			m("pbkdf2_sha512", "$pbkdf2-sha512$1000$"+b64(16)+"$"+b64(64)),
			"passlib-pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=<b64 16> iterations=1000 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			m("pbkdf2_sha512", "{PBKDF2-SHA512}1000$"+b64(16)+"$"+b64(64)),
			"ldap-pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=<b64 16> iterations=1000 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			m("pbkdf2_sha512", "pbkdf2:sha512:1000$salt$"+hexOf(64)),
			"werkzeug-pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=c2FsdA== iterations=1000 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			Input{Hash: b64(64), Salt: b64(16), Method: "pbkdf2_sha512", Iterations: 7},
			"pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			Input{Hash: b64(64), Salt: b64(16), Method: "pbkdf2_sha512", Iterations: 7, Params: map[string]string{"source": "keycloak"}},
			"keycloak-pbkdf2-sha512 kept: pbkdf2 <b64 64> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{m("passport", "$2y$10$"+crypt64Of(53)), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{m("passport", "{BCRYPT}$2y$10$"+crypt64Of(53)), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{
			Input{Hash: hexOf(512), Salt: "salt", Method: "passport"},
			"passport-local-mongoose kept: pbkdf2 <b64 64> salt=c2FsdA== iterations=25000 variant=salted-pbkdf2-hmac-sha256-512",
		},
		{
			Input{Hash: hexOf(512), Salt: "salt", Method: "passport", Iterations: 7, Params: map[string]string{"digest": "SHA256"}},
			"passport-local-mongoose kept: pbkdf2 <b64 64> salt=c2FsdA== iterations=7 variant=salted-pbkdf2-hmac-sha256-512",
		},
		{
			Input{Hash: hexOf(512), Salt: "73616c74", SaltEncoding: "hex", Method: "passport", Params: map[string]string{"digest": "sha512"}},
			"passport-local-mongoose kept: pbkdf2 <b64 64> salt=c2FsdA== iterations=25000 variant=salted-pbkdf2-hmac-sha512-512",
		},
		{
			Input{Hash: hexOf(512), Salt: "salt", SaltEncoding: "hex", Method: "passport"},
			"passport-local-mongoose malformed: its salt is not in the encoding that the source names",
		},
		{Input{Hash: hexOf(512), Salt: "salt", Method: "passport", Params: map[string]string{"digest": "sha1"}}, "pbkdf2-sha1 refused"},
		{
			Input{Hash: hexOf(512), Salt: "salt", Method: "passport", Params: map[string]string{"digest": "whirlpool"}},
			"passport-local-mongoose refused: Kinde has no variant with this digest",
		},
		{Input{Hash: "hello", Salt: "salt", Method: "passport"}, "passport-local-mongoose malformed: its key is not hex"},
		{m("scrypt", "hello"), "scrypt refused"},
		{
			m("scrypt", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk="+b64(64)+"$"+b64(8)+"$"+b64(64)),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{
			m("scrypt", "$firescrypt$ln=14,r=8,p=1$"+b64(8)+"$"+b64(64)+"$Bw==$"+b64(64)),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{
			Input{Hash: b64(64), Salt: b64(8), Method: "scrypt", Params: map[string]string{"signer_key": b64(64),
				"salt_separator": "Bw==", "rounds": "8", "mem_cost": "14"}},
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
	})
}
