package password

import "testing"

// TestWrapped reads hashes in the spellings of programs that print them, and says
// what a hash is that was withheld.
func TestWrapped(t *testing.T) {
	const bcrypt = "$2b$10$U4C0ZY8OG8y41F9LusfKyu3HRMBL0rCZcKBVsXhgr.n8Ou6FPhzO2"
	const hexBcrypt = "24326224313024553443305a59384f473879343146394c7573664b79753348524d424c3072435a634b425673586867722e6e384f75364650687a4f32"
	for _, s := range []string{
		"b'" + bcrypt + "'", `b"` + bcrypt + `"`, `"` + bcrypt + `"`, "'" + bcrypt + "'", " " + bcrypt + " ",
		`\x` + hexBcrypt, `0x` + hexBcrypt,
	} {
		p := Recognise(Input{Hash: s}, Options{})
		if p == nil || p.Body == nil || p.Body.HashedPassword != Recognise(Input{Hash: bcrypt}, Options{}).Body.HashedPassword {
			t.Errorf("%s: %+v", s, p)
		}
	}
	for _, s := range []string{"UkVEQUNURUQ=", "UkVEQUNURUQ", "REDACTED"} {
		if p := Recognise(Input{Hash: s, Salt: "42xEC+ixf3L2lw==", Method: "firebase-scrypt"}, Options{}); p == nil || p.Malformed ||
			p.Reason != withheld {
			t.Errorf("%s: %+v", s, p)
		}
	}
	in := Input{Hash: "5f4dcc3b5aa765d61d8327deb882cf99", Method: "md5", Salt: " TmFDbA==", SaltEncoding: "base64", SaltPosition: "prefix"}
	if p := Recognise(in, Options{}); p == nil || p.Body == nil || p.Body.Salt != "NaCl" {
		t.Errorf("a blank before the salt: %+v", p)
	}
}
