package source

import (
	"context"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// TestMostlyBrokenQuoting: where most rows are badly quoted, the good ones still
// tell whether rows end with a separator.
func TestMostlyBrokenQuoting(t *testing.T) {
	text := `u1,ana@example.com,true,,,"Pérez, Ana",,,,,,,,,,,,,,,,,,1704067200000,1704153600000,,,,
u2,bo@example.org,true,,,"Bo "B", Li
the Third",,,,,,,,,,,,,,,,,,1704067200000,,,false,,
u3,cy@example.net,false,,,"Quote "Q", Cy",,,,,,,,,,,,,,,,,,1704067200000,,,,"{""a"":1,""b"":""x,y""}",
u4,di@example.org,true,,,Two
Lines,,,,,,,,,,,,,,,,,,1704067200000,,,,,
`
	f := open(t, text, Options{Format: CSV, CSV: firebase})
	recs, err := f.Sample(context.Background(), 10, nil)
	if err != nil || len(recs) != 4 {
		t.Fatalf("%d records, %v", len(recs), err)
	}
	for i, want := range []string{"Pérez, Ana", "Bo \"B\", Li\nthe Third", `Quote "Q", Cy`, "Two\nLines"} {
		v := recs[i].Fields
		if got := v.Get("displayName").Text; got != want || v.Get("createdAt").Text != "1704067200000" {
			t.Errorf("record %d: %q, created %q", i+1, got, v.Get("createdAt").Text)
		}
	}
}

// TestHeaderOfShortRows: the header is told by its looks where every row is short,
// and detection sees it.
func TestHeaderOfShortRows(t *testing.T) {
	for _, text := range []string{"id,email,first_name,last_name\n1,ana@example.com,Ana\n2,bo@example.org,Bo\n",
		"id,email,first_name,last_name\n"} {
		f := open(t, text, Options{})
		s, err := f.Head(context.Background())
		if err != nil || len(f.Columns()) != 4 || len(s.Head.Elems) != 1 || s.Head.Elems[0].Get("last_name").Kind != mapping.String {
			t.Errorf("%q: columns %q, head %+v, %v", text, f.Columns(), s.Head, err)
		}
	}
}

// TestArrayOfPages: records lie in the pages of an array, unless its elements look
// more like records themselves.
func TestArrayOfPages(t *testing.T) {
	places := []Place{{Path: []mapping.Step{{Key: "users"}, {Any: '['}}}}
	for text, want := range map[string]string{
		`[{"users":[{"id":"a","email":"a@example.com"}]},{"users":[{"id":"b","email":"b@example.com"}],"next":null}]`: "ab",
		`[{"id":"a","email":"a@example.com","users":[{"id":"x"}]},{"id":"b","email":"b@example.com"}]`:                "ab",
	} {
		f := open(t, text, Options{Places: places})
		recs, err := f.Sample(context.Background(), 10, nil)
		got := ""
		for _, r := range recs {
			got += r.Fields.Get("id").Text
		}
		if err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", text, got, want, err)
		}
	}
}

// TestMendedInOneWay: a row that can be read in two ways is malformed.
func TestMendedInOneWay(t *testing.T) {
	hints := CSVHints{Lazy: true, Layouts: [][]string{{"a", "b"}}, Loose: []string{"a", "b"}}
	for row, want := range map[string]bool{`"x "y", z",w`: true, `"x","y","z"`: false} {
		f := open(t, "1,2\n3,4\n"+row+"\n5,6\n", Options{Format: CSV, CSV: hints})
		rows, bad := rowsOf(t, f)
		if (len(bad) == 0) != want || len(rows)+len(bad) != 4 {
			t.Errorf("%s: %q, malformed %d", row, rows, bad)
		}
	}
}

// TestOwnQuotes: of an exporter that puts quotes around separators alone, others are the text's.
func TestOwnQuotes(t *testing.T) {
	hints := CSVHints{Lazy: true, Layouts: [][]string{{"id", "name", "other"}}, Loose: []string{"name"}}
	for row, want := range map[string]string{
		`4,"Quo vadis",x`:     `"Quo vadis"`,
		`4,"Gia, G",x`:        `Gia, G`,
		`4,"Gia ""G""",x`:     `Gia "G"`,
		`4,"Gia, ""G""",x`:    `Gia, "G"`,
		`4,name,"x"`:          `name`,
		`4,"",x`:              ``,
		`"4","Quo vadis","x"`: `Quo vadis`, // written by a program that quotes everything
		`4,"Two, words",""x"`: `Two, words`,
	} {
		f := open(t, "1,a,b\n2,a,b\n3,a,b\n"+row+"\n5,a,b\n", Options{Format: CSV, CSV: hints})
		rows, bad := rowsOf(t, f)
		if len(bad) > 0 || rows[3][1] != want {
			t.Errorf("%s: %q, want %s; malformed %d", row, rows, want, bad)
		}
	}
}
