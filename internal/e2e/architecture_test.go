package e2e

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kinde-migrate/kinde-migrate"

// allowedImports is the drawing in docs/architecture.md: for each package, the
// packages of this module that its non-test code imports, no more and no fewer.
var allowedImports = map[string][]string{
	"": {"internal/cmd"},

	"internal/importer": {
		"internal/checkpoint",
		"internal/compare",
		"internal/definition",
		"internal/engine",
		"internal/importfile",
		"internal/intake",
		"internal/job",
		"internal/mapping",
		"internal/operation",
		"internal/password",
		"kinde",
	},
	"internal/exporter":   {"internal/atomicfile", "internal/expression", "internal/tenant"},
	"internal/tenant":     {"internal/atomicfile", "internal/compare", "internal/spill", "kinde"},
	"internal/backup":     {"internal/atomicfile", "internal/loopback", "internal/schedule", "internal/tenant", "kinde"},
	"internal/restore":    {"internal/backup", "internal/compare", "internal/definition", "internal/spill", "internal/tenant", "kinde"},
	"internal/schedule":   {},
	"internal/definition": {"internal/mapping", "kinde"},
	"internal/mapping":    {"internal/compare", "internal/expression", "internal/password", "internal/yamlguard"},

	"importer": {
		"internal/checkpoint",
		"internal/engine",
		"internal/importer",
		"internal/intake",
		"internal/job",
		"internal/reconcile",
		"internal/report",
		"internal/source",
		"kinde",
		"kinde/pace",
	},
	"exporter": {
		"internal/backup", "internal/checkpoint", "internal/engine", "internal/exporter", "internal/importer", "internal/intake",
		"internal/report",
		"internal/restore", "internal/tenant", "kinde", "kinde/pace",
	},
	"mapping": {"importer", "internal/mapping"},

	"kinde":      {"internal/loopback", "internal/operation"},
	"kinde/pace": {"kinde"},

	"internal/cmd": {
		"internal/cli", "internal/cmd/backup", "internal/cmd/check", "internal/cmd/fetch", "internal/cmd/imports", "internal/cmd/mapping",
		"internal/cmd/setup",
		"internal/cmd/users",
	},
	"internal/cmd/backup": {
		"internal/atomicfile", "internal/backup", "internal/checkpoint", "internal/cli", "internal/cli/importjob", "internal/cli/input",
		"internal/cli/reports", "internal/engine", "internal/exporter", "internal/importer", "internal/intake", "internal/job",
		"internal/mapping",
		"internal/reconcile", "internal/report", "internal/restore", "internal/sandbox", "internal/schedule", "internal/source",
		"internal/tenant",
		"internal/ui", "kinde", "kinde/pace",
	},
	"internal/cmd/check": {
		"internal/adoption", "internal/atomicfile", "internal/checkpoint", "internal/cli", "internal/cli/importjob", "internal/cli/input",
		"internal/cli/reports", "internal/engine", "internal/importer", "internal/intake", "internal/reconcile", "internal/report",
		"internal/report/page", "internal/ui", "kinde",
	},
	"internal/cmd/fetch": {
		"internal/cli", "internal/cli/input", "internal/fetch", "internal/fetch/database", "internal/fetch/rest", "internal/mapping",
		"internal/ui",
		"kinde",
	},
	"internal/cmd/imports": {
		"internal/atomicfile", "internal/backup", "internal/capacity", "internal/checkpoint", "internal/cli", "internal/cli/importjob",
		"internal/cli/input", "internal/cli/reports", "internal/dataexport", "internal/engine", "internal/importer", "internal/importfile",
		"internal/intake", "internal/job", "internal/mapping", "internal/password", "internal/report", "internal/report/page", "internal/ui",
		"kinde/pace",
	},
	"internal/cmd/mapping": {
		"internal/atomicfile", "internal/cli", "internal/cli/input", "internal/intake", "internal/mapping", "internal/ui",
	},
	"internal/cmd/setup": {
		"internal/canary", "internal/cli", "internal/cli/input", "internal/doctor", "internal/engine", "internal/importer",
		"internal/intake", "internal/sandbox", "internal/spill", "internal/ui", "kinde",
	},
	"internal/cmd/users": {
		"internal/atomicfile", "internal/bulk", "internal/checkpoint", "internal/cli", "internal/cli/input", "internal/cli/reports",
		"internal/compare", "internal/engine", "internal/erasure", "internal/exporter", "internal/forget", "internal/mapping",
		"internal/password",
		"internal/report", "internal/tenant", "internal/ui", "kinde",
	},

	"internal/cli": {
		"internal/atomicfile", "internal/backup", "internal/checkpoint", "internal/exporter", "internal/intake", "internal/job",
		"internal/sandbox",
		"internal/ui", "internal/yamlguard", "kinde", "kinde/pace",
	},
	"internal/cli/importjob": {
		"internal/atomicfile", "internal/checkpoint", "internal/cli", "internal/cli/input", "internal/cli/reports", "internal/importer",
		"internal/intake", "internal/job", "internal/report", "internal/ui", "kinde",
	},
	"internal/cli/input": {
		"internal/backup", "internal/cli", "internal/compare", "internal/erasure", "internal/fetch", "internal/intake", "internal/mapping",
		"internal/password", "internal/source", "internal/ui",
	},
	"internal/cli/reports": {
		"internal/checkpoint", "internal/cli", "internal/dashboard", "internal/report", "internal/report/page",
	},

	"internal/bulk": {
		"internal/checkpoint",
		"internal/compare",
		"internal/engine",
		"internal/job",
		"internal/mapping",
		"internal/operation",
		"internal/password",
		"kinde",
	},
	"internal/reconcile": {
		"internal/backup", "internal/checkpoint", "internal/compare", "internal/importer", "internal/intake", "internal/mapping",
		"internal/password",
		"internal/spill", "internal/tenant", "kinde",
	},
	"internal/doctor":   {"internal/importer", "internal/operation", "kinde"},
	"internal/canary":   {"internal/atomicfile", "internal/intake", "internal/password", "kinde"},
	"internal/adoption": {"internal/checkpoint", "kinde"},

	"internal/fetch":          {"internal/atomicfile"},
	"internal/fetch/database": {"internal/fetch", "internal/loopback", "internal/mapping"},
	"internal/fetch/rest":     {"internal/fetch", "internal/loopback", "internal/mapping", "kinde", "kinde/pace"},

	"internal/report": {
		"internal/atomicfile",
		"internal/checkpoint",
		"internal/intake",
		"internal/mapping",
		"internal/source",
		"internal/spill",
		"internal/ui",
	},
	"internal/report/page": {"internal/atomicfile", "internal/checkpoint", "internal/report"},
	"internal/dashboard":   {"internal/loopback", "internal/report/page"},

	"internal/importfile": {"internal/atomicfile", "internal/mapping", "internal/password"},
	"internal/engine":     {"internal/checkpoint", "internal/operation", "kinde"},
	"internal/operation":  {},
	"internal/job":        {"internal/checkpoint", "internal/engine", "kinde"},
	"internal/checkpoint": {"internal/atomicfile", "internal/spill"},
	"internal/compare":    {},
	"internal/dataexport": {"internal/atomicfile", "internal/spill"},
	"internal/erasure":    {"internal/atomicfile", "internal/compare", "internal/mapping"},
	"internal/forget": {
		"internal/atomicfile", "internal/backup", "internal/checkpoint", "internal/erasure", "internal/fetch", "internal/mapping",
		"internal/report",
		"internal/sandbox", "internal/source",
	},
	"internal/intake": {
		"internal/compare",
		"internal/erasure",
		"internal/expression",
		"internal/mapping",
		"internal/password",
		"internal/source",
		"internal/spill",
	},
	"internal/source":     {"internal/mapping", "internal/spill"},
	"internal/password":   {"internal/yamlguard"},
	"internal/expression": {},
	"internal/loopback":   {},
	"internal/spill":      {},
	"internal/yamlguard":  {},
	"internal/sandbox":    {"internal/atomicfile", "internal/compare", "internal/loopback", "internal/password", "internal/yamlguard"},
	"internal/capacity":   {},
	"internal/atomicfile": {},
	"internal/ui":         {"internal/atomicfile"},

	// What holds tests and tools, and ships in no binary.
	"internal/openapitest":  {},
	"internal/chaos":        {},
	"internal/databasetest": {},
	"internal/tenanttest":   {"internal/sandbox", "internal/tenant", "kinde"},
	"internal/providertest": {},
	"internal/testenv":      {},
	"bench":                 {},
	"internal/e2e":          {},
	"examples":              {},
	"scripts/mutate":        {},
	"scripts/sbom":          {},
	"scripts/terminal":      {},
}

func TestImportGraph(t *testing.T) {
	graph := importsOfPackages(t)
	for pkg, imports := range graph {
		allowed, known := allowedImports[pkg]
		if !known && strings.HasPrefix(pkg, "examples/") {
			allowed, known = []string{"exporter", "importer", "kinde", "mapping"}, true
		}
		if !known {
			t.Errorf("package %q is not in the import graph: add it to allowedImports and to docs/architecture.md", pkg)
			continue
		}
		for _, imported := range imports {
			if !slices.Contains(allowed, imported) {
				t.Errorf("package %q imports %q, which the architecture does not allow", pkg, imported)
			}
		}
	}
	for pkg, allowed := range allowedImports {
		for _, arrow := range allowed {
			if !slices.Contains(graph[pkg], arrow) {
				t.Errorf("the drawing has an arrow from %q to %q that the code does not have: take it out", pkg, arrow)
			}
		}
	}
}

// TestFamiliesOfCommandsStandAlone: a family of commands imports no other one,
// the frame imports none, and nobody but the frame knows the library of flags.
func TestFamiliesOfCommandsStandAlone(t *testing.T) {
	for pkg, imports := range importsOfPackages(t) {
		for _, imported := range imports {
			if strings.HasPrefix(imported, "internal/cmd/") && pkg != "internal/cmd" {
				t.Errorf("package %q imports the commands of %q: what both need is the frame's, or a package of its own", pkg, imported)
			}
		}
	}
	forEachGoFile(t, func(path string) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			if strings.Contains(imported.Path.Value, "urfave/cli") && filepath.ToSlash(filepath.Dir(path)) != "internal/cli" {
				t.Errorf("%s imports urfave/cli, which only internal/cli knows", path)
			}
		}
	})
}

func TestArchitectureNamesEveryPackage(t *testing.T) {
	data, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range allowedImports {
		if pkg != "" && !bytes.Contains(data, []byte("| `"+pkg+"` |")) {
			t.Errorf("the table of packages in docs/architecture.md lacks %q", pkg)
		}
	}
}

func importsOfPackages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	graph := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		var ours []string
		for _, path := range fields[1:] {
			if strings.HasPrefix(path, module) {
				ours = append(ours, inModule(path))
			}
		}
		graph[inModule(fields[0])] = ours
	}
	return graph
}

func inModule(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

// onePlace lists calls that belong in one package only.
var onePlace = []struct {
	pkg, name string
	allowed   []string // path prefixes
}{
	{"os", "Exit", []string{"main.go", "internal/cli/", "scripts/", "examples/"}},
	{"fmt", "Print", []string{"internal/cli/", "scripts/", "examples/"}},
	{"fmt", "Printf", []string{"internal/cli/", "scripts/", "examples/"}},
	{"fmt", "Println", []string{"internal/cli/", "scripts/", "examples/"}},
	{"log", "Fatal", nil},
	{"log", "Fatalf", nil},
	{"os", "Rename", []string{"internal/atomicfile/"}},
	{"time", "Sleep", nil},
}

func TestCallsStayInTheirPlace(t *testing.T) {
	forEachGoFile(t, func(path string) {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			ident, ok := selector.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, rule := range onePlace {
				if ident.Name != rule.pkg || selector.Sel.Name != rule.name {
					continue
				}
				if !slices.ContainsFunc(rule.allowed, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
					t.Errorf("%s: %s.%s is called outside its place", fset.Position(n.Pos()), rule.pkg, rule.name)
				}
			}
			return true
		})
	})
}

// A line is as wide as two windows side by side. Texts are not broken: one that
// is searched for is found.
func TestLinesAreBroken(t *testing.T) {
	const widest, text = 140, 40
	forEachGoFile(t, func(path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := token.NewFileSet()
		file := files.AddFile(path, -1, len(data))
		var tokens scanner.Scanner
		tokens.Init(file, data, nil, scanner.ScanComments)
		texts := map[int]bool{}
		for pos, kind, literal := tokens.Scan(); kind != token.EOF; pos, kind, literal = tokens.Scan() {
			if kind == token.STRING && len(literal) > text || kind == token.COMMENT {
				for i := range strings.Count(literal, "\n") + 1 {
					texts[file.Line(pos)+i] = true
				}
			}
		}
		for i, line := range strings.Split(string(data), "\n") {
			if len(line) > widest && !texts[i+1] {
				t.Errorf("%s:%d has %d columns, more than %d", path, i+1, len(line), widest)
			}
		}
	})
}

func TestFilesHoldOneIdea(t *testing.T) {
	const longest = 500
	forEachGoFile(t, func(path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("\n")); n > longest && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s has %d lines, more than %d", path, n, longest)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for line := 1; lines.Scan(); line++ {
			for _, word := range []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:"} {
				if strings.Contains(lines.Text(), word) {
					t.Errorf("%s:%d: %s left behind", path, line, word)
				}
			}
		}
	})
}

func TestPackagesSayWhatTheyOwn(t *testing.T) {
	documented := map[string]bool{}
	forEachGoFile(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(path)
		documented[dir] = documented[dir] || file.Doc.Text() != ""
	})
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

func forEachGoFile(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata" || entry.Name() == "dist") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") {
			visit(filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOnePlaceDecidesAbsence: a gateway answers 404, too, so only the client says
// what proves that something is not there, and nobody else looks at the status.
func TestOnePlaceDecidesAbsence(t *testing.T) {
	status := regexp.MustCompile(`StatusNotFound|StatusGone|\b(404|410)\b`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, mayHave := range []string{"kinde/absence.go", "internal/fetch/rest/absence.go", "internal/sandbox/", "internal/providertest/",
			"internal/cmd/setup/sandbox.go"} {
			if strings.HasPrefix(filepath.ToSlash(path), mayHave) {
				return nil
			}
		}
		source, err := os.ReadFile(path)
		if found := status.Find(source); found != nil {
			t.Errorf("%s looks at the status %s; ask kinde.Gone or the class of the error", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// waitsUnderLock lists the functions that hand their context on between Lock and
// Unlock, each with its reason.
var waitsUnderLock = map[string]string{
	"kinde/pace/permit.go Acquire": "wait lets go of the lock while it waits",
	"kinde/pace/permit.go Held":    "wait lets go of the lock while it waits",
}

// TestNoLockIsHeldAcrossIO: whoever waits for a lock can't be interrupted, and a
// request may back off for an hour. What can wait takes a context, so no call
// that is given one stands between Lock and Unlock.
func TestNoLockIsHeldAcrossIO(t *testing.T) {
	seen := map[string]bool{}
	forEachGoFile(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			name, body := "", (*ast.BlockStmt)(nil)
			switch f := n.(type) {
			case *ast.FuncDecl:
				name, body = f.Name.Name, f.Body
			case *ast.FuncLit:
				name, body = "func", f.Body
			}
			if body == nil {
				return true
			}
			for _, at := range waitsOf(body) {
				if seen[path+" "+name] = true; waitsUnderLock[path+" "+name] == "" {
					t.Errorf("%s: a call that can wait is made with a lock held", fset.Position(at))
				}
			}
			return true
		})
	})
	for place := range waitsUnderLock {
		if !seen[place] {
			t.Errorf("%s waits under no lock any more; take it off the list", place)
		}
	}
}

// waitsOf returns the calls with a context that a function makes with a lock
// held, in the order of the text: a lock counts until the next Unlock, one that
// is released by defer to the end.
func waitsOf(body *ast.BlockStmt) (at []token.Pos) {
	held := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false // looked at by itself
		case *ast.DeferStmt:
			return false
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) == 0 {
				switch s.Sel.Name {
				case "Lock", "RLock":
					held = true
				case "Unlock", "RUnlock":
					held = false
				}
			}
			takes := func(x ast.Expr) bool { id, ok := x.(*ast.Ident); return ok && id.Name == "ctx" }
			if held && slices.ContainsFunc(n.Args, takes) {
				at = append(at, n.Pos())
			}
		}
		return true
	})
	return at
}
