package password

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
)

// factVector is one entry of the shared list of verified hashes.
type factVector struct {
	ID           string
	Family       string
	Password     string
	Source       *string
	SourceFields map[string]any `json:"source_fields"`
	Kinde        *Body
	Support      string `json:"kinde_support"`
}

func factVectors(t *testing.T) []factVector {
	t.Helper()
	data, err := os.ReadFile("../../../shared/facts/hash-vectors.json")
	if err != nil {
		if os.Getenv("KINDE_REQUIRE_FACTS") == "1" {
			t.Fatal(err)
		}
		t.Skip("the list of verified hashes is not here")
	}
	var list struct{ Vectors []factVector }
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list.Vectors
}

// factInput gives Recognise what a mapping would: the hash, and the columns
// beside it under the names that the source has for them.
func factInput(v factVector) (Input, Options) {
	in, opt := Input{Params: map[string]string{}}, Options{}
	if v.Source != nil {
		in.Hash = *v.Source
	}
	for key, value := range v.SourceFields {
		switch x := value.(type) {
		case string:
			if key == "position" {
				in.SaltPosition = x
			} else {
				in.Params[key] = x
			}
		case float64:
			in.Params[key] = strconv.FormatInt(int64(x), 10)
		}
	}
	switch v.Family {
	case "md5", "sha256":
		in.Method = v.Family
	case "firebase":
		in.Method = "firebase-scrypt"
		opt.Project = testProject
	case "node":
		in.Method = "passport-local-mongoose"
	case "pbkdf2":
		in.Method, in.Salt, in.Params["variant"] = "pbkdf2", "AAECAwQFBgcICQoLDA0ODw==", variantSHA256
	case "wordpress":
		opt.Assume = "md5"
	case "stytch":
		in.Method = "scrypt"
	}
	return in, opt
}

var testProject = map[string]string{
	"signer_key":     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
	"salt_separator": "Bw==", "rounds": "8", "mem_cost": "14",
}

func TestFacts(t *testing.T) {
	vectors := factVectors(t)
	if len(vectors) != 86 {
		t.Errorf("%d vectors, want 86", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			in, opt := factInput(v)
			p := Recognise(in, opt)
			if p == nil {
				t.Fatal("taken for no password")
			}
			if v.Support != "yes" {
				if p.Body != nil || p.Reason == "" || p.Malformed {
					t.Fatalf("got %v, reason %q; want it refused with a reason", p, p.Reason)
				}
			}
			if v.Support == "risky" {
				opt.TryCrypt = true
				p = Recognise(in, opt)
			}
			if v.Support != "yes" && v.Support != "risky" {
				opt.TryCrypt = true
				if p := Recognise(in, opt); p.Body != nil {
					t.Fatal("TryCrypt made it pass")
				}
				return
			}
			if p.Body == nil {
				t.Fatalf("refused: %v, %s", p, p.Reason)
			}
			want := *v.Kinde
			if want.HashingMethod == methodPBKDF2 && want.Iterations == 0 {
				want.Iterations = defaultIterations
			}
			if *p.Body != want {
				got, _ := json.Marshal(p.Body)
				expected, _ := json.Marshal(want)
				t.Fatalf("body\n got %s\nwant %s", got, expected)
			}
			if err := Prove(p, v.Password); err != nil {
				t.Errorf("right password: %v", err)
			}
			// Only the first 8 characters of a DES password and 72 of a bcrypt one count.
			if err := Prove(p, "x"+v.Password); err != ErrWrongPassword {
				t.Errorf("wrong password: %v", err)
			}
		})
	}
}
