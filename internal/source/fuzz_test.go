package source

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// scanned checks what must hold of any file: records lie in order within the
// stream, and a record that is read again by its position is the same.
func scanned(t *testing.T, data []byte, o Options) {
	t.Helper()
	ctx := context.Background()
	file, err := FromReader(ctx, "fuzz", bytes.NewReader(data), o)
	if err != nil {
		return
	}
	defer file.Close()
	p := NewParser()
	next := int64(0)
	err = file.Scan(ctx, func(b *Batch) error {
		for i, s := range b.Spans {
			if s.Start > s.End || s.End > len(b.Data) || b.Offset+int64(s.Start) < next {
				t.Fatalf("span %+v after %d", s, next)
			}
			next = b.Offset + int64(s.End)
			v, err := b.Parse(i, p)
			if v.Kind != mapping.Object || len(v.Keys) != len(v.Elems) {
				t.Fatalf("record at line %d is %+v", s.Line, v)
			}
			if s.Broken != "" || s.Context > 0 {
				continue
			}
			offset, length := b.Position(i)
			raw, again, err2 := file.Record(ctx, offset, length)
			if (err == nil) != (err2 == nil) || err == nil && again.JSON() != v.JSON() {
				t.Fatalf("record %q: %v, %v; again: %v, %v", raw, v, err, again, err2)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"id,b\n1,\"x\ny\"\n", "{\"id\":1}\n{\"id\":", `[{"a":"\u00e9\ud83d\ude00"},{"b":[1,{}]}]`,
		"{\"users\":[{\"email\":\"a\"}]}", "dn: x\na:: eA==\n\n", "\xff\xfei\x00d\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { scanned(t, data, Options{}) })
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"id,b\n1,\"x\ny\"\n", "# c\nid;b\n1;\"x\"\"\"\n", "id\tb\n1\t\n", "a,a,\n,\"\n,\n", "id,b\r1,2\r"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, lazy bool) {
		scanned(t, data, Options{Format: CSV, CSV: CSVHints{Lazy: lazy}})
	})
}

func FuzzFirebaseCSV(f *testing.F) {
	f.Add(`u1,a,true,h,s,"A, "B" C",,,,,,,,,,,,,,,,,,1,2,,,"{""a"":1}",`)
	f.Fuzz(func(t *testing.T, row string) {
		d := dialect{sep: ',', eol: '\n', columns: firebase.Layouts[0], trailing: true}
		d.mending(firebase)
		if v, err := NewParser().csv(&d, row, false); err == nil && len(v.Elems) < len(firebase.Layouts[0]) {
			t.Errorf("%d cells", len(v.Elems))
		}
	})
}

// FuzzJSON compares with encoding/json: what we take it must take, and with the
// same meaning.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":"\u00e9\ud83d\ude00\\\/"}`, `{"a":[1.5e-3,true,null,{"b":{}}]}`, `{"a":1,"a":2}`,
		`{"a":"` + "\t" + `"}`, `{"a":01}`, `[]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := NewParser().json(text)
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("%q is no JSON", text)
		}
		if w, err := NewParser().json(v.JSON()); err != nil || w.JSON() != v.JSON() {
			t.Fatalf("%q became %q and then %q, %v", text, v.JSON(), w.JSON(), err)
		}
	})
}

func FuzzLDIF(f *testing.F) {
	for _, s := range []string{"version: 1\n\ndn: cn=a\ncn: a\nmail: a@example.com\n\ndn:: eA==\nuserPassword:: e1NTSEF9\n b2s=\n",
		"dn: x\n: y\nz\n", "dn: x\na:< file:///x\n-\n# c\n", "\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { scanned(t, data, Options{Format: LDIF}) })
}
