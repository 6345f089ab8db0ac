// Package expression bounds what an expression in a mapping or a filter may
// spend on one record. The library for expressions bounds how many elements
// lists have, but neither how long texts are nor how long a loop runs.
package expression

import (
	"errors"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
)

// mostWork is what an expression may spend on one record: one for each value
// that it makes or looks at, and for each byte of text in it. That bounds its
// memory as well as its time. A record has at most half of it.
const mostWork = 8 << 20

// ErrTooMuchWork ends an expression that would exceed its budget.
var ErrTooMuchWork = errors.New("it needs more memory or time than one record may take")

// Budget is what one evaluation has left of mostWork. It belongs to one goroutine.
type Budget struct{ left int }

// NewBudget returns the budget of one evaluation. The environment of a program
// that was compiled with Options must hold it under BudgetName.
func NewBudget() *Budget { return &Budget{left: mostWork} }

func (b *Budget) spend(n int) error {
	if n > b.left {
		b.left = 0
		return ErrTooMuchWork
	}
	b.left -= n
	return nil
}

// weigh spends what a value weighs with all that is in it. A list that holds
// another one twice is two of them: comparing or writing it takes that long.
func (b *Budget) weigh(v any) error {
	switch v := v.(type) {
	case string:
		return b.spend(1 + len(v))
	case []any:
		for _, e := range v {
			if err := b.weigh(e); err != nil {
				return err
			}
		}
	case []string:
		for _, e := range v {
			if err := b.spend(1 + len(e)); err != nil {
				return err
			}
		}
	case []int:
		return b.spend(1 + len(v))
	case map[string]any:
		for k, e := range v {
			if err := b.spend(len(k)); err != nil {
				return err
			}
			if err := b.weigh(e); err != nil {
				return err
			}
		}
	}
	return b.spend(1)
}

// Names that no expression can spell.
const (
	BudgetName  = "the budget"
	nameWeigh   = "weigh a value"
	nameRepeat  = "repeat within the budget"
	nameReplace = "replace within the budget"
	nameJoin    = "join within the budget"
)

// Options make an expression keep to its budget. They come after all others
// that look at or change it.
func Options() []expr.Option {
	type function = func(...any) (any, error)
	return []expr.Option{
		expr.Patch(&meter{}),
		expr.Function(nameWeigh, function(func(a ...any) (any, error) {
			return a[1], budgetOf(a).weigh(a[1])
		}), new(func(any, any) any)),
		expr.Function(nameRepeat, function(func(a ...any) (any, error) {
			s, _ := a[1].(string)
			n, ok := a[2].(int)
			if !ok || n < 0 {
				return nil, errors.New("repeat takes a text and a number")
			}
			if err := budgetOf(a).product(len(s)+1, n); err != nil {
				return nil, err
			}
			return strings.Repeat(s, n), nil
		}), new(func(any, any, any) any)),
		expr.Function(nameReplace, function(replaceWithin), new(func(any, any, any, any) any), new(func(any, any, any, any, any) any)),
		expr.Function(nameJoin, function(joinWithin), new(func(any, any) any), new(func(any, any, any) any)),
	}
}

func budgetOf(args []any) *Budget {
	if b, ok := args[0].(*Budget); ok {
		return b
	}
	return &Budget{} // the optimizer tries calls before there is a record
}

func (b *Budget) product(n, times int) error {
	if times > 0 && n > mostWork/times {
		return ErrTooMuchWork
	}
	return b.spend(n * times)
}

func replaceWithin(a ...any) (any, error) {
	s, isText := a[1].(string)
	old, isOld := a[2].(string)
	by, isNew := a[3].(string)
	n := -1
	if len(a) == 5 {
		n, _ = a[4].(int)
	}
	if !isText || !isOld || !isNew {
		return nil, errors.New("replace takes texts")
	}
	if err := budgetOf(a).product(len(by)+1, strings.Count(s, old)); err != nil {
		return nil, err
	}
	return strings.Replace(s, old, by, n), nil
}

func joinWithin(a ...any) (any, error) {
	glue := ""
	if len(a) == 3 {
		var ok bool
		if glue, ok = a[2].(string); !ok {
			return nil, errors.New("join takes a list of texts and a text")
		}
	}
	var texts []string
	switch list := a[1].(type) {
	case []string:
		texts = list
	case []any:
		for _, e := range list {
			s, ok := e.(string)
			if !ok {
				return nil, errors.New("join takes a list of texts")
			}
			texts = append(texts, s)
		}
	default:
		return nil, errors.New("join takes a list of texts")
	}
	b := budgetOf(a)
	if err := b.product(len(glue)+1, len(texts)); err != nil {
		return nil, err
	}
	if err := b.weigh(texts); err != nil {
		return nil, err
	}
	return strings.Join(texts, glue), nil
}

// meter makes an expression weigh what it makes, what it compares, and every
// turn of a loop.
type meter struct{}

// Visit implements ast.Visitor.
func (meter) Visit(node *ast.Node) {
	switch t := (*node).(type) {
	case *ast.BinaryNode:
		switch t.Operator {
		case "and", "&&", "or", "||", "??", "..":
			return
		case "+", "-", "*", "/", "%", "**", "^":
		default: // comparisons take as long as their sides are
			weighed(&t.Left)
			weighed(&t.Right)
			return
		}
	case *ast.PredicateNode:
		weighed(&t.Node)
		return
	case *ast.BuiltinNode:
		for i := range t.Arguments {
			if _, loop := t.Arguments[i].(*ast.PredicateNode); !loop {
				weighed(&t.Arguments[i])
			}
		}
		for name, within := range map[string]string{"repeat": nameRepeat, "replace": nameReplace, "join": nameJoin} {
			if t.Name == name {
				ast.Patch(node, withBudget(within, t.Arguments...))
			}
		}
	case *ast.ArrayNode, *ast.MapNode, *ast.SliceNode:
	case *ast.CallNode:
		if id, ok := t.Callee.(*ast.IdentifierNode); !ok || id.Value == nameWeigh {
			return
		}
	default:
		return
	}
	weighed(node)
}

func weighed(node *ast.Node) {
	switch t := (*node).(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NilNode, *ast.StringNode, *ast.ConstantNode, *ast.PredicateNode:
		return
	case *ast.CallNode:
		if id, ok := t.Callee.(*ast.IdentifierNode); ok && id.Value == nameWeigh {
			return
		}
	}
	ast.Patch(node, withBudget(nameWeigh, *node))
}

func withBudget(name string, args ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name},
		Arguments: append([]ast.Node{&ast.IdentifierNode{Value: BudgetName}}, args...)}
}

// Failure says what an error of an evaluation comes from, without anything of
// the record; "" is when the record does not suit the expression.
func Failure(err error) string {
	if errors.Is(err, ErrTooMuchWork) || strings.Contains(err.Error(), "memory budget exceeded") {
		return ErrTooMuchWork.Error()
	}
	return ""
}

// FaultOf says where an expression failed, and in what. The rest of such an error
// may quote values of the record, which are personal.
func FaultOf(err error) string {
	said, at := "it fails on the values of this record", ""
	if place := faultPlace.FindStringSubmatch(err.Error()); place != nil {
		at = " at character " + place[1]
	}
	switch text := faultText.FindStringSubmatch(err.Error()); {
	case text == nil:
	case !strings.HasPrefix(text[1], "cannot fetch "):
		said = strings.TrimSpace(text[1])
	case strings.Contains(err.Error(), " from <nil>"): // what is fetched may be a value
		said = "a member of something that is absent is asked for"
	default:
		said = "a member is asked for that the value can't have"
	}
	return said + at
}

var (
	faultText  = regexp.MustCompile(`^((?:invalid operation: )?[a-zA-Z ]{1,40})`)
	faultPlace = regexp.MustCompile(`\(1:(\d+)\)`)
)
