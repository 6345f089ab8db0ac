package mapping

import (
	"strings"
	"testing"
)

// Of several hashes of one user the newer one counts; where nothing tells which
// that is, none is set, and it is said.
func TestSeveralHashesOfOneUser(t *testing.T) {
	m, err := Load("m.yaml", []byte("name: x\nid: id\nemails: [email]\npassword:\n- each: hashes\n  hash: h\n  set_at: at\n"))
	if err != nil {
		t.Fatal(err)
	}
	old, young := "$2a$10$"+strings.Repeat("o", 53), "$2a$10$"+strings.Repeat("y", 53)
	for name, c := range map[string]struct{ hashes, want string }{
		"the newer one first": {`{"h":"` + young + `","at":"2024-05-01"},{"h":"` + old + `","at":"2023-05-01"}`, young},
		"the newer one last":  {`{"h":"` + old + `","at":"2023-05-01"},{"h":"` + young + `","at":"2024-05-01"}`, young},
		"twice the same":      {`{"h":"` + young + `"},{"h":"` + young + `","at":"2024-05-01"}`, young},
		"no dates":            {`{"h":"` + old + `"},{"h":"` + young + `"}`, ""},
		"one date":            {`{"h":"` + old + `","at":"2023-05-01"},{"h":"` + young + `"}`, ""},
		"one date, last":      {`{"h":"` + old + `"},{"h":"` + young + `","at":"2024-05-01"}`, ""},
		"equal dates":         {`{"h":"` + old + `","at":"2024-05-01"},{"h":"` + young + `","at":"2024-05-01"}`, ""},
		"one without in between": {`{"h":"` + old + `","at":"2022-05-01"},{"h":"$2a$10$` + strings.Repeat("z",
			53) + `"},{"h":"` + young + `","at":"2024-05-01"}`, ""},
		"one that is none": {`{"h":"$2b$10$short"},{"h":"` + young + `"}`, young},
		"equal, and a newer one": {`{"h":"` + old + `","at":"2022-05-01"},{"h":"$2a$10$` + strings.Repeat("z",
			53) + `","at":"2022-05-01"},{"h":"` + young + `","at":"2024-05-01"}`, young},
	} {
		t.Run(name, func(t *testing.T) {
			fields, err := ParseJSON(`{"id":"1","email":"a@example.com","hashes":[` + c.hashes + `]}`)
			if err != nil {
				t.Fatal(err)
			}
			r := m.Map(&Record{Fields: fields}, nil)
			got := ""
			if p := r.User.Password; p == nil {
				t.Fatal("no password at all")
			} else if p.Body != nil {
				got = p.Body.HashedPassword
			}
			said := 0
			for _, p := range r.Problems {
				if p.Code == PasswordUnsupported {
					said++
				}
			}
			if got != c.want || (got == "") != (said == 1) {
				t.Errorf("got %q, want %q; %v", got, c.want, r.Problems)
			}
		})
	}
}
