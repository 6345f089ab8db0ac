package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// foldsOther names the files that change or ignore the case of something that
// is nobody's identity, and what that is. Whose an address or a username is,
// internal/compare.Fold decides alone: Unicode calls U+212A a k, Kinde does not,
// and whoever used the wider notion would hand one person's account to another.
var foldsOther = map[string]string{
	"internal/exporter/compress.go": "names of files", "internal/exporter/csv.go": "words for a truth",
	"internal/exporter/encode.go":       "names of files",
	"internal/backup/crypt.go":          "how a secret key begins",
	"internal/restore/define.go":        "names of property categories, types of properties",
	"internal/job/run.go":               "names of runs",
	"internal/definition/definition.go": "names of property categories", "internal/definition/organizations.go": "names of connections",

	"internal/bulk/file.go": "names of columns", "internal/bulk/precheck.go": "names of connections",
	"internal/bulk/steps.go":   "country codes",
	"internal/canary/users.go": "random addresses of its own", "internal/intake/scan.go": "the first letter of a sentence",
	"internal/mapping/lists.go": "PostgreSQL's NULL", "internal/doctor/inside.go": "strategies of connections",
	"internal/intake/select.go": "names of columns", "internal/intake/companions.go": "names of columns",
	"internal/mapping/map.go": "words of names", "internal/mapping/identity_rules.go": "codes of countries",

	"internal/fetch/database/catalog.go": "names of tables and columns", "internal/fetch/database/plan.go": "words of SQL",
	"internal/fetch/database/sqlite.go": "names of types",

	"internal/cli/man.go": "titles", "internal/cli/suggest.go": "mistyped commands", "internal/cli/progress.go": "names of stages",
	"internal/cmd/imports/questions.go": "answers to questions",
	"internal/report/text.go":           "names of commands", "internal/report/inspection.go": "paths in a record",
	"internal/ui/log.go": "keys of a log line", "internal/ui/prompt.go": "answers to questions",

	"internal/password/chars.go": "prefixes of hashes", "internal/password/methods.go": "names of digests",
	"internal/password/digest.go":   "names of digests",
	"internal/password/validate.go": "hexadecimal digits", "internal/password/recognise.go": "words for no password",
	"internal/password/unpack.go": "names of methods",

	"internal/sandbox/fault.go": "names of operations", "internal/sandbox/search.go": "a search for text",
	"internal/sandbox/organization.go": "sorting by name",
	"internal/sandbox/member.go":       "words of error messages", "internal/sandbox/serve.go": "names of hosts",
	"internal/sandbox/environment.go": "values of flags",
	"internal/sandbox/connection.go":  "names of hosts", "internal/sandbox/identity.go": "country codes",

	"internal/source/sniffcsv.go": "names of columns", "internal/source/ldif.go": "names of attributes",
	"internal/source/sniff.go": "names of columns",

	"internal/fetch/rest/client.go": "names of hosts", "internal/fetch/rest/page.go": "words of HTTP",
	"internal/fetch/rest/sigv4.go": "names of headers",

	"internal/providertest/keycloak.go": "usernames as that provider keeps them",

	"kinde/errors.go": "words of error messages",
	"kinde/token.go":  "words of HTTP", "kinde/page.go": "words of error messages", "kinde/attempt.go": "words of HTTP",
	"kinde/userparts.go": "types of identities",
	"kinde/hold.go":      "names of headers", "kinde/send.go": "names of hosts", "kinde/decode.go": "words for a truth",
	"kinde/domain.go": "names of hosts", "internal/loopback/loopback.go": "names of hosts",
	"kinde/environment.go": "strategies of connections",

	"internal/intake/notread.go": "names of attributes", "internal/mapping/beside.go": "names of fields",

	"internal/erasure/text.go": "whatever stands in a text, to find a name in any case", "internal/forget/place.go": "names of files",
	"internal/password/looks.go": "letters of a hash", "internal/mapping/account.go": "names of fields",
	"internal/mapping/notice.go":  "words of a notice",
	"internal/mapping/suspect.go": "names of fields", "internal/mapping/unread.go": "names of fields",
	"internal/mapping/dn.go":     "names of groups in a directory",
	"internal/source/foreign.go": "markup",

	"internal/mapping/providers.go": "names of providers", "internal/mapping/phone.go": "country codes",
	"internal/mapping/letters.go": "texts, on request of a mapping", "internal/mapping/keyspace.go": "names of fields",
	"internal/mapping/map_password.go": "positions of salts", "internal/mapping/times.go": "units of time",
	"internal/mapping/attribute_rules.go": "names of attributes",
	"internal/mapping/access.go":          "values in a condition of a mapping",
	"internal/mapping/condition.go":       "values in a condition of a mapping",
	"internal/mapping/words.go":           "words of field names", "internal/mapping/propose_write.go": "words of YAML",
	"internal/mapping/scalar.go": "words for a truth", "internal/mapping/sections.go": "country codes",
	"internal/mapping/path.go":   "names of fields",
	"internal/mapping/lookup.go": "names in a lookup", "internal/mapping/map_identities.go": "names of providers, country codes",
	"internal/mapping/check.go": "names of fields",
}

// TestOneNotionOfWhoseAnIdentityIs finds every place that changes or ignores
// case, so that no second notion of equal identities comes in unseen.
func TestOneNotionOfWhoseAnIdentityIs(t *testing.T) {
	folding := map[string][]string{
		"strings": {"EqualFold", "ToLower", "ToLowerSpecial", "ToUpper", "ToTitle"}, "bytes": {"EqualFold", "ToLower", "ToUpper"},
		"unicode": {"ToLower", "ToUpper", "SimpleFold"}, "cases": {"Fold", "Lower", "Upper"}, "norm": {"NFKC", "NFC"},
	}
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "scripts" || name == "bench" || name == "testdata" || strings.HasPrefix(d.Name(), ".") && name != "."):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := call.X.(*ast.Ident); ok && slices.Contains(folding[pkg.Name], call.Sel.Name) {
				seen[name] = true
				if foldsOther[name] == "" {
					t.Errorf("%s: %s.%s: compare identities with internal/compare.Fold, or say in foldsOther what else is folded here",
						set.Position(call.Pos()), pkg.Name, call.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range foldsOther {
		if !seen[name] {
			t.Errorf("%s folds nothing any more: take it out of foldsOther", name)
		}
	}
}
