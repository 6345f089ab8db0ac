package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

func open(t testing.TB, text string, o Options) *File {
	t.Helper()
	f, err := FromReader(context.Background(), "test", strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// told lists each record as line:value of its first member, or line:! when it is malformed.
func told(t testing.TB, f *File) string {
	t.Helper()
	var out []string
	p := NewParser()
	err := f.Scan(context.Background(), func(b *Batch) error {
		for i, s := range b.Spans {
			v, err := b.Parse(i, p)
			what := "!"
			if err == nil && len(v.Elems) > 0 {
				what = v.Elems[0].Text
			}
			out = append(out, fmt.Sprintf("%d:%s", s.Line, what))
			offset, n := b.Position(i)
			raw := make([]byte, n)
			if _, err := f.ReadAt(raw, offset); n > 0 && err != nil && offset+n < 0 {
				return err
			}
			if !bytes.Equal(raw, b.Data[s.Start:s.End]) {
				return fmt.Errorf("record at line %d: the position gives other bytes", s.Line)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func encode(t testing.TB, s string, e unicode.Endianness, bom unicode.BOMPolicy) string {
	out, err := unicode.UTF16(e, bom).NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func gz(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func zst(s string) string {
	z, _ := zstd.NewWriter(nil)
	return string(z.EncodeAll([]byte(s), nil))
}

func TestNastyFiles(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70)
	long := strings.Repeat("x", 3<<20)
	table := []struct {
		name, text string
		format     Format
		want       string
	}{
		{"csv", "id,b\n1,x\n2,y\n", CSV, "2:1 3:2"},
		{"csv without last newline", "id,b\n1,x\n2,y", CSV, "2:1 3:2"},
		{"only a header", "id,email\n", CSV, ""},
		{"only a header, no newline", "id,email", CSV, ""},
		{"CRLF", "id,b\r\n1,x\r\n2,y\r\n", CSV, "2:1 3:2"},
		{"CR", "id,b\r1,x\r2,y\r", CSV, "2:1 3:2"},
		{"BOM", "\ufeffid,b\n1,x\n", CSV, "2:1"},
		{"semicolons", "id;b\n1;x,y\n2;z\n", CSV, "2:1 3:2"},
		{"tabs", "id\tb\n1\tx\n", CSV, "2:1"},
		{"one column", "email\na@example.com\nb@example.com\n", CSV, "2:a@example.com 3:b@example.com"},
		{"quoted newline", "id,b\n1,\"x\ny\"\n2,z\n", CSV, "2:1 4:2"},
		{"ragged", "id,b\n1\n2,x,y\n3,z\n4,z,\n", CSV, "2:! 3:! 4:3 5:!"},
		{"blank lines", "id,b\n\n1,x\n\n\n2,y\n", CSV, "3:1 6:2"},
		{"comment lines", "# exported\n# twice\nid,b\n1,x\n", CSV, "4:1"},
		{"preamble", "scrypt hash parameters\nscryptR,8\nscryptP,1\nuser_id,hash,salt\n1,x,y\n2,x,y\n3,z,z\n", CSV, "5:1 6:2 7:3"},
		{"NUL in csv", "id,b\n1,x\x00y\n2,z\n3,\x00\n", CSV, "2:! 3:2 4:3"},
		{"latin-1 in csv", "id,b\n1,P\xe9rez\n2,z\n", CSV, "2:! 3:2"},
		{"unterminated quote at the end", "id,b\n1,x\n2,\"y\n3,z\n", CSV, "2:1 3:! 4:3"},
		{"unterminated quote before another", "id,b\n1,\"x\n2,\"Bo\"\n3,z\n", CSV, "2:! 3:2 4:3"},
		{"bare quotes", "id,b\n1,Bo \"B\" Li\n2,5\" tall\n", CSV, "2:1 3:2"},
		{"UTF-16LE", encode(t, "id,b\n1,é\n", unicode.LittleEndian, unicode.UseBOM), CSV, "2:1"},
		{"UTF-16BE", encode(t, "id,b\n1,é\n", unicode.BigEndian, unicode.UseBOM), CSV, "2:1"},
		{"UTF-16LE without BOM", encode(t, "id,b\n1,x\n", unicode.LittleEndian, unicode.IgnoreBOM), CSV, "2:1"},
		{"gzip", gz("id,b\n1,x\n"), CSV, "2:1"},
		{"zstd in gzip", gz(zst("id,b\n1,x\n")), CSV, "2:1"},
		{"long cell", "id,b\n1," + long + "\n2,y\n", CSV, "2:1 3:2"},

		{"ndjson", "{\"id\":1}\n{\"id\":2}\n", NDJSON, "1:1 2:2"},
		{"ndjson with blank and broken lines", "{\"id\":1}\n\n{\"id\":\nnope\n{\"id\":5}\n", NDJSON, "1:1 3:! 4:! 5:5"},
		{"duplicate keys", "{\"id\":1,\"id\":2}\n{\"id\":3}\n", NDJSON, "1:! 2:3"},
		{"NUL in ndjson", "{\"id\":\"a\x00\"}\n{\"id\":\"\\u0000\"}\n{\"id\":3}\n", NDJSON, "1:! 2:! 3:3"},
		{"deep nesting", deep + "\n{\"id\":2}\n", NDJSON, "1:! 2:2"},
		{"bad UTF-8", "{\"id\":\"\xff\"}\n{\"id\":2}\n", NDJSON, "1:! 2:2"},
		{"long line", "{\"id\":1,\"x\":\"" + long + "\"}\n{\"id\":2}\n", NDJSON, "1:1 2:2"},
		{"21 digits", "{\"id\":104200000000000000017}\n", NDJSON, "1:104200000000000000017"},

		{"array", `[{"id":1},{"id":2}]`, JSON, "1:1 1:2"},
		{"arrays one after the other", "[{\"id\":1}]\n[{\"id\":2}]", JSON, "1:1 2:2"},
		{"pretty array", "[\n  {\n    \"id\": 1\n  },\n  {\n    \"id\": 2\n  }\n]\n", JSON, "2:1 5:2"},
		{"trailing comma", `[{"id":1},{"id":2},]`, JSON, "1:1 1:2"},
		{"garbage between", `[{"id":1} oops {"id":2}]`, JSON, "1:1 1:! 1:2"},
		{"cut off", "[{\"id\":1},\n{\"id\":", JSON, "1:1 2:! 2:!"},
		{"cut between", `[{"id":1},`, JSON, "1:1 1:!"},
		{"missing quote", "[\n{\"id\":1},\n{\"id\":\"2},\n{\"id\":3}\n]", JSON, "2:1 3:! 4:3"},
		{"missing brace", "[\n{\"id\":{\"x\":1},\n{\"id\":3}\n]", JSON, "2:! 3:3"},
		{"stray bracket", `[{"id":1],"x":2},{"id":3}]`, JSON, "1:! 1:3"},
		{"scalars", `[1,"x",{"id":3}]`, JSON, "1:! 1:! 1:3"},
		{"envelope", `{"total":2,"users":[{"user_id":1},{"user_id":2}],"more":{"x":[1]}}`, JSON, "1:1 1:2"},
		{"envelopes", "{\"users\":[{\"user_id\":1}]}\n{\"users\":[{\"user_id\":2}]}\n", JSON, "1:1 2:2"},
		{"pretty objects", "{\n \"id\": 1\n}\n{\n \"id\": 2\n}\n", JSON, "1:1 4:2"},

		{
			"ldif",
			"version: 1\n\n# people\ndn: uid=ana\nmail: ana@example.com\nmail: a2@example.com\n\ndn: uid=bo\ncn: Bo\n  Li\n",
			LDIF,
			"4:uid=ana 8:uid=bo",
		},
		{"ldif with a folded comment", "# a\n b\n\ndn: uid=ana\nmail: ana@example.com\n", LDIF, "4:uid=ana"},
		{"broken ldif", "dn: uid=ana\nnonsense\n\ndn: uid=bo\n", LDIF, "1:! 4:uid=bo"},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			f := open(t, c.text, Options{})
			if f.Format() != c.format {
				t.Fatalf("format %s, want %s", f.Format(), c.format)
			}
			if got := told(t, f); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestNobodyByTheLine opens what is said to be lines of JSON, and holds none.
func TestNobodyByTheLine(t *testing.T) {
	f, err := FromReader(context.Background(), "x", strings.NewReader(""), Options{Format: NDJSON})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Format() != NDJSON {
		t.Errorf("the format is %q", f.Format())
	}
	if head, err := f.Head(context.Background()); err != nil || len(head.Head.Elems) != 0 {
		t.Errorf("%+v, %v", head, err)
	}
}

func TestEmpty(t *testing.T) {
	for _, s := range []string{"", "\ufeff", " \n\n"} {
		if _, err := FromReader(context.Background(), "x", strings.NewReader(s), Options{}); !errors.Is(err, ErrEmpty) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestParents(t *testing.T) {
	text := `{"orgs":[{"orgId":"1","org":{"name":"Acme"},"humanUsers":[{"userId":"a"},{"userId":"b"}]},{"orgId":"2","humanUsers":[{"userId":"c"}]}]}`
	path := []mapping.Step{{Key: "orgs"}, {Any: '['}, {Key: "humanUsers"}, {Any: '['}}
	f := open(t, text, Options{Places: []Place{{Path: path, Parent: []string{"orgId", "org.name"}}}})
	var got []string
	p := NewParser()
	err := f.Scan(context.Background(), func(b *Batch) error {
		for i := range b.Spans {
			v, err := b.Parse(i, p)
			if err != nil {
				return err
			}
			parent := v.Get("$parent")
			got = append(got, v.Get("userId").Text+parent.Get("orgId").Text+parent.Get("org.name").Text)
		}
		return nil
	})
	if s := strings.Join(got, " "); err != nil || s != "a1Acme b1Acme c2" {
		t.Errorf("%s %v", s, err)
	}
}

var firebase = CSVHints{Lazy: true, Loose: []string{"displayName", "g3", "f3", "t3", "h3"}, Fits: fitsFirebase,
	Layouts: [][]string{
		strings.Split(
			"localId,email,emailVerified,passwordHash,salt,displayName,photoUrl,g1,g2,g3,g4,f1,f2,f3,f4,t1,t2,t3,t4,h1,h2,h3,h4,createdAt,lastSignedInAt,phoneNumber,disabled,customAttributes",
			",",
		),
	}}

func fitsFirebase(column, cell string) bool {
	switch column {
	case "createdAt", "lastSignedInAt":
		return strings.Trim(cell, "0123456789") == ""
	case "emailVerified":
		return cell == "true" || cell == "false"
	case "photoUrl":
		return cell == "" || strings.HasPrefix(cell, "http")
	}
	return true
}

func TestBrokenQuoting(t *testing.T) {
	text := `u1,ana@example.com,true,hash,salt,"Pérez, Ana",,,,,,,,,,,,,,,,,,1704067200000,1704153600000,,,"{""admin"":true}",
u2,bo@example.org,true,,,Bo "B" Li,,104200000000000000017,bo@example.org,Bo,,,,,,,,,,,,,,1704067200000,,+61491570156,true,,
u3,cy@example.org,true,,,"Cy "the, one" X, Jr",,,,,,,,,,,,,,,,,,1704067200000,,,,"{""a"":""b,c""}",
u4,di@example.org,true,,,Two
Lines,,,,,,,,,,,,,,,,,,1704067200000,,,,,
`
	f := open(t, text, Options{Format: CSV, CSV: firebase})
	recs, err := f.Sample(context.Background(), 10, nil)
	if err != nil || len(recs) != 4 {
		t.Fatalf("%d records, %v", len(recs), err)
	}
	for i, want := range []string{`Pérez, Ana`, `Bo "B" Li`, `Cy "the, one" X, Jr`, "Two\nLines"} {
		v := recs[i].Fields
		if got := v.Get("displayName").Text; got != want || v.Get("createdAt").Text != "1704067200000" {
			t.Errorf("record %d: %q, created %q", i+1, got, v.Get("createdAt").Text)
		}
	}
	if got := recs[2].Fields.Get("customAttributes").Text; got != `{"a":"b,c"}` {
		t.Errorf("attributes %q", got)
	}
}

func benchmarkScan(b *testing.B, row func(i int) string, header string) {
	var text strings.Builder
	text.WriteString(header)
	const rows = 20000
	for i := range rows {
		text.WriteString(row(i))
	}
	f := open(b, text.String(), Options{})
	b.SetBytes(int64(text.Len()))
	p := NewParser()
	for b.Loop() {
		f.Scan(context.Background(), func(bt *Batch) error {
			for i := range bt.Spans {
				bt.Parse(i, p)
			}
			p.Reset()
			return nil
		})
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkScanCSV(b *testing.B) {
	benchmarkScan(b, func(i int) string {
		return fmt.Sprintf("u%d,p%d@example.com,TRUE,Given%d,Family%d,user_%d,acme,admin\n", i, i, i, i, i)
	}, "id,email,email_verified,first_name,last_name,username,external_organization_id,role_key\n")
}

func BenchmarkScanNDJSON(b *testing.B) {
	benchmarkScan(b, func(i int) string {
		return fmt.Sprintf(
			`{"id":"u%d","email":"p%d@example.com","email_verified":true,"first_name":"Given%d","last_name":"Family%d","username":"user_%d","org":"acme","role":"admin"}`+"\n",
			i,
			i,
			i,
			i,
			i,
		)
	}, "")
}
