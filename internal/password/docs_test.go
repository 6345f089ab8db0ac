package password

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	docsPath  = "../../docs/passwords.md"
	docsBegin = "<!-- encodings: begin -->"
	docsEnd   = "<!-- encodings: end -->"
)

// The table in the documentation is the table in the code. With
// KINDE_UPDATE_DOCS=1 the test writes it.
func TestDocumentedEncodings(t *testing.T) {
	data, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(data), docsBegin)
	table, after, ok2 := strings.Cut(rest, docsEnd)
	if !ok1 || !ok2 {
		t.Fatal("the marks of the table are missing")
	}
	var want strings.Builder
	want.WriteString("\n| encoding | kept | how, or why not |\n|---|---|---|\n")
	for _, e := range encodings {
		kept := "no"
		if e.Kept {
			kept = "yes"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", e.Name, kept, e.Reason)
	}
	if table == want.String() {
		return
	}
	if os.Getenv("KINDE_UPDATE_DOCS") != "1" {
		t.Fatal("docs/passwords.md is out of date; run the test with KINDE_UPDATE_DOCS=1")
	}
	if err := os.WriteFile(docsPath, []byte(before+docsBegin+want.String()+docsEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEncodingsAreConsistent(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range encodings {
		if seen[e.Name] || e.Name == "" || e.Reason == "" {
			t.Errorf("%q is listed twice or without a reason", e.Name)
		}
		seen[e.Name] = true
	}
	for method, convert := range methods {
		if p := convert(Input{Hash: "?", Method: method}, Options{}); p == nil || !seen[p.Encoding] || p.Reason == "" {
			t.Errorf("method %s leads to %v", method, p)
		}
	}
}
