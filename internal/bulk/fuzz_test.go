package bulk

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// FuzzNames reads any bytes as a list of users and as a table of hashes. Each row
// names somebody or has a problem, has a line of the file, in the order of the
// file, and no problem repeats a hash.
func FuzzNames(f *testing.F) {
	for _, text := range []string{"ana@example.com\n# no\n\nkp_1\n", "id,email\nkp_1,ana@example.com\n,\n\"\n",
		"email;hash;method\nana@example.com;5f4dcc3b5aa765d61d8327deb882cf99;md5\n",
		"\xef\xbb\xbfemail\tvalue\tconnection_id\na@example.com\tb@example.com\tconn_1\n",
		"kinde_id,hash,method,salt,salt_encoding,salt_position,iterations\nkp_1,$2b$10$x,bcrypt,,,,x\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := int64(strings.Count(string(data), "\n")) + 1
		check := func(what string, asks []Ask) {
			before := int64(0)
			for _, a := range asks {
				if a.Line < before || a.Line < 1 || a.Line > lines {
					t.Errorf("%s: line %d of %d after line %d", what, a.Line, lines, before)
				}
				before = a.Line
				if a.Problem == nil && a.ID == "" && a.Email == "" && a.Phone == "" && a.Username == "" && a.Any == "" {
					t.Errorf("%s: line %d names nobody and has no problem", what, a.Line)
				}
			}
		}
		if asks, err := ReadNames(data); err == nil {
			check("names", asks)
		}
		if asks, err := ReadHashes(data, password.Options{}); err == nil {
			check("hashes", asks)
			for _, a := range asks {
				if a.Problem == nil && (a.Password == nil || a.Password.Body == nil) {
					t.Errorf("line %d has neither a hash nor a problem", a.Line)
				}
			}
		}
	})
}
