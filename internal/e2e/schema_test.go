package e2e

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// fitsSchema checks that files (or stdout) are reports as docs/report.schema.json describes them:
//
//	fits FILE|stdout…
func fitsSchema(t *testing.T) func(ts *testscript.TestScript, neg bool, args []string) {
	schema, err := jsonschema.NewCompiler().Compile("docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) == 0 {
			ts.Fatalf("usage: fits FILE…")
		}
		for _, name := range args {
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(name)))
			ts.Check(err)
			if err := schema.Validate(doc); err != nil {
				ts.Fatalf("%s does not fit the schema: %v", name, err)
			}
		}
	}
}
