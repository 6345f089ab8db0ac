package password

import "testing"

// TestLikeOpensOwnHash hashes in the way of each known vector and opens the result.
func TestLikeOpensOwnHash(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range ownVectors(t) {
		p := Recognise(v.Input, Options{TryCrypt: v.TryCrypt})
		if p == nil || p.Body == nil || seen[p.Encoding] {
			continue
		}
		seen[p.Encoding] = true
		const known = "Correct Horse 9"
		like, err := Like(p.Body, known)
		if err != nil {
			t.Errorf("%s: %v", p.Encoding, err)
			continue
		}
		if like.HashedPassword == p.Body.HashedPassword {
			t.Errorf("%s: the hash did not change", p.Encoding)
		}
		if ok, err := Verify(like, known); err != nil || !ok {
			t.Errorf("%s: the password does not open its own hash: %v", p.Encoding, err)
		}
		if ok, _ := Verify(like, "another"); ok {
			t.Errorf("%s: any password opens the hash", p.Encoding)
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d encodings were tried", len(seen))
	}
}
