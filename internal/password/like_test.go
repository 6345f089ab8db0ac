package password

import (
	"strings"
	"testing"
)

// TestLikeOpensOwnHash hashes in the way of each known vector and opens the result:
// the method, the parameters and the place of the salt are the vector's, the salt is new.
func TestLikeOpensOwnHash(t *testing.T) {
	const known = "Correct Horse 9"
	seen := map[string]bool{}
	for _, v := range ownVectors(t) {
		if v.Body == nil {
			continue
		}
		kind := v.Encoding + v.Body.SaltPosition + v.Body.Variant + settings(v.Body.HashedPassword)
		if seen[kind] {
			continue
		}
		seen[kind] = true
		like, err := Like(v.Body, known)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		same := *like
		same.HashedPassword, same.Salt = v.Body.HashedPassword, v.Body.Salt
		if same != *v.Body || settings(like.HashedPassword) != settings(v.Body.HashedPassword) {
			t.Errorf("%s: the way of hashing changed: %s", v.Name, like.HashedPassword)
		}
		again, err := Like(v.Body, known)
		if err != nil || again.HashedPassword == like.HashedPassword && hasSalt(v.Body) {
			t.Errorf("%s: no salt of its own: %v", v.Name, err)
		}
		if ok, err := Verify(like, known); err != nil || !ok {
			t.Errorf("%s: the password does not open its own hash: %v", v.Name, err)
		}
		if ok, _ := Verify(like, "another"); ok {
			t.Errorf("%s: any password opens the hash", v.Name)
		}
	}
	if len(seen) < 25 {
		t.Errorf("only %d kinds were tried", len(seen))
	}
}

// settings is what a crypt string says before its salt.
func settings(hash string) string {
	switch {
	case strings.HasPrefix(hash, "$2"):
		return hash[:7]
	case strings.HasPrefix(hash, "$P$"):
		return hash[:4]
	case !strings.HasPrefix(hash, "$"):
		return ""
	}
	parts := strings.Split(hash, "$")
	return strings.Join(parts[:max(2, len(parts)-2)], "$")
}

// hasSalt is false for a bare digest, and for yescrypt, which takes its salt from the example.
func hasSalt(b *Body) bool {
	return b.Salt != "" || b.HashingMethod != methodMD5 && b.HashingMethod != methodSHA256 && !strings.HasPrefix(b.HashedPassword, "$y$")
}

func TestLikeKeepsPrefix(t *testing.T) {
	for _, prefix := range []string{"$2a$04$", "$2b$05$"} {
		like, err := Like(&Body{HashedPassword: prefix + bcryptHash[7:]}, "x")
		if err != nil || !strings.HasPrefix(like.HashedPassword, prefix) {
			t.Errorf("%s became %v, %v", prefix, like, err)
		}
	}
}

// TestNotComputedHere holds what is said of hashes that Kinde may know and this program can't compute.
func TestNotComputedHere(t *testing.T) {
	const scheme, way = "this crypt scheme can't be computed here", "hashing a password in the same way: "
	for _, tt := range []struct{ hash, password, verify, like string }{
		{"$gy$j9T$abc$" + crypt64Of(43), "x", scheme, way + scheme},
		{"$7$CU..../....$" + crypt64Of(43), "x", scheme, way + scheme},
		{"_J9.." + crypt64Of(15), "x", scheme, way + scheme},
		{"$y$zzz$abc$" + crypt64Of(43), "x", "these parameters of yescrypt can't be computed here", way + "yescrypt: unsupported parameters"},
		{"abJnggxhB/yWI", strings.Repeat("a", 513), "the password is longer than the 512 bytes that crypt takes", ""},
		{"abJnggxhB/yWI", strings.Repeat("a", 512), "", ""},
	} {
		b := &Body{HashedPassword: tt.hash, HashingMethod: methodCrypt}
		if ok, err := Verify(b, tt.password); ok || text(err) != tt.verify {
			t.Errorf("%s: Verify says %v, %v, want %s", tt.hash, ok, err, tt.verify)
		}
		if _, err := Like(b, tt.password); text(err) != tt.like {
			t.Errorf("%s: Like says %v, want %s", tt.hash, err, tt.like)
		}
	}
	b := &Body{HashedPassword: bcryptHash}
	if like, err := Like(b, strings.Repeat("a", 73)); like != nil || text(err) != way+"bcrypt: password length exceeds 72 bytes" {
		t.Errorf("a long password: %v", err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestProve(t *testing.T) {
	right := keep("md5", Body{HashedPassword: "9dd4e461268c8034f5c8564e155c67a6", HashingMethod: methodMD5}) // of "x"
	for _, tt := range []struct {
		p        *Password
		password string
		want     string
	}{
		{nil, "x", "the source holds no password for this user"},
		{malformed("md5", "it is odd"), "x", "the hash (md5) is malformed: it is odd"},
		{refuse("sha1"), "x", "the hash (sha1) can't be carried over: Kinde has no method with SHA-1"},
		{keep("md5", Body{HashingMethod: methodMD5}), "x", "verifying the hash (md5): hashed_password is missing"},
		{right, "y", ErrWrongPassword.Error()},
		{right, "x", ""},
	} {
		if got := text(Prove(tt.p, tt.password)); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.p, got, tt.want)
		}
	}
	if ok, err := Verify(nil, "x"); ok || text(err) != "there is no hash to verify" {
		t.Errorf("no body: %v", err)
	}
}
