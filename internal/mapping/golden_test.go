package mapping

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenNow is the time at which bans of the samples are judged.
var goldenNow = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// TestPresets maps testdata/presets/<preset>[-<variant>]/input.* with the preset
// and compares with want.json. Companion files stand beside the input, named by
// their role. The preset must also be the one that detection chooses.
func TestPresets(t *testing.T) {
	dirs, err := filepath.Glob("testdata/presets/*")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			name := presetOf(filepath.Base(dir))
			tested[name] = true
			testGolden(t, dir, name)
		})
	}
	for _, name := range presetNames() {
		if !tested[name] {
			t.Errorf("the preset %s has no sample in testdata/presets", name)
		}
	}
}

// presetOf finds the longest preset name that a folder's name starts with.
func presetOf(folder string) string {
	best := ""
	for _, n := range presetNames() {
		if (folder == n || strings.HasPrefix(folder, n+"-")) && len(n) > len(best) {
			best = n
		}
	}
	return best
}

func testGolden(t *testing.T, dir, name string) {
	m, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	sample, records, doc := readInput(t, m, dir, "input")
	if got := Detect(sample); len(got) == 0 || got[0].Preset != name || Tied(got) != nil {
		t.Errorf("detection chose %+v, want %s", got, name)
	}
	env := &Env{Now: goldenNow}
	if params, err := os.ReadFile(filepath.Join(dir, "hash-params.txt")); err == nil {
		if env.Password.Project, err = password.ParseParams(params); err != nil {
			t.Fatal(err)
		}
	}
	env.Lookup = joinAll(t, m, dir, doc, records)
	var got []goldenResult
	for i := range records {
		got = append(got, golden(m.Map(&records[i], env)))
	}
	have, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	have = append(have, '\n')
	want := filepath.Join(dir, "want.json")
	if *update {
		if err := os.WriteFile(want, have, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	expected, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, expected) {
		t.Errorf("%s differs; got:\n%s", want, have)
	}
}

// goldenResult is a result as the golden files write it.
type goldenResult struct {
	Skip     string            `json:"skip,omitempty"`
	Filtered bool              `json:"filtered,omitempty"`
	User     *User             `json:"user,omitempty"`
	Password string            `json:"password,omitempty"`
	Dropped  map[string]string `json:"dropped,omitempty"`
	Problems []string          `json:"problems,omitempty"`
}

func golden(r Result) goldenResult {
	g := goldenResult{Skip: r.Skip, Filtered: r.Filtered}
	u := *r.User
	if u.Password != nil {
		g.Password = u.Password.Encoding
		if u.Password.Body == nil {
			g.Password += " (unsupported)"
		}
		u.Password = nil
	}
	for _, d := range u.Dropped {
		if g.Dropped == nil {
			g.Dropped = map[string]string{}
		}
		g.Dropped[d.Field] = propertyText(d.Value)
	}
	u.Dropped = nil
	g.User = &u
	for _, p := range r.Problems {
		if p.Code != FieldDropped {
			g.Problems = append(g.Problems, string(p.Severity)+" "+string(p.Code)+" "+p.Field)
		}
	}
	return g
}

// readInput reads base.* of a folder as a reader of files would.
func readInput(t *testing.T, m *Mapping, dir, base string) (Sample, []Record, Value) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, base+".*"))
	if len(files) == 0 {
		return Sample{}, nil, Value{}
	}
	src, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var rows []Value
	s := Sample{Format: strings.TrimPrefix(filepath.Ext(files[0]), ".")}
	switch s.Format {
	case "csv":
		s.Head, s.Rows, rows = readCSV(t, m.CSV(), src)
	case "ndjson":
		s.Head.Kind = Array
		for line := range strings.Lines(string(src)) {
			if strings.TrimSpace(line) != "" {
				s.Head.Elems = append(s.Head.Elems, mustJSON(t, line))
			}
		}
		rows = s.Head.Elems
	case "ldif":
		s.Head = readLDIF(t, string(src))
		rows = s.Head.Elems
	default:
		s.Head = mustJSON(t, string(src))
		rows = jsonRows(m, s.Head)
	}
	var records []Record
	for _, v := range rows {
		if base == "input" && !m.IsRecord(v) {
			continue
		}
		records = append(records, Record{Number: int64(len(records) + 1), Fields: v})
	}
	return s, records, s.Head
}

func mustJSON(t *testing.T, s string) Value {
	t.Helper()
	v, err := ParseJSON(s)
	if err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	return v
}

// jsonRows finds the records of a document where the mapping says they lie.
func jsonRows(m *Mapping, doc Value) []Value {
	for i := range m.Records() {
		if rows := rowsAt(m.Records()[i], doc); len(rows) > 0 {
			return rows
		}
	}
	if doc.Kind == Array {
		return doc.Elems
	}
	return []Value{doc}
}

// rowsAt walks to the rows of a place and gives them the parent members they ask for.
func rowsAt(at RecordsAt, doc Value) []Value {
	var out []Value
	var down func(v Value, steps []Step, parents []Value, key string)
	down = func(v Value, steps []Step, parents []Value, key string) {
		if len(steps) == 0 {
			if v.Kind == Object {
				if v = withParents(v, at.Parent, parents, key); at.Match(v) {
					out = append(out, v)
				}
			}
			return
		}
		if v.Kind == Object {
			parents = append(parents[:len(parents):len(parents)], v)
		}
		switch {
		case steps[0].Any == '[' && v.Kind == Array:
			for _, e := range v.Elems {
				down(e, steps[1:], parents, key)
			}
		case steps[0].Any == '.' && v.Kind == Object:
			for i, e := range v.Elems {
				down(e, steps[1:], parents, v.Keys[i])
			}
		case steps[0].Any == 0 && v.Kind == Object:
			down(v.Get(steps[0].Key), steps[1:], parents, key)
		}
	}
	down(doc, at.Path, nil, "")
	return out
}

func withParents(v Value, names []string, parents []Value, key string) Value {
	if len(names) == 0 {
		return v
	}
	p := Value{Kind: Object}
	for _, name := range names {
		found := Value{Kind: Null}
		if name == "@key" {
			found = StringValue(key)
		}
		for i := len(parents) - 1; i >= 0 && found.Kind == Null && name != "@key"; i-- {
			w := parents[i]
			for part := range strings.SplitSeq(name, ".") {
				w = w.Get(part)
			}
			if w.Kind != Missing {
				found = w
			}
		}
		p.Keys, p.Elems = append(p.Keys, name), append(p.Elems, found)
	}
	return attach(v, "$parent", p)
}

func attach(v Value, key string, w Value) Value {
	v.Keys = append(v.Keys[:len(v.Keys):len(v.Keys)], key)
	v.Elems = append(v.Elems[:len(v.Elems):len(v.Elems)], w)
	return v
}

func readCSV(t *testing.T, opts CSV, src []byte) (head Value, raw [][]string, rows []Value) {
	t.Helper()
	if opts.SkipTo != "" {
		for !strings.Contains(strings.SplitN(string(src), "\n", 2)[0], opts.SkipTo) && len(src) > 0 {
			_, src, _ = bytes.Cut(src, []byte("\n"))
		}
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(src, []byte("\ufeff"))))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	if opts.Comment != 0 {
		r.Comment = rune(opts.Comment)
	}
	raw, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	object := func(keys, cells []string) Value {
		v := Value{Kind: Object, Keys: keys}
		for i := range keys {
			cell := StringValue("")
			if i < len(cells) {
				cell = StringValue(cells[i])
			}
			v.Elems = append(v.Elems, cell)
		}
		return v
	}
	head = Value{Kind: Array}
	for _, cells := range raw[1:] {
		head.Elems = append(head.Elems, object(raw[0], cells))
	}
	if opts.Layouts == nil || slices.Contains(raw[0], opts.Layouts[0][0]) {
		return head, raw, head.Elems
	}
	for _, cells := range raw {
		columns := opts.Layouts[0]
		for _, l := range opts.Layouts {
			if len(cells) == len(l)+1 {
				columns = l
			}
		}
		rows = append(rows, object(columns, cells))
	}
	return head, raw, rows
}

// readLDIF reads the little LDIF that samples hold: no folding, base64 values
// decoded, several values of one attribute as an array.
func readLDIF(t *testing.T, src string) Value {
	t.Helper()
	out := Value{Kind: Array}
	for entry := range strings.SplitSeq(strings.ReplaceAll(src, "\n ", ""), "\n\n") {
		v := Value{Kind: Object}
		for line := range strings.Lines(entry) {
			name, val, ok := strings.Cut(strings.TrimRight(line, "\n"), ":")
			if !ok || strings.HasPrefix(line, "#") || name == "version" {
				continue
			}
			if enc, ok := strings.CutPrefix(val, ":"); ok {
				val, _ = decodeBase64(strings.TrimSpace(enc))
			}
			e := StringValue(strings.TrimSpace(val))
			for i, k := range v.Keys {
				if k != name {
					continue
				}
				if v.Elems[i].Kind != Array {
					v.Elems[i] = Value{Kind: Array, Elems: []Value{v.Elems[i]}}
				}
				v.Elems[i].Elems = append(v.Elems[i].Elems, e)
				name = ""
				break
			}
			if name != "" {
				v.Keys, v.Elems = append(v.Keys, name), append(v.Elems, e)
			}
		}
		if len(v.Keys) > 0 {
			out.Elems = append(out.Elems, v)
		}
	}
	return out
}

// joinAll attaches the rows of all side tables and returns the look-up of the small ones.
func joinAll(t *testing.T, m *Mapping, dir string, doc Value, records []Record) func(string, string) (Value, bool) {
	t.Helper()
	lookup := map[string]map[string]Value{}
	tables := m.Tables()
	for i := range tables {
		tab := &tables[i]
		var rows []Value
		for _, at := range tab.At {
			rows = append(rows, rowsAt(at, doc)...)
		}
		if tab.Companion != "" {
			rows = append(rows, companionRows(t, m, tab, dir)...)
		}
		byKey := map[string][]Value{}
		for _, row := range rows {
			if !tab.Match(row) {
				continue
			}
			for _, k := range tab.RowKeys(row) {
				byKey[k] = append(byKey[k], tab.Kept(row))
			}
		}
		if tab.Lookup {
			lookup[tab.Name] = map[string]Value{}
			for k, rows := range byKey {
				lookup[tab.Name][k] = rows[0]
			}
			continue
		}
		for j := range records {
			for _, group := range tab.UserKeys(&records[j]) {
				joined := Value{Kind: Array}
				for _, k := range group {
					joined.Elems = append(joined.Elems, byKey[k]...)
				}
				if len(joined.Elems) > 0 {
					records[j].Fields = attach(records[j].Fields, "$"+tab.Name, joined)
					break
				}
			}
		}
	}
	return func(table, key string) (Value, bool) {
		v, ok := lookup[table][key]
		return v, ok
	}
}

func companionRows(t *testing.T, m *Mapping, tab *Table, dir string) []Value {
	t.Helper()
	none := &Mapping{ks: newKeyspace(false)}
	none.csv.SkipTo = m.csv.SkipTo
	_, records, doc := readInput(t, none, dir, tab.Companion)
	for _, at := range tab.CompanionAt {
		if rows := rowsAt(at, doc); len(rows) > 0 {
			return rows
		}
	}
	var rows []Value
	for _, r := range records {
		rows = append(rows, r.Fields)
	}
	return rows
}
