package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// TestManyWarningsHideNoError lists errors first and some of every kind, however
// many there are of another.
func TestManyWarningsHideNoError(t *testing.T) {
	r := New("validate")
	r.Source.Files = []File{{Path: "users.csv"}}
	tally := NewTally(r)
	for n := int64(1); n <= 3000; n++ {
		it := intake.Item{Position: intake.Position{Number: n, Line: n + 1}, User: &mapping.User{}, Disposition: intake.Use,
			Problems: []mapping.Problem{
				{Severity: mapping.Warning, Code: mapping.FieldDropped, Field: "plan", Message: "Not read by this mapping."},
			}}
		switch {
		case n == 2900:
			it.Disposition = intake.Reject
			it.Problems = append(
				it.Problems,
				mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid, Field: "email", Message: "No address."},
			)
		case n == 2950:
			it.Problems = append(
				it.Problems,
				mapping.Problem{Severity: mapping.Warning, Code: mapping.EmailInvalid, Field: "email", Message: "No address."},
			)
		case n > 2960:
			it.Problems = append(
				it.Problems,
				mapping.Problem{Severity: mapping.Warning, Code: mapping.PhoneInvalid, Field: "phone", Message: "No number."},
			)
		}
		if err := tally.Add(it); err != nil {
			t.Fatal(err)
		}
	}
	tally.Finish(intake.Summary{Rows: 3000, Records: 3000}, 50)
	items := r.Problems.Items
	if len(items) != MaxItems || !r.Problems.Truncated {
		t.Errorf("%d items, truncated %v", len(items), r.Problems.Truncated)
	}
	if items[0].Code != "EMAIL_INVALID" || items[0].Severity != "error" || items[0].Record != 2900 {
		t.Errorf("first is %+v", items[0])
	}
	counted := map[string]int{}
	for _, p := range items {
		counted[p.Severity+" "+p.Code]++
	}
	if counted["warning EMAIL_INVALID"] != 1 || counted["warning PHONE_INVALID"] != 40 || counted["warning FIELD_DROPPED"] != MaxItems-42 {
		t.Errorf("%v", counted)
	}
	var out bytes.Buffer
	if err := r.WriteText(&out, Guide{Width: 200}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"EMAIL_INVALID  error", "plan: Not read by this mapping.", "outcomes.csv has a row for every record"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the summary lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Index(out.String(), "EMAIL_INVALID") > strings.Index(out.String(), "FIELD_DROPPED") {
		t.Error("a warning stands before the error")
	}
}

// TestListsStayShort takes corrections of problems of which more were found than are kept.
func TestListsStayShort(t *testing.T) {
	l := newListing()
	for n := int64(1); n <= 2*MaxItems; n++ {
		if l.wants(mapping.Warning, mapping.PhoneInvalid) {
			l.add(Problem{Record: n, Severity: "warning", Code: "PHONE_INVALID"})
		}
	}
	l.remove(7)
	l.add(Problem{Record: 7, Severity: "error", Code: "DUPLICATE_IN_SOURCE"})
	items, cut := l.list()
	if len(items) != MaxItems || !cut || items[0].Code != "DUPLICATE_IN_SOURCE" || items[7].Record != 8 {
		t.Errorf("%d items, cut %v, %+v", len(items), cut, items[:8])
	}
}

// The first of a kind is named by its place, by its id where the source that is read
// does not hold it, and not at all where it is about the source as a whole.
func TestWhereTheFirstIs(t *testing.T) {
	for want, p := range map[string]Problem{
		"  first at record 3, line 4: not so\n":          {Record: 3, Line: 4, SourceID: "u7"},
		"  first at the record with the id u7: not so\n": {SourceID: "u7"},
		"  not so\n": {},
	} {
		p.Code, p.Severity, p.Message = "EMAIL_INVALID", "error", "not so"
		r := &Report{Problems: Problems{ByCode: map[string]int64{p.Code: 1}, Items: []Problem{p}}}
		var b strings.Builder
		if err := r.WriteText(&b, Guide{Width: 100}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
