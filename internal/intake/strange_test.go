package intake

import (
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// A second file from another source has the same ids, and its hashes open nobody's account.
func TestHashesOfAnotherSource(t *testing.T) {
	users := write(t, "users.csv", "id,email,first_name\n1,ana@example.com,Ana\n2,bo@example.com,Bo\n3,cy@example.com,Cy\n")
	hash := func(rows ...string) []string {
		return []string{write(t, "hashes.csv", "id,email,password_hash\n"+strings.Join(rows, ","+bcryptHash+"\n")+","+bcryptHash+"\n")}
	}
	in, c, sum := scan(
		t,
		Options{Files: []string{users}, Preset: "generic", Passwords: hash("1,stranger@example.net", "2,BO@example.com", "3,")},
	)
	for number, want := range map[int64]bool{1: false, 2: true, 3: true} {
		again, err := in.united(t.Context(), c.items[number].Position)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range []Item{c.items[number], again} {
			said := len(it.Problems) == 1 && it.Problems[0].Code == mapping.PasswordUnread
			if got := it.User.Password != nil; got != want || said == want {
				t.Errorf("%s: password %v, problems %+v", it.User.GivenName, got, it.Problems)
			}
		}
	}
	if p := sum.Passwords; p.Joined != 2 || p.JoinedNobody != 1 {
		t.Errorf("%+v", p)
	}
	// A whole file of another source is refused.
	other, err := Open(t.Context(), Options{Files: []string{users}, Preset: "generic", TempDir: t.TempDir(),
		Passwords: hash("1,x@example.net", "2,y@example.net")})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Scan(t.Context(), &collector{}); err == nil || !strings.Contains(err.Error(), "none of its 2 rows joins a user") {
		t.Errorf("%v", err)
	}
}
