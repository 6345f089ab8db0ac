package password

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// vector is one hash made by other software (Python's hashlib, OpenSSL and
// libxcrypt) and the body that it must become; no body when it is refused.
type vector struct {
	Name, Password, Encoding string
	Input                    Input
	Body                     *Body
	TryCrypt                 bool `json:"try_crypt"`
}

func ownVectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestVectors(t *testing.T) {
	for _, v := range ownVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			if v.TryCrypt {
				if p := Recognise(v.Input, Options{}); p == nil || p.Body != nil || p.Encoding != v.Encoding {
					t.Errorf("without TryCrypt: %v", p)
				}
			}
			p := Recognise(v.Input, Options{TryCrypt: v.TryCrypt})
			if p == nil || p.Encoding != v.Encoding {
				t.Fatalf("got %v, want %s", p, v.Encoding)
			}
			if v.Body == nil {
				if p.Body != nil || p.Reason == "" {
					t.Errorf("got %v, want a refusal", p)
				}
				return
			}
			if p.Body == nil || *p.Body != *v.Body {
				got, _ := json.Marshal(p.Body)
				want, _ := json.Marshal(v.Body)
				t.Fatalf("body\n got %s %s\nwant %s", got, p.Reason, want)
			}
			if err := Prove(p, v.Password); err != nil {
				t.Errorf("right password: %v", err)
			}
			if err := Prove(p, strings.ToUpper(v.Password)); err != ErrWrongPassword {
				t.Errorf("wrong password: %v", err)
			}
		})
	}
}

const (
	hex32      = "5790d97db642faaefd203267a5078707"
	bcryptHash = "$2b$04$abcdefghijklmnopqrstuuVcp.STfzuT0bMrjbDxuV3eTYNADn6Ky"
)

func TestRefused(t *testing.T) {
	pbkdf2 := func(iterations string) string {
		return "pbkdf2_sha256$" + iterations + "$seasalt$oBSd886ysm3AqYun62DOdin8YcfbU1z9cksZSuLP9r0="
	}
	tests := []struct {
		name      string
		in        Input
		opt       Options
		encoding  string
		malformed bool
	}{
		{"bare md5 or NTLM", Input{Hash: hex32}, Options{}, "hex-32", false},
		{"assumed NTLM", Input{Hash: hex32}, Options{Assume: "ntlm"}, "ntlm", false},
		{"assumption that does not fit", Input{Hash: hex32}, Options{Assume: "sha256"}, "hex-32", false},
		{"bare sha256", Input{Hash: hex32 + hex32}, Options{}, "hex-64", false},
		{"bare sha512", Input{Hash: hex32 + hex32 + hex32 + hex32}, Options{}, "sha512", false},
		{"order of the salt not named", Input{Hash: hex32, Method: "md5", Salt: "abc"}, Options{}, "md5", false},
		{"clerk md5_salted without an order", Input{Hash: "abc$" + hex32, Method: "md5_salted"}, Options{}, "md5", false},
		{
			"binary salt",
			Input{Hash: hex32, Method: "md5", Salt: "ff00", SaltEncoding: "hex", SaltPosition: "suffix"},
			Options{},
			"md5-binary-salt",
			false,
		},
		{"iterated digest", Input{Hash: hex32, Method: "salted-md5", Salt: "TmFDbA==", Iterations: 2}, Options{}, "md5-iterated", false},
		{"pepper", Input{Hash: bcryptHash}, Options{Project: map[string]string{"pepper": "x"}}, "bcrypt-peppered", false},
		{"clerk peppered", Input{Hash: bcryptHash, Method: "bcrypt_peppered"}, Options{}, "bcrypt-peppered", false},
		{"unknown plugin", Input{Hash: bcryptHash, Method: "example-salted-thing"}, Options{}, "unknown-method", false},
		{"costly bcrypt", Input{Hash: "$2b$17" + bcryptHash[6:]}, Options{}, "bcrypt", false},
		{"too many iterations", Input{Hash: pbkdf2("10000001")}, Options{}, "django-pbkdf2-sha256", false},
		{
			"too many rounds",
			Input{Hash: "$5$rounds=10000001$abcdefgh$97CbAXCoIHsp5B3P5KcGe08v4Mag07eXD3xd89TBEy4"},
			Options{},
			"crypt-sha256",
			false,
		},
		{"werkzeug without iterations", Input{Hash: "pbkdf2:sha256$abc$" + hex32 + hex32}, Options{}, "werkzeug-pbkdf2-default", false},
		{
			"django or clerk",
			Input{Hash: "pbkdf2_sha256$1200$AAECAwQFBgcICQoLDA0ODw==$oBSd886ysm3AqYun62DOdin8YcfbU1z9cksZSuLP9r0="},
			Options{},
			"pbkdf2-sha256-ambiguous",
			false,
		},
		{
			"firebase without parameters",
			Input{Hash: "lSrfV15cpx95", Salt: "42xEC+ixf3L2lw==", Method: "firebase-scrypt"},
			Options{},
			"firebase-scrypt",
			false,
		},
		{"logto chain", Input{Hash: `["sha256",["a","@","b"],"` + hex32 + hex32 + `"]`}, Options{}, "logto-legacy", false},
		{"supabase encryption", Input{Hash: `{"key_id":"1","alg":"aes","data":"x","nonce":"y"}`}, Options{}, "supabase-encrypted", false},
		{"AIX", Input{Hash: "{ssha256}06$abcdefgh$abcdefghijklm"}, Options{}, "aix", false},
		{"membership", Input{Hash: "Wwa4Q2wJfM2ZT1t8nGtVoqZ2E7k=", Salt: "AAEC", Method: "aspnet"}, Options{}, "aspnet-membership", false},
		{
			"keycloak argon2",
			Input{
				Params: map[string]string{
					"secretData":     `{"value":"AAEC","salt":"AAEC"}`,
					"credentialData": `{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"type":["id"]}}`,
				},
			},
			Options{},
			"argon2",
			false,
		},
		{
			"auth0 UTF-16 password",
			Input{Hash: `{"algorithm":"md5","hash":{"value":"` + hex32 + `"},"password":{"encoding":"utf16le"}}`},
			Options{},
			"unknown",
			false,
		},

		{"short bcrypt", Input{Hash: bcryptHash[:59]}, Options{}, "bcrypt", true},
		{"bcrypt with a foreign character", Input{Hash: bcryptHash[:59] + "!"}, Options{}, "bcrypt", true},
		{"bcrypt cost 3", Input{Hash: "$2b$03" + bcryptHash[6:]}, Options{}, "bcrypt", true},
		{"bcrypt cost 32", Input{Hash: "$2b$32" + bcryptHash[6:]}, Options{}, "bcrypt", true},
		{"method says bcrypt", Input{Hash: hex32, Method: "bcrypt"}, Options{}, "bcrypt", true},
		{"NUL", Input{Hash: bcryptHash[:30] + "\x00" + bcryptHash[31:]}, Options{}, "unknown", true},
		{"zero iterations", Input{Hash: pbkdf2("0")}, Options{}, "django-pbkdf2-sha256", true},
		{"iterations that overflow", Input{Hash: pbkdf2("99999999999999999999")}, Options{}, "django-pbkdf2-sha256", true},
		{
			"bad base64",
			Input{Hash: "pbkdf2_sha256$1200$abc$oBSd*86ysm3AqYun62DOdin8YcfbU1z9cksZSuLP9r0="},
			Options{},
			"django-pbkdf2-sha256",
			true,
		},
		{"short ssha256", Input{Hash: "{SSHA256}AAEC"}, Options{}, "sha256", true},
		{"short phpass", Input{Hash: "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L"}, Options{}, "phpass", true},
		{"short md5", Input{Hash: hex32[1:], Method: "md5"}, Options{}, "md5", true},
		{"crypt with a short checksum", Input{Hash: "$1$abcdefgh$lagfOPDiaRz4tm33TK0jf"}, Options{}, "crypt-md5", true},
		{
			"firebase bad base64",
			Input{Hash: "l*rf", Salt: "42xEC+ixf3L2lw==", Method: "firebase-scrypt"},
			Options{Project: testProject},
			"firebase-scrypt",
			true,
		},
		{"negative iterations", Input{Hash: hex32, Iterations: -1}, Options{}, "unknown", true},
		{"far too long", Input{Hash: strings.Repeat("a", maxHash+1)}, Options{}, "unknown", true},
	}
	known := map[string]bool{}
	for _, e := range encodings {
		known[e.Name] = true
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Recognise(tt.in, tt.opt)
			if p == nil || p.Body != nil {
				t.Fatalf("got %v, want a refusal", p)
			}
			if p.Encoding != tt.encoding || p.Malformed != tt.malformed || p.Reason == "" {
				t.Errorf("got %v (%s), want %s, malformed %v", p, p.Reason, tt.encoding, tt.malformed)
			}
			if !known[p.Encoding] {
				t.Errorf("%s is not in Encodings", p.Encoding)
			}
			if err := Prove(p, "x"); err == nil || err == ErrWrongPassword {
				t.Errorf("Prove = %v, want the reason", err)
			}
		})
	}
}

func TestInputIsNotChanged(t *testing.T) {
	params := map[string]string{"factor": "4", "encryption_scheme": "bcrypt"}
	Recognise(Input{Hash: bcryptHash[29:], Salt: bcryptHash[7:29], Params: params}, Options{})
	if len(params) != 2 {
		t.Errorf("Params became %v", params)
	}
}

func TestBcryptLooksAt72Bytes(t *testing.T) {
	b := &Body{HashedPassword: "$2a$04$N9qo8uLOickgx2ZMRZoMyeF1J3tt0w8.ywyH26Gg0MaR3.85io4ma"}
	for _, tail := range []string{"", "ZZZ", "YYY"} {
		if ok, err := Verify(b, strings.Repeat("a", 72)+tail); !ok || err != nil {
			t.Errorf("tail %q: %v, %v", tail, ok, err)
		}
	}
	if ok, _ := Verify(b, strings.Repeat("a", 71)); ok {
		t.Error("71 bytes opened it")
	}
}

func BenchmarkRecogniseBcrypt(b *testing.B) {
	in := Input{Hash: "$2a" + bcryptHash[3:], Method: "bcrypt"}
	b.ReportAllocs()
	for b.Loop() {
		Recognise(in, Options{})
	}
}
