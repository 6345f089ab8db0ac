package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
)

// journeyStep is a function in a list of docs/architecture.md.
var journeyStep = regexp.MustCompile("^- `([A-Za-z0-9_]+(?:\\.[A-Za-z0-9_]+)+)`")

// TestJourneys walks the journeys of docs/architecture.md: each function that
// they name exists, and names the next one of its list in its body.
func TestJourneys(t *testing.T) {
	functions := allFunctions(t)
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "## Five journeys\n")
	text, _, _ = strings.Cut(text, "\n## ")
	journeys, before := 0, ""
	for line := range strings.Lines(text) {
		found := journeyStep.FindStringSubmatch(line)
		switch {
		case strings.HasPrefix(line, "### "):
			journeys, before = journeys+1, ""
		case found == nil && strings.HasPrefix(line, "- "):
			t.Errorf("no function: %s", line)
		case found == nil:
			if strings.TrimSpace(line) != "" {
				before = ""
			}
		default:
			name := found[1]
			if functions[name] == nil {
				t.Errorf("%s does not exist", name)
			} else if before != "" && functions[before] != nil && !functions[before][name[strings.LastIndexByte(name, '.')+1:]] {
				t.Errorf("%s does not call %s", before, name)
			}
			before = name
		}
	}
	if journeys != 5 {
		t.Errorf("%d journeys", journeys)
	}
}

// allFunctions returns the functions of the module, as package.Type.Name, with
// the names that stand in their bodies.
func allFunctions(t *testing.T) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{}
	forEachGoFile(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			name := file.Name.Name + "." + receiver(f) + f.Name.Name
			if all[name] == nil { // a public package and the one behind it have one name
				all[name] = map[string]bool{}
			}
			maps.Copy(all[name], namesIn(f.Body))
		}
	})
	return all
}

// receiver is the type of a method with a dot, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

func namesIn(body ast.Node) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			names[name.Name] = true
		}
		return true
	})
	return names
}
