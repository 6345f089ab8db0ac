package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// item is a usable row with an e-mail address and something that is dropped.
func item(n int64) intake.Item {
	return intake.Item{
		Position: intake.Position{Number: n, Line: n + 1, Offset: n * 80, Length: 80},
		User: &mapping.User{SourceID: fmt.Sprint("u-", n), GivenName: "Ana",
			Identities:  []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("person%d@example.com", n), Verified: true}},
			Memberships: []mapping.Membership{{Organization: mapping.Organization{Code: "org_1"}, Roles: []string{"admin"}}}},
		Problems: []mapping.Problem{
			{Severity: mapping.Warning, Code: mapping.FieldDropped, Field: "created_at", Message: "Kinde has no place for it."},
		},
	}
}

func TestTallyCorrectsWhatItCounted(t *testing.T) {
	r := New("validate")
	tally := NewTally(r)
	tally.Judge = func(*mapping.User) ([]mapping.Problem, string) { return nil, "code" }
	rows := map[int64]string{}
	tally.Outcome = func(o Outcome) error { rows[o.Record] = o.Outcome; return nil }
	tally.Corrected = func(n int64, o *Outcome) error {
		delete(rows, n)
		if o != nil {
			rows[n] = o.Outcome
		}
		return nil
	}
	for n := range int64(2000) {
		if err := tally.Add(item(n + 1)); err != nil {
			t.Fatal(err)
		}
	}
	duplicate := item(700)
	duplicate.Disposition = intake.Reject
	duplicate.Problems = append(duplicate.Problems, mapping.Problem{Severity: mapping.Error, Code: mapping.DuplicateInSource, Field: "email"})
	part := item(3)
	part.Disposition, part.Head = intake.PartOf, 2
	for _, now := range []intake.Item{duplicate, part} {
		if err := tally.Replace(item(now.Number), now); err != nil {
			t.Fatal(err)
		}
	}
	tally.Finish(intake.Summary{Rows: 2000, Records: 1999}, 50)
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	if x := r.Totals; x.Records != 1999 || x.Rejected != 1 || x.Pending != 1998 {
		t.Errorf("totals %+v", x)
	}
	if r.SignIn.Code != 1998 || r.Steps["memberships"].Wanted != 1998 || r.Organizations[0].Users != 1998 {
		t.Errorf("%+v %+v %+v", r.SignIn, r.Steps, r.Organizations)
	}
	if r.Problems.ByCode["DUPLICATE_IN_SOURCE"] != 1 || r.Problems.ByCode["FIELD_DROPPED"] != 1999 || !r.Problems.Truncated ||
		len(r.Problems.Items) != MaxItems {
		t.Errorf("problems %v, %d items, truncated %v", r.Problems.ByCode, len(r.Problems.Items), r.Problems.Truncated)
	}
	if first := r.Problems.Items[0]; first.Record != 700 || first.Severity != "error" {
		t.Errorf("the error does not come first: %+v", first)
	}
	for i := 2; i < len(r.Problems.Items); i++ {
		if r.Problems.Items[i].Record < r.Problems.Items[i-1].Record {
			t.Fatal("the problems are not in the order of the source")
		}
	}
	if len(rows) != 1999 || rows[700] != "rejected" {
		t.Errorf("%d rows, the duplicate is %q", len(rows), rows[700])
	}
	var pieces int
	for p, err := range tally.Rejected() {
		if err != nil || p.Position.Number != 700 {
			t.Errorf("%+v %v", p, err)
		}
		pieces++
	}
	if pieces != 1 {
		t.Errorf("%d pieces", pieces)
	}
}

func BenchmarkTally(b *testing.B) {
	s, err := NewSpool(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Abort()
	tally := NewTally(New("validate"))
	tally.Judge = func(*mapping.User) ([]mapping.Problem, string) { return nil, "code" }
	tally.Outcome = s.Add
	it := item(1)
	b.ReportAllocs()
	for n := int64(1); b.Loop(); n++ {
		it.Number = n
		if err := tally.Add(it); err != nil {
			b.Fatal(err)
		}
	}
}

func TestShapesTellNothing(t *testing.T) {
	for text, want := range map[string]string{
		"ana@example.com": "aaa@aaa.aaa", "+1 202 555 0142": "+9 999 999 999", "": "", "José": "Aaaa",
		"2024-01-02T03:04:05Z": "999-99-99A99:99:99A",
	} {
		if got := Shape(text); got != want {
			t.Errorf("%q looks like %q, want %q", text, got, want)
		}
	}
	if got := Shape(strings.Repeat("ab1-", 50)); len(got) > 40 {
		t.Errorf("the shape is as long as %q", got)
	}
}
