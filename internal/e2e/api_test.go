package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// public are the packages that other programs may build on.
var public = []string{"kinde", "importer", "exporter", "mapping"}

// TestAPIListing: a change of the public API is made on purpose.
func TestAPIListing(t *testing.T) {
	var now strings.Builder
	for _, pkg := range public {
		out, err := exec.CommandContext(t.Context(), "go", "doc", "-all", "./"+pkg).Output()
		if err != nil {
			t.Fatalf("listing the API of %s: %v", pkg, err)
		}
		now.Write(out)
	}
	was, err := os.ReadFile("docs/api.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed, there := strings.Split(string(was), "\n"), strings.Split(now.String(), "\n")
	for n := range max(len(listed), len(there)) {
		if n >= len(listed) || n >= len(there) || listed[n] != there[n] {
			t.Fatalf("the public API is not what docs/api.txt lists from its line %d on; if that is meant: scripts/api.sh > docs/api.txt", n+1)
		}
	}
}

// TestPublicSignaturesArePublic: nobody outside can name a type of an internal
// package, so none stands in what is exported.
func TestPublicSignaturesArePublic(t *testing.T) {
	for _, pkg := range public {
		files, err := fs.Glob(os.DirFS("."), pkg+"/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			inner := internalNames(file)
			for _, d := range file.Decls {
				for _, e := range exposed(d) {
					ast.Inspect(e, func(n ast.Node) bool {
						if f, ok := n.(*ast.Field); ok && len(f.Names) > 0 && !f.Names[0].IsExported() && isStructField(e, f) {
							return false
						}
						if s, ok := n.(*ast.SelectorExpr); ok {
							if x, ok := s.X.(*ast.Ident); ok && inner[x.Name] {
								t.Errorf("%s: %s.%s is internal, and nobody outside can name it", fset.Position(s.Pos()), x.Name, s.Sel.Name)
							}
						}
						return true
					})
				}
			}
		}
	}
}

// internalNames are the names by which a file knows internal packages.
func internalNames(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, i := range file.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		if !strings.Contains(path, "/internal/") {
			continue
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = true
	}
	return names
}

// exposed are the parts of a declaration that others see.
func exposed(d ast.Decl) (parts []ast.Node) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		receiver := ""
		if d.Recv != nil {
			x := d.Recv.List[0].Type
			if star, ok := x.(*ast.StarExpr); ok {
				x = star.X
			}
			if id, ok := x.(*ast.Ident); ok {
				receiver = id.Name
			}
		}
		if d.Name.IsExported() && (receiver == "" || ast.IsExported(receiver)) {
			parts = append(parts, d.Type)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					parts = append(parts, s.Type)
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() {
					parts = append(parts, s)
				}
			}
		}
	}
	return parts
}

// isStructField tells whether a field is one of a struct, and not a parameter.
func isStructField(e ast.Node, field *ast.Field) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				found = found || f == field
			}
		}
		return !found
	})
	return found
}
