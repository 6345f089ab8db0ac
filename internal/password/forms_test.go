package password

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// material is n bytes that are no text; keys, digests and salts of the tests are made of it.
func material(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(0xf0 ^ i)
	}
	return b
}

func hexOf(n int) string { return hex.EncodeToString(material(n)) }
func b64(n int) string   { return encode64(material(n)) }

// crypt64Of is n characters of crypt's base 64.
func crypt64Of(n int) string { return strings.Repeat("aZ./09", n/6+1)[:n] }

// outcome writes all that Recognise says: the encoding, what became of the hash, and
// the whole body or the whole reason. A reason that is the encoding's own is left out,
// and material is written by its length.
func outcome(p *Password) string {
	if p == nil {
		return "no password"
	}
	said := ": " + p.Reason
	switch {
	case p.Body != nil:
		b := p.Body
		out := fmt.Sprintf("%s kept: %s %s", p.Encoding, b.method(), b.HashedPassword)
		for _, field := range []struct{ name, value string }{
			{"salt", b.Salt}, {"position", b.SaltPosition}, {"iterations", fmt.Sprint(b.Iterations)}, {"variant", b.Variant},
			{"key", b.SignerKey}, {"separator", b.SaltSeparator}, {"rounds", fmt.Sprint(b.Rounds)}, {"memory", fmt.Sprint(b.MemCost)},
		} {
			if field.value != "" && field.value != "0" {
				out += " " + field.name + "=" + field.value
			}
		}
		if p.Reason != "" || p.Malformed || b.Temporary {
			out += " and yet " + p.Reason
		}
		for _, n := range []int{512, 64, 32, 16, 8} {
			out = strings.NewReplacer(hexOf(n), fmt.Sprintf("<hex %d>", n), b64(n), fmt.Sprintf("<b64 %d>", n)).Replace(out)
		}
		for _, n := range []int{86, 53, 43, 22} {
			out = strings.ReplaceAll(out, crypt64Of(n), fmt.Sprintf("<crypt %d>", n))
		}
		return out
	case p.Malformed:
		return p.Encoding + " malformed" + said
	case p.Reason == reasonOf[p.Encoding]:
		return p.Encoding + " refused"
	}
	return p.Encoding + " refused" + said
}

// form is one spelling of a hash and what it is.
type form struct {
	in   Input
	want string
}

func checkForms(t *testing.T, opt Options, forms []form) {
	t.Helper()
	for _, f := range forms {
		p := Recognise(f.in, opt)
		if got := outcome(p); got != f.want {
			t.Errorf("%q %+v\n got %s\nwant %s", f.in.Hash, plainInput(f.in), got, f.want)
		}
		if p != nil && p.Body != nil {
			if err := p.Body.Validate(); err != nil {
				t.Errorf("%q: what is kept is not valid: %v", f.in.Hash, err)
			}
		}
	}
}

// plainInput shows an input of a test, which otherwise hides itself.
func plainInput(in Input) any {
	type plain Input
	return plain(in)
}

func bareInput(hash string) Input { return Input{Hash: hash} }

func namedInput(method, hash string) Input { return Input{Hash: hash, Method: method} }

func b64text(s string) string { return encode64([]byte(s)) }

// aspnet writes a hash of ASP.NET Identity: the marker, the numbers of version 3, salt and key.
func aspnet(marker byte, numbers []uint32, salt, key int) string {
	raw := []byte{marker}
	for _, n := range numbers {
		raw = binary.BigEndian.AppendUint32(raw, n)
	}
	return encode64(slices.Concat(raw, material(salt), material(key)))
}

var testForms = map[string]string{
	"method": "firebase-scrypt", "signer_key": b64(64), "salt_separator": "Bw==", "rounds": "8", "mem_cost": "14",
	"iterations": "1234", "salt_position": "prefix", "salt_encoding": "hex",
}
