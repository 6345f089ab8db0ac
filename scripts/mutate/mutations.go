package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// A mutation is one small change of one line.
type mutation struct {
	pkg    string // as given: ./internal/importer
	file   string // beneath the working folder
	line   int
	what   string // "< becomes <="
	source []byte // the whole mutated file
}

// swaps are the operators that take each other's place.
var swaps = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS,
	token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD,
}

// mutationsOf lists every mutation of the package's files, tests left out.
func mutationsOf(pkg string) ([]mutation, error) {
	names, err := filepath.Glob(filepath.Join(pkg, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutation
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_windows.go") || strings.HasSuffix(name, "_darwin.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		found, err := mutate(pkg, name, source)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// mutate reads one file and gives its mutations.
func mutate(pkg, name string, source []byte) ([]mutation, error) {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var all []mutation
	replace := func(from, to token.Pos, text, what string) {
		a, b := files.Position(from), files.Position(to)
		changed := append([]byte{}, source[:a.Offset]...)
		changed = append(changed, text...)
		changed = append(changed, source[b.Offset:]...)
		all = append(all, mutation{pkg: pkg, file: filepath.Clean(name), line: a.Line, what: what, source: changed})
	}
	text := func(n ast.Node) string {
		return string(source[files.Position(n.Pos()).Offset:files.Position(n.End()).Offset])
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok == token.VAR // constants, types and imports are data
		case *ast.BinaryExpr:
			if other, ok := swaps[n.Op]; ok && !(n.Op == token.ADD && isText(n)) {
				replace(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other.String(), fmt.Sprintf("%s becomes %s in %s", n.Op, other, short(text(n))))
			}
		case *ast.IfStmt:
			replace(n.Cond.Pos(), n.Cond.End(), "("+text(n.Cond)+") && false", "never: if "+short(text(n.Cond)))
			replace(n.Cond.Pos(), n.Cond.End(), "("+text(n.Cond)+") || true", "always: if "+short(text(n.Cond)))
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				replace(n.Pos(), n.X.Pos(), "", "no longer negated: "+short(text(n)))
			}
		case *ast.Ident:
			switch n.Name {
			case "true":
				replace(n.Pos(), n.End(), "false", "true becomes false")
			case "false":
				replace(n.Pos(), n.End(), "true", "false becomes true")
			}
		case *ast.BranchStmt:
			if n.Label == nil && n.Tok == token.CONTINUE {
				replace(n.Pos(), n.End(), "break", "continue becomes break")
			}
		case *ast.ExprStmt:
			if _, ok := n.X.(*ast.CallExpr); ok {
				replace(n.Pos(), n.End(), "", "left out: "+short(text(n)))
			}
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				replace(n.Pos(), n.End(), blank(n, text), "left out: "+short(text(n)))
			}
		case *ast.IncDecStmt:
			replace(n.Pos(), n.End(), "", "left out: "+short(text(n)))
		}
		return true
	})
	return all, nil
}

// blank keeps the right side of an assignment in use, so that leaving it out compiles.
func blank(n *ast.AssignStmt, text func(ast.Node) string) string {
	names := make([]string, len(n.Rhs))
	values := make([]string, len(n.Rhs))
	for i, value := range n.Rhs {
		names[i], values[i] = "_", text(value)
	}
	if len(n.Rhs) != len(n.Lhs) {
		names = names[:0]
		for range n.Lhs {
			names = append(names, "_")
		}
	}
	return strings.Join(names, ", ") + " = " + strings.Join(values, ", ")
}

// isText tells a sum that joins strings: minus would not compile.
func isText(n *ast.BinaryExpr) bool {
	for _, side := range []ast.Expr{n.X, n.Y} {
		switch side := side.(type) {
		case *ast.BasicLit:
			if side.Kind == token.STRING {
				return true
			}
		case *ast.BinaryExpr:
			if isText(side) {
				return true
			}
		}
	}
	return false
}

func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 70 {
		text = text[:70] + "…"
	}
	return text
}
