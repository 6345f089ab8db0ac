package password

import (
	"errors"
	"testing"
	"unicode/utf8"
)

func FuzzRecognise(f *testing.F) {
	for _, v := range ownVectors(f) {
		f.Add(v.Input.Hash, v.Input.Method, v.Input.Salt, v.Input.SaltEncoding, v.Input.SaltPosition, v.Input.Iterations, v.TryCrypt)
	}
	known := map[string]bool{}
	for _, e := range encodings {
		known[e.Name] = true
	}
	f.Fuzz(func(t *testing.T, hash, method, salt, encoding, position string, iterations int, try bool) {
		in := Input{Hash: hash, Method: method, Salt: salt, SaltEncoding: encoding, SaltPosition: position, Iterations: iterations}
		for _, opt := range []Options{{TryCrypt: try}, {Assume: method, Project: testProject}} {
			p := Recognise(in, opt)
			if p == nil {
				continue
			}
			if !known[p.Encoding] {
				t.Fatalf("unlisted encoding %q", p.Encoding)
			}
			if (p.Body == nil) == (p.Reason == "") {
				t.Fatalf("%v has reason %q", p, p.Reason)
			}
			if p.Body == nil {
				continue
			}
			if err := p.Body.Validate(); err != nil {
				t.Fatalf("%v: %v", p, err)
			}
			if !utf8.ValidString(p.Body.HashedPassword + p.Body.Salt) {
				t.Fatal("the body is not valid UTF-8")
			}
		}
	})
}

func FuzzParseParams(f *testing.F) {
	for _, s := range []string{
		"hash_config { algorithm: SCRYPT, base64_signer_key: AAEC, rounds: 8, mem_cost: 14, }",
		`{"hash_config":{"rounds":8}}`, "signer_key: AAEC\nrounds: 8\n", "pepper: x", "hash_config: {a: b}", "a: &a [*a]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if params, err := ParseParams(data); err == nil && params == nil {
			t.Fatal("neither parameters nor an error")
		}
	})
}

func FuzzVerify(f *testing.F) {
	for _, v := range ownVectors(f) {
		if b := v.Body; b != nil {
			f.Add(
				b.HashedPassword,
				b.HashingMethod,
				b.Salt,
				b.SaltPosition,
				b.Variant,
				b.SignerKey,
				b.SaltSeparator,
				b.Iterations,
				b.Rounds,
				b.MemCost,
				v.Password,
			)
		}
	}
	f.Fuzz(func(t *testing.T, hash, method, salt, position, variant, key, separator string, iterations, rounds, memCost int, password string) {
		b := &Body{HashedPassword: hash, HashingMethod: method, Salt: salt, SaltPosition: position, Variant: variant,
			SignerKey: key, SaltSeparator: separator, Iterations: iterations, Rounds: rounds, MemCost: memCost}
		if b.Validate() != nil {
			if _, err := Verify(b, password); err == nil {
				t.Fatal("an invalid body was verified")
			}
			return
		}
		if isCostly(b) {
			return
		}
		p := &Password{Encoding: "unknown", Body: b}
		ok, err := Verify(b, password)
		proof := Prove(p, password)
		if ok && (err != nil || proof != nil) || !ok && err == nil && !errors.Is(proof, ErrWrongPassword) {
			t.Fatalf("Verify = %v, %v and Prove = %v", ok, err, proof)
		}
	})
}

// isCostly keeps the fuzzer from spending its time on one honest, slow hash.
func isCostly(b *Body) bool {
	switch b.method() {
	case methodBcrypt:
		cost, _ := bcryptCost(b.HashedPassword)
		return cost > 5
	case methodCrypt:
		rounds, _, ok := cryptRounds(b.HashedPassword[min(3, len(b.HashedPassword)):])
		var p [5]string
		return ok && rounds > 5000 || b.HashedPassword[:2] == "$y" || splitInto(b.HashedPassword, '$', p[:]) && number(p[2]) > 5000
	case methodWordPress:
		rounds, _ := phpassRounds(b.HashedPassword)
		return rounds > 1<<12
	case methodPBKDF2:
		return b.Iterations > 5000 || b.Iterations == 0
	case methodFirebase:
		return b.MemCost > 10
	}
	return false
}
