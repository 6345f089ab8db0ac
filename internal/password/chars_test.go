package password

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

func TestNumber(t *testing.T) {
	for text, want := range map[string]int{
		"": -1, "0": 0, "9": 9, "0012": 12, "9999999999": 9999999999, "10000000000": -1, "00000000001": -1,
		"-1": -1, "+1": -1, "1/": -1, "1:": -1, "1.5": -1, " 1": -1,
	} {
		if got := number(text); got != want {
			t.Errorf("number(%q) = %d, want %d", text, got, want)
		}
	}
}

// TestAlphabets asks of every byte whether it is a hex digit and which value it has in
// crypt's base 64.
func TestAlphabets(t *testing.T) {
	for c := range 256 {
		s := string([]byte{byte(c)})
		if got, want := isHex("0"+s+"0"), strings.Contains("0123456789abcdefABCDEF", s); got != want {
			t.Errorf("isHex of %q = %v", s, got)
		}
		if got, want := crypt64Value(byte(c)), strings.Index(crypt64, s); got != want {
			t.Errorf("the value of %q is %d, want %d", s, got, want)
		}
		if got, want := isCrypt64("a"+s+"b"), strings.Contains(crypt64, s); got != want {
			t.Errorf("isCrypt64 of %q = %v", s, got)
		}
		if got, want := isCryptSalt("a"+s+"b"), c > ' ' && c < 0x7f && c != ':'; got != want {
			t.Errorf("isCryptSalt of %q = %v", s, got)
		}
		if got, want := isText("a"+s+"b"), c >= ' ' && c < 0x7f; got != want {
			t.Errorf("isText of %q = %v", s, got)
		}
	}
	if isHex("") || !isText("Grüße") {
		t.Error("the empty text is hex, or letters beyond ASCII are no text")
	}
}

func TestDecode64(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "YQ==": "a", "YQ": "a", "YWI=": "ab", "YWI": "ab", "YWJj": "abc", "++//": "\xfb\xef\xff",
		"--__": "\xfb\xef\xff", "..//": "\xfb\xef\xff",
		"Y": "no", "Y===": "no", "YQ=": "no", "YQ=a": "no", "YWI==": "no", "====": "no", "=": "no", "=YQ=": "no",
		"YW\nJj": "no", "YWJj\r\n": "no", "+-//": "no", ".-//": "no", "Y*==": "no", "YQ== ": "no",
	} {
		got, ok := decode64(text)
		if ok != (want != "no") || ok && string(got) != want {
			t.Errorf("decode64(%q) = %q, %v, want %q", text, got, ok, want)
		}
	}
}

func TestSplitInto(t *testing.T) {
	for text, want := range map[string]string{
		"a$b$c": "[a b c] true", "$$": "[  ] true", "a$b": "false", "a$b$c$d": "false", "": "false",
	} {
		var p [3]string
		got := fmt.Sprint(splitInto(text, '$', p[:]))
		if got == "true" {
			got = fmt.Sprint(p, " ", got)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if splitInto("", '$', nil) {
		t.Error("a text was split into no parts")
	}
}

func TestNoPassword(t *testing.T) {
	for _, s := range []string{
		"", "  ", "!", "!x7Qabc", "*", "x", "-", "*0", "*1", "{}", "**", "!!", `\N`, "NP", "NULL", "null", "LOCK", "lock", "None", "*LK*",
		"LOCKED", "<NULL>", "(nil)",
	} {
		if p := Recognise(Input{Hash: s}, Options{}); p != nil {
			t.Errorf("%q = %v, want no password", s, p)
		}
	}
	for _, s := range []string{"y", "X", "*2", "np", "*lk*", "nill", "locked", "<nul>>", "(NIL)", "nulls"} {
		if p := Recognise(Input{Hash: s}, Options{}); p == nil {
			t.Errorf("%q is taken for no password", s)
		}
	}
}

// TestAssume says of which encodings --assume has a say: those that can't be told apart.
func TestAssume(t *testing.T) {
	for _, tt := range []struct {
		hash, assume, want string
	}{
		{strings.ToUpper(hexOf(16)), "md5", "md5 kept: md5 <hex 16>"},
		{hexOf(32), "sha256", "sha256 kept: sha256 <hex 32>"},
		{hexOf(16), "no such thing", "hex-32 refused"},
		{hexOf(16), "auto", "hex-32 refused"},
		{hexOf(16), "sha256", "hex-32 refused"},
		{hexOf(16), "ntlm", "ntlm refused"},
		{hexOf(20), "ripemd160", "ripemd160 refused"},
		{hexOf(64), "whirlpool", "whirlpool refused"},
		{hexOf(16) + ":salt", "hmac", "hmac refused"},
		{"abJnggxhB/yWI", "plain", "plain-text refused"},
		{"correct horse", "plain", "plain-text refused"},
		{"pbkdf2_sha256$1000$" + b64(16) + "$" + b64(32), "django-pbkdf2-sha256",
			"django-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=" + b64text(b64(16)) + " iterations=1000 variant=salted-pbkdf2-hmac-sha256"},
		{bcryptHash, "md5", "bcrypt kept: bcrypt $2a" + bcryptHash[3:]},
		{"$2b$17" + bcryptHash[6:], "plain", "bcrypt refused: " + reasonCost},
		{hexOf(48), "plain", "sha384 refused"},
	} {
		p := Recognise(Input{Hash: tt.hash}, Options{Assume: tt.assume})
		if got := outcome(p); got != tt.want {
			t.Errorf("%s as %s:\n got %s\nwant %s", tt.hash, tt.assume, got, tt.want)
		}
	}
}

func TestKnowsMethod(t *testing.T) {
	for name, want := range map[string]bool{
		"bcrypt": true, " PBKDF2-SHA256 ": true, "Password-MD5": true, "asp.net identity": true,
		"": false, "auto": false, "no such thing": false, strings.Repeat("a", 65): false,
	} {
		if got := KnowsMethod(name); got != want {
			t.Errorf("KnowsMethod(%q) = %v", name, got)
		}
	}
}

// TestSaltNames reads the names that sources have for the position and the encoding of a salt.
func TestSaltNames(t *testing.T) {
	for want, names := range map[string][]string{
		"prefix": {"prefix", "Prepend", "before", "START"}, "suffix": {"suffix", "append", "After", "end"}, "": {"", "middle"},
	} {
		for _, name := range names {
			if got := positionOf(name); got != want {
				t.Errorf("%q is the position %q, want %q", name, got, want)
			}
		}
	}
	for salt, encodings := range map[string][]string{
		"salt":     {"text", "string", "UTF8", "utf-8", "ascii", "Plain", ""},
		"73616c74": {"hex"},
		"c2FsdA==": {"base64", "base64url", "b64"},
	} {
		for _, name := range encodings {
			if got, ok := saltBytes(salt, name, "text"); got != "salt" || !ok {
				t.Errorf("%q in %q is %q, %v", salt, name, got, ok)
			}
		}
	}
}

func TestSame(t *testing.T) {
	a, b := keep("md5", Body{HashedPassword: "a"}), keep("md5", Body{HashedPassword: "b"})
	all := []*Password{a, keep("sha256", *a.Body), b, refuse("sha1"), refuse("ntlm"), malformed("md5", "x"), malformed("bcrypt", "y")}
	kinds := []int{0, 0, 1, 2, 2, 3, 3}
	for i, p := range all {
		for j, o := range all {
			if got, want := p.Same(o), kinds[i] == kinds[j]; got != want {
				t.Errorf("%v and %v are the same: %v", p, o, got)
			}
		}
	}
	want := "md5 refused: two different hashes belong to this user, and nothing tells which is the newer one"
	if got := outcome(a.Undecided()); got != want {
		t.Errorf("got %s", got)
	}
	if got := outcome(Unread()); got != "unread refused: the source seems to hold a password that nothing reads" {
		t.Errorf("got %s", got)
	}
}

// TestLooksHashed: what names its scheme looks like a hash wherever it stands; nothing else does.
func TestLooksHashed(t *testing.T) {
	var yes []string
	for _, scheme := range []string{
		"1", "2", "2a", "2b", "2x", "2y", "3", "5", "6", "7", "y", "gy", "P", "H", "S", "wp", "apr1", "sha1", "md5", "s0", "s1", "s2",
		"sha224", "sha256", "sha384", "sha512", "fbscrypt", "firescrypt", "f_scrypt", "scrypt", "argon2i", "argon2d", "argon2id",
		"pbkdf2", "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512", "bcrypt-sha256", "md5-crypt", "sha256-crypt", "sha512-crypt",
		"hmac-sha256", "md5,rounds=904", "hmac-0123456789abcde",
	} {
		yes = append(yes, "$"+scheme+"$abcdefghij")
	}
	for _, scheme := range []string{
		"SHA", "sha256", "SSHA", "MD5", "MD4", "SMD5", "PBKDF2", "pbkdf2-sha256", "bcrypt", "CRYPT", "ARGON2ID", "SCRYPT", "noop", "X-ANY",
		"BLF-CRYPT", "MD5-CRYPT", "PLAIN-MD5", "LDAP-MD5", "PKCS5S2", "NT", "NTLM", "LANMAN", "CLEARTEXT", "CLEAR", "PLAIN",
		"X-0123456789abcdefghijkl",
	} {
		yes = append(yes, "{"+scheme+"}abcdefghij")
	}
	for _, name := range []string{
		"pbkdf2_sha256$", "pbkdf2_sha1$", "pbkdf2_sha512$", "pbkdf2_sha512_hex$", "pbkdf2:sha256:", "bcrypt$", "bcrypt_sha256$", "argon2$",
		"scrypt:", "scrypt$", "sha1$", "sha224$", "sha256$", "sha384$", "sha512$", "md5$", "crypt$", "U$S$",
	} {
		yes = append(yes, name+"abcdefghij")
	}
	yes = append(yes, "$1$abcdefghij", "{X-}01234567890", "{MD}abcdefghi", aspnet(1, []uint32{1, 1000, 16}, 16, 32))
	for _, s := range yes {
		if !LooksHashed(s) {
			t.Errorf("%s does not look like a hash", s)
		}
	}
	for _, s := range []string{
		"", "hello, world of mine", "$1$abcdefghi", "$12345678$abcdefg", "$12345678$abcdefgh", "$abcdefghijklmnop",
		"$hmac-0123456789abcdef$abcdefgh",
		"{MD5}abcdefg", "{X-0123456789abcdefghijklm}abcdefgh", "{MD5} abcdefgh", "{MD 5}abcdefgh", "{MD\"5}abcdefgh", "{MD:5}abcdefgh",
		"{MD{5}abcdefgh", "{MD,5}abcdefgh", "{name}abcdefgh", "{MD5abcdefghijkl", "U$X$abcdefghij", "password: secret", "summer holidays",
		aspnet(1, []uint32{1, 1000, 16}, 16, 31), aspnet(1, []uint32{1, 1000, 16}, 16, 33) + "AAA", "AQAAAA" + strings.Repeat("*", 78),
		aspnet(0, nil, 16, 32), "A" + strings.Repeat("a", 83), aspnet(1, []uint32{9, 1000, 16}, 16, 32),
	} {
		if LooksHashed(s) {
			t.Errorf("%s looks like a hash", s)
		}
	}
}

// TestNamesLookHashed holds what is told by its name to look like a hash, so that a hash
// in a column that nothing reads is noticed.
func TestNamesLookHashed(t *testing.T) {
	told := slices.Concat(
		[]string{"hmac-sha1", "md5,rounds=904"},
		strings.Fields("2 2a 2b 2y 2x P H 1 5 6 wp argon2i argon2d argon2id S y gy 7 sha1 apr1 3 md5 sha256 sha224 sha384 sha512"),
		strings.Fields("md5-crypt sha256-crypt sha512-crypt bcrypt-sha256 fbscrypt firescrypt f_scrypt scrypt s0 s1 s2"),
		strings.Fields("pbkdf2 pbkdf2-sha1 pbkdf2-sha256 pbkdf2-sha512"),
	)
	for _, name := range told {
		if s := "$" + name + "$abcdefghij"; !LooksHashed(s) || Recognise(Input{Hash: s}, Options{}).Encoding == "unknown" {
			t.Errorf("%s is not told by its name, or does not look like a hash", s)
		}
	}
}
