package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// people is what the files in testdata/dialects hold, written by psql 15, mariadb
// 10.11 and sqlite3 3.40 from one table. A cell of \N is NULL.
var people = [][]string{
	{"1", "a@example.com", "plain", "x", "$2b$1"},
	{"2", "b@example.com", `"Bo`, "quote at start", "h2"},
	{"3", "c@example.com", `C "the" D`, `in"side`, "h3"},
	{"4", "d@example.com", "tab\there", "new\nline", "h4"},
	{"5", "e@example.com", `back\slash \n \N`, "cr\rx", "h5"},
	{"6", "f@example.com", `\N`, "", "h6"},
	{"7", "g@example.com", "NULL", `\N`, "h7"},
	{"8", "h@example.com", `"whole"`, `"`, "h8"},
	{"9", "i@example.com", "comma, name", "it's", `a:1:{s:6:"editor";b:1;}`},
	{"10", "j@example.com", `end"`, `\`, "h10"},
	{"11", "k@example.com", "\b\f\vü€\U0001F600", "\x7f", "h11"},
	{"12", "l@example.com", "\"tab\tin quote\"", `a""b`, `"unbal`},
}

// rowsOf returns the cells of all records that parse, and the ids of the others' lines.
func rowsOf(t testing.TB, f *File) (rows [][]string, bad []int64) {
	t.Helper()
	p := NewParser()
	err := f.Scan(context.Background(), func(b *Batch) error {
		for i, s := range b.Spans {
			v, err := b.Parse(i, p)
			if err != nil {
				bad = append(bad, s.Line)
				continue
			}
			var cells []string
			for _, e := range v.Elems {
				cells = append(cells, strings.Clone(e.Text))
			}
			rows = append(rows, cells)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, bad
}

// TestDialects reads what database clients really write: each row is right, or said
// to be malformed where the client keeps nothing apart.
func TestDialects(t *testing.T) {
	nameless := CSVHints{Layouts: [][]string{{"id", "email", "name", "bio", "hash"}}}
	null := map[string]string{"mysql-batch.tsv": "NULL", "mysql-raw.tsv": "NULL", "mysql-batch-nameless.tsv": "NULL",
		"copy-csv.csv": "", "copy-csv-tab.tsv": "", "psql-csv.csv": "", "psql-unaligned.txt": "", "psql-unaligned-tab.tsv": "",
		"sqlite-tabs.tsv": "", "sqlite-list.txt": "", "sqlite-csv.csv": ""}
	lost := map[string]string{ // ids of people whose rows the client takes apart
		"mysql-raw.tsv": "4 12", "psql-unaligned-tab.tsv": "4 12", "sqlite-tabs.tsv": "4 12", "psql-unaligned.txt": "4", "sqlite-list.txt": "4"}
	files, err := filepath.Glob("testdata/dialects/*")
	if err != nil || len(files) < 18 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			o := Options{Format: CSV}
			if !strings.HasPrefix(string(text), "id") && !strings.HasPrefix(string(text), `"id`) {
				o.CSV = nameless
			}
			rows, bad := rowsOf(t, open(t, string(text), o))
			var want [][]string
			for _, p := range people {
				if strings.Contains(" "+lost[name]+" ", " "+p[0]+" ") {
					continue
				}
				p = append([]string{}, p...)
				if n, ok := null[name]; ok && p[0] == "6" {
					p[2] = n
				}
				want = append(want, p)
			}
			if got, want := fmt.Sprintf("%q", rows), fmt.Sprintf("%q", want); got != want {
				t.Errorf("got\n%s\nwant\n%s", strings.ReplaceAll(got, "] [", "]\n["), strings.ReplaceAll(want, "] [", "]\n["))
			}
			if (len(bad) > 0) != (lost[name] != "") {
				t.Errorf("malformed lines %d", bad)
			}
		})
	}
}

// TestDialectByHand holds small files in which one thing decides.
func TestDialectByHand(t *testing.T) {
	head := "id\temail\tname\n"
	table := []struct {
		name, text, dialect string
		want                string // cells of the third column; ! is malformed
	}{
		{"a quote swallows nothing", head + "1\ta@example.com\t\"Al\n2\tb@example.com\tBo\n3\tc@example.com\tCy\"\n", "", `"Al|Bo|Cy"`},
		{
			"spreadsheet with tabs",
			head + "1\ta@example.com\t\"Smith, \"\"Al\"\"\"\n2\tb@example.com\t\"two\nlines\"\n",
			"",
			"Smith, \"Al\"|two\nlines",
		},
		{"all in quotes", "\"id\"\t\"email\"\t\"name\"\n\"1\"\t\"a@example.com\"\t\"Al\"\n\"2\"\t\"b@example.com\"\t\"Bo\"\n", "", "Al|Bo"},
		{"a nickname in quotes", head + "1\ta@example.com\t\"Ace\"\n2\tb@example.com\tBo\n3\tc@example.com\tCy\n", "", `"Ace"|Bo|Cy`},
		{
			"a quote where the file quotes",
			head + "1\ta@example.com\t\"Smith, Al\"\n2\tb@example.com\t\"Bo\n3\tc@example.com\t\"Lee, Cy\"\n",
			"",
			"Smith, Al|!|Lee, Cy",
		},
		{"escapes", head + "1\ta@example.com\ta\\tb\\nc\\\\d\n2\tb@example.com\t\\N\n", "", "a\tb\nc\\d|\\N"},
		{"backslashes of its own", head + "1\ta@example.com\tACME\\al\n2\tb@example.com\tACME\\nick\n", "", `ACME\al|ACME\nick`},
		{"a backslash that may be either", head + "1\ta@example.com\tACME\\bob\n", "", "!"},
		{"COPY by hand", head + "1\ta@example.com\t\\101\\x42\\b\n\\.\n", "postgres", "AB\b"},
		{"octal or NUL", head + "1\ta@example.com\t\\012\\\\\n", "", "!"},
		{"octal", head + "1\ta@example.com\tx\\012\n", "postgres", "x\n"},
		{"NUL", head + "1\ta@example.com\tx\\0\n2\tb@example.com\t\\0\n", "mysql", "!|0"},
		{"a dialect that is named", head + "1\ta@example.com\ta\\tb\n", "raw", `a\tb`},
		{"quotes that are named", head + "1\ta@example.com\t\"Ace\"\n", "rfc4180", "Ace"},
		{
			"an escape that nobody writes, later",
			head + "1\ta@example.com\t\\N\n" + strings.Repeat("2\tb@example.com\tx\\\\y\n", 3) + "3\tc@example.com\ta\\qb\n",
			"mysql",
			`\N|x\y|x\y|x\y|!`,
		},
		{"commas: a quote swallows nothing", "id,email,name\n1,a@example.com,\"Al\n2,b@example.com,Bo\n3,c@example.com,\"Cy\"\n", "", "!|Bo|Cy"},
		{
			"commas: not even whole rows",
			"id,name,email\n1,\"Al,a@example.com\n2,Bo\",b@example.com\n3,Cy,c@example.com\n",
			"",
			"!|b@example.com|c@example.com",
		},
		{"commas: lines of a cell", "id,email,name\n1,a@example.com,\"Al\nof Rome, Italy\"\n2,b@example.com,Bo\n", "", "Al\nof Rome, Italy|Bo"},
		{"separators and nothing else", "id,email,name\n1,a@example.com,Al\n,,\n , ,\n2,b@example.com,Bo\n", "", "Al|Bo"},
		{"outfile without quotes", "id,email,name\n1,a@example.com,Smith\\, Al\n2,b@example.com,Bo\n", "", "Smith, Al|Bo"},
		{
			"roles of WordPress",
			"\"id\",\"email\",\"name\"\n1,\"a@example.com\",\"a:1:{s:6:\\\"editor\\\";b:1;}\"\n",
			"",
			`a:1:{s:6:"editor";b:1;}`,
		},
		{
			"a backslash before a quote, in a file that doubles them",
			"id,email,name\n1,a@example.com,\"say \"\"hi\"\"\"\n2,b@example.com,\"a \\\"b\\\" c\"\n3,c@example.com,\"x\"\"y\"\n",
			"",
			`say "hi"|!|x"y`,
		},
		{
			"numbers that a spreadsheet keeps as text",
			"id,email,name\n1,a@example.com,=\"00042\"\n2,b@example.com,\"=\"\"007\"\"\"\n3,c@example.com,=1+1\n",
			"",
			"00042|007|=1+1",
		},
		{
			"outfile that opens with an escaped quote",
			"\"id\",\"email\",\"name\"\n\"1\",\"a@example.com\",\"\\\"Bo\\\" the \\\"Bear\\\"\"\n\"2\",\"b@example.com\",\"\\\"Quo\"\n",
			"",
			`"Bo" the "Bear"|"Quo`,
		},
		{
			"outfile without quotes, and quotes in the text",
			head + "1\ta@example.com\t\"Bo\" the \"Bear\"\n2\tb@example.com\tLine\\\nBreak\n3\tc@example.com\tC:\\\\x\n",
			"",
			"\"Bo\" the \"Bear\"|Line\nBreak|C:\\x",
		},
		{
			"outfile whose escape is the quote",
			"id,email,name\n1,\"a@example.com\",\"\"\"Bo\"\" the\"\n2,\"b@example.com\",\"N\n3,\"N,\"x\"\n4,\"d\"\n@example.com\",\"C:\\x\"\n",
			"",
			`"Bo" the|\N|x|C:\x`,
		},
		{
			"outfile whose escape is the quote, without NULL",
			"\"id\",\"email\",\"name\",\"bio\"\n\"1\",\"a@example.com\",\"Line\"\nBreak\",\"x\"\n\"2\",\"b@example.com\",\"Bo\",\"y\"\n",
			"",
			"Line\nBreak|Bo",
		},
		{
			"commas: quotes of the text where nothing is quoted",
			"id,email,name\n1,a@example.com,\"Bo\" the \"Bear\"\n2,b@example.com,\"Quo\n(2 rows)\n",
			"",
			`"Bo" the "Bear"|"Quo`,
		},
		{
			"commas: quotes that may be either",
			"id,email,name\n1,a@example.com,\"Smith, Al\"\n2,b@example.com,\"Bo\" the \"Bear\"\n",
			"",
			"Smith, Al|!",
		},
		{
			"commas: stray quotes in a column that is always quoted",
			"\"id\",\"email\",\"name\"\n\"1\",\"a@example.com\",\"a:1:{s:6:\"editor\";b:1;}\"\n\"2\",\"b@example.com\",\"a:0:{}\"\n",
			"",
			`a:1:{s:6:"editor";b:1;}|a:0:{}`,
		},
		{
			"a separator too many before an empty cell",
			"id\tname\temail\tbio\n1\tAl\ta@example.com\tx\n2\tBo\tB\tb@example.com\t\n",
			"",
			"a@example.com|!",
		},
		{
			"commas: a separator too many before an empty cell",
			"id,name,email,bio\n1,Al,a@example.com,x\n2,Lee, Bo,b@example.com,\n",
			"",
			"a@example.com|!",
		},
		{"rows that all end in a separator", "id,email,name\n1,a@example.com,Al,\n2,b@example.com,Bo,\n", "", "Al|Bo"},
		{"footer of psql", "id|email|name\n1|a@example.com|Al\n(1 row)\n", "", "Al"},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			f := open(t, c.text, Options{Format: CSV, CSV: CSVHints{Dialect: c.dialect}})
			var got []string
			p := NewParser()
			err := f.Scan(context.Background(), func(b *Batch) error {
				for i := range b.Spans {
					v, err := b.Parse(i, p)
					if err != nil {
						got = append(got, "!")
						continue
					}
					got = append(got, strings.Clone(v.Elems[2].Text))
				}
				return nil
			})
			if s := strings.Join(got, "|"); err != nil || s != c.want {
				t.Errorf("got %q, want %q (%v)", s, c.want, err)
			}
		})
	}
}

// TestDialectBehindTheHead: the first quote of a large file tells what quotes are in it.
func TestDialectBehindTheHead(t *testing.T) {
	var b strings.Builder
	b.WriteString("id\temail\tname\n")
	for i := 0; b.Len() < 3*sniffSize/2; i++ {
		fmt.Fprintf(&b, "%d\tp%d@example.com\tName %d\n", i, i, i)
	}
	for tail, want := range map[string]string{
		"x\tx@example.com\t\"Xu, \"\"X\"\"\"\ny\ty@example.com\tYi\n": `Xu, "X"|Yi`,
		"x\tx@example.com\t\"Xu\ny\ty@example.com\tYi\n":              `"Xu|Yi`,
		"x\tx@example.com\tACME\\xu\ny\ty@example.com\tYi\n":          `ACME\xu|Yi`,
		"x\tx@example.com\ta\\tb\\\\\ny\ty@example.com\tYi\n":         "a\tb\\|Yi",
	} {
		rows, bad := rowsOf(t, open(t, b.String()+tail, Options{}))
		n := len(rows)
		if got := rows[n-2][2] + "|" + rows[n-1][2]; got != want || len(bad) > 0 {
			t.Errorf("%q: %q, want %q; malformed %d", tail, got, want, bad)
		}
	}
}

// FuzzDialects: whatever a file holds, every line of it is in a record, in a
// malformed one, or blank.
func FuzzDialects(f *testing.F) {
	for _, s := range []string{"id\tname\n1\t\"Al\n2\tBo\n", "id|name\n1|a\\\n|b\n", "id,name\n1,\"a\\\"b\"\n", "id\tname\n1\t\\N\n\\.\n",
		"id\tn\n1\t\"a\nb\"\n"} {
		for i := range Dialects {
			f.Add([]byte(s), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		o := Options{Format: CSV}
		if int(n) < len(Dialects) {
			o.CSV.Dialect = Dialects[n]
		}
		scanned(t, data, o)
		accounted(t, data, o)
	})
}

// accounted checks that what lies between the records of a CSV file is blank.
func accounted(t *testing.T, data []byte, o Options) {
	t.Helper()
	file, err := FromReader(context.Background(), "fuzz", strings.NewReader(string(data)), o)
	if err != nil {
		return
	}
	defer file.Close()
	next := int64(file.start())
	between := func(to int64) {
		gap := make([]byte, to-next)
		file.ReadAt(gap, next)
		for line := range strings.SplitSeq(string(gap), string(file.csv.eol)) {
			if !file.csv.blank([]byte(line)) {
				t.Fatalf("%q is in no record of %q", line, data)
			}
		}
	}
	err = file.Scan(context.Background(), func(b *Batch) error {
		for i, s := range b.Spans {
			from, n := b.Position(i)
			between(from)
			next = from + n
			if v, err := b.Parse(i, NewParser()); err == nil && s.Broken == "" && len(v.Keys) < len(file.Columns()) {
				t.Fatalf("a record of %d cells in %q", len(v.Keys), data)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	for buf := make([]byte, 4096); ; {
		n, err := file.ReadAt(buf, size)
		if size += int64(n); err != nil || n == 0 {
			break
		}
	}
	between(max(size, next))
}
