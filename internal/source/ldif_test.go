package source

import (
	"context"
	"strings"
	"testing"
)

// TestLDIFValues reads the three ways in which LDIF writes a value (RFC 2849). The
// address of a file is no value: the file is not opened, and the record says so.
func TestLDIFValues(t *testing.T) {
	for _, c := range []struct{ line, want, bad string }{
		{"mail: ana@example.com", "ana@example.com", ""},
		{"mail:ana@example.com", "ana@example.com", ""},
		{"mail:   ana@example.com", "ana@example.com", ""},
		{"mail:: YW5hQGV4YW1wbGUuY29t", "ana@example.com", ""},
		{"mail::YW5hQGV4YW1wbGUuY29t", "ana@example.com", ""},
		{"mail:: YW5h\n QGV4YW1wbGUuY29t", "ana@example.com", ""},
		{"mail: ana@exa\n mple.com", "ana@example.com", ""},
		{"mail: ana@exa\r\n mple.com\r", "ana@example.com", ""},
		{"mail;lang-en: ana@example.com", "", ""},
		{"mail: < not an address", "< not an address", ""},
		{"mail:: ###", "###", "base64 value of an attribute is broken"},
		{"mail:< file:///etc/passwd", "file:///etc/passwd", "a file of its own"},
		{"mail:<file:///etc/passwd", "file:///etc/passwd", "a file of its own"},
		{"mail:< https://example.com/x", "https://example.com/x", "a file of its own"},
		{"jpegPhoto:< file:///tmp/ldapsearch-jpegPhoto-x", "", "a file of its own"},
		{"userPassword:< file:///tmp/ldapsearch-userPassword-x", "", "a file of its own"},
		{"mail", "", "no attribute name"},
	} {
		f, err := FromReader(context.Background(), "x", strings.NewReader("dn: uid=ana\n"+c.line+"\nuid: ana\n"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Scan(context.Background(), func(b *Batch) error {
			v, err := b.Parse(0, NewParser())
			if (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
				t.Errorf("%q: %v, want %q", c.line, err, c.bad)
			}
			got := ""
			for i, k := range v.Keys {
				if k == "mail" {
					got = v.Elems[i].Text
				}
			}
			if got != c.want {
				t.Errorf("%q: %q, want %q", c.line, got, c.want)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		f.Close()
	}
}
