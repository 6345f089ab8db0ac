package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/kinde-migrate/kinde-migrate/internal/expression"
)

// Names that an expression may use besides the members of the record.
const (
	nameRecord = "record" // the record as a map
	nameItem   = "item"   // what "each" goes over
	nameKey    = "key"    // the name under which the item was found
	nameGet    = "get"    // get("a.b[0]"): any path
	nameFuture = "future" // future(date): it lies after now
)

// expression compiles an expr-lang expression into a value.
func (c *compiler) expression(n *node, src, what string) (*value, error) {
	p, err := c.program(n, src, what)
	if err != nil {
		return nil, err
	}
	out := &value{one: p.run, single: true, need: need{any: true}}
	out.each = func(s *scope, yield func(string, Value) bool) bool {
		v := p.run(s)
		return v.Kind == Missing || spread("", v, yield)
	}
	return out, nil
}

// program is a compiled expression and what of the record it needs.
type program struct {
	vm    *vm.Program
	what  string
	slots map[string]int // members of the record by their name in the expression
	paths map[string]*accessor
	whole bool // it reads the record as a map
	fault *atomic.Pointer[string]
}

func (c *compiler) program(n *node, src, what string) (*program, error) {
	p := &program{what: what, fault: c.m.fault, slots: map[string]int{}, paths: map[string]*accessor{}}
	scan := &expressionScan{}
	options := []expr.Option{
		expr.Env(map[string]any{nameGet: func(string) any { return nil }, nameFuture: func(any) bool { return false }}),
		expr.AllowUndefinedVariables(),
		expr.MaxNodes(2000),
		expr.Patch(scan),
		expr.Patch(&lenient{}),
		expr.Function("truthy", func(a ...any) (any, error) { return truth(fromAny(a[0])), nil }, new(func(any) bool)),
		expr.Function("is_set", func(a ...any) (any, error) { return isSet(fromAny(a[0])), nil }, new(func(any) bool)),
		expr.Function("text", func(a ...any) (any, error) { return text(fromAny(a[0])), nil }, new(func(any) string)),
		expr.Function("json", func(a ...any) (any, error) { return toAny(embedded(fromAny(a[0]))), nil }, new(func(any) any)),
		expr.DisableBuiltin("lower"),
		expr.DisableBuiltin("upper"),
		expr.Function("lower", func(a ...any) (any, error) { return lower(text(fromAny(a[0]))), nil }, new(func(any) string)),
		expr.Function("upper", func(a ...any) (any, error) { return upper(text(fromAny(a[0]))), nil }, new(func(any) string)),
		expr.Function("time", func(a ...any) (any, error) {
			t, ok := ParseTime(text(fromAny(a[0])))
			if !ok {
				return nil, nil
			}
			return t, nil
		}, new(func(any) any)),
		expr.Function("is_email", func(a ...any) (any, error) {
			_, err := CheckEmail(text(fromAny(a[0])))
			return err == nil, nil
		}, new(func(any) bool)),
	}
	options = append(options, expression.Options()...)
	var err error
	if p.vm, err = expr.Compile(src, options...); err != nil {
		return nil, n.errorf("%s: %s", what, strings.TrimSpace(err.Error()))
	}
	return p, c.expressionReads(n, p, scan, what)
}

// expressionReads registers what the expression reads, and refuses what can't be known.
func (c *compiler) expressionReads(n *node, p *program, scan *expressionScan, what string) error {
	whole := c.whole
	c.whole = true
	defer func() { c.whole = whole }()
	for _, chain := range scan.chains {
		pt := &path{text: strings.Join(chain, ".")}
		steps := chain
		switch chain[0] {
		case nameRecord:
			pt.from, steps, p.whole = fromRecord, chain[1:], true
		case "$env":
			return n.errorf("%s: write %s instead of $env", what, nameRecord)
		case nameItem:
			if steps = chain[1:]; len(c.base) == 0 {
				pt.from, steps = fromRecord, chain
				p.slots[chain[0]] = c.ks.slot(chain[0])
			}
		case nameGet, nameFuture:
			continue
		case nameKey:
			if len(c.base) > 0 {
				continue
			}
			pt.from = fromRecord // a member of the record that is called so
			p.slots[chain[0]] = c.ks.slot(chain[0])
		default:
			pt.from = fromRecord
			p.slots[chain[0]] = c.ks.slot(chain[0])
		}
		for _, s := range steps {
			pt.steps = append(pt.steps, step{kind: stepKey, key: s})
		}
		if err := c.read(n, pt, what); err != nil {
			return err
		}
	}
	for _, g := range scan.gets {
		pt, err := parsePath(g)
		if err != nil {
			return n.errorf("%s: %v", what, err)
		}
		if err := c.read(n, pt, what); err != nil {
			return err
		}
		p.paths[g] = compileAccess(c.ks, pt, len(c.base))
	}
	if scan.dynamic {
		return n.errorf("%s: get takes a path in quotes", what)
	}
	return nil
}

func (p *program) run(s *scope) Value {
	env := make(map[string]any, len(p.slots)+6)
	env[expression.BudgetName] = expression.NewBudget()
	for name, slot := range p.slots {
		if at := s.plan.at[slot]; at >= 0 {
			env[name] = toAny(s.root.Elems[at])
		}
	}
	if p.whole {
		env[nameRecord] = toAny(s.root)
	}
	if n := len(s.items); n > 0 {
		env[nameItem], env[nameKey] = toAny(s.items[n-1].v), s.items[n-1].key
	}
	env[nameGet] = func(path string) any {
		a := p.paths[path]
		if a == nil {
			return nil
		}
		if !a.multi {
			return toAny(a.one(s))
		}
		list := []any{}
		a.each(s, func(_ string, v Value) bool {
			list = append(list, toAny(v))
			return true
		})
		return list
	}
	env[nameFuture] = func(v any) bool { return inFuture(s, fromAny(v)) }
	out, err := expr.Run(p.vm, env)
	if err != nil {
		if why := expression.Failure(err); why != "" {
			s.fail = fmt.Sprintf("the expression for %s can't be computed on this record: %s", p.what, why)
			return Value{}
		}
		s.fail = fmt.Sprintf("the expression for %s can't be computed: %s", p.what, expression.FaultOf(err))
		s.wrong = s.fail
		why := s.wrong // the scope serves other records after this one
		p.fault.CompareAndSwap(nil, &why)
		return Value{}
	}
	return fromAny(out)
}

// expressionScan collects the members, items and paths that an expression reads.
type expressionScan struct {
	chains  [][]string
	gets    []string
	dynamic bool
}

// Visit implements ast.Visitor. Children come before their parents: a member
// access extends the chain of what it accesses.
func (e *expressionScan) Visit(node *ast.Node) {
	switch t := (*node).(type) {
	case *ast.IdentifierNode:
		e.chains = append(e.chains, []string{t.Value})
	case *ast.MemberNode:
		chain := memberChain(t)
		if chain == nil {
			return
		}
		// The chain without its last name is already there: it is extended.
		for i := len(e.chains) - 1; i >= 0; i-- {
			if slices.Equal(e.chains[i], chain[:len(chain)-1]) {
				e.chains[i] = chain
				return
			}
		}
	case *ast.CallNode:
		id, ok := t.Callee.(*ast.IdentifierNode)
		if !ok || id.Value != nameGet {
			return
		}
		if len(t.Arguments) == 1 {
			if s, ok := t.Arguments[0].(*ast.StringNode); ok {
				e.gets = append(e.gets, s.Value)
				return
			}
		}
		e.dynamic = true
	}
}

// memberChain returns a.b["c"] as its names, nil when it does not start at a name.
func memberChain(m *ast.MemberNode) []string {
	prop, ok := m.Property.(*ast.StringNode)
	if !ok {
		return nil
	}
	base := m.Node
	if ch, ok := base.(*ast.ChainNode); ok {
		base = ch.Node
	}
	switch t := base.(type) {
	case *ast.IdentifierNode:
		return []string{t.Value, prop.Value}
	case *ast.MemberNode:
		if chain := memberChain(t); chain != nil {
			return append(chain, prop.Value)
		}
	}
	return nil
}

// lenient makes every member access optional: what is not there is nil, because
// records of one export do not all have the same members.
type lenient struct{}

func (lenient) Visit(node *ast.Node) {
	m, ok := (*node).(*ast.MemberNode)
	if !ok || m.Optional || m.Method {
		return
	}
	m.Optional = true
	ast.Patch(node, &ast.ChainNode{Node: m})
}

// toAny turns a value into what expressions work with. An integer that does not
// fit 53 bits stays a text, so that no digit is lost.
func toAny(v Value) any {
	switch v.Kind {
	case String:
		return v.Text
	case Bool:
		return v.Text == "true"
	case Number:
		if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
			if n > 1<<53 || n < -(1<<53) {
				return v.Text
			}
			return int(n)
		}
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil && strings.ContainsAny(v.Text, ".eE") {
			return f
		}
		return v.Text
	case Array:
		out := make([]any, len(v.Elems))
		for i := range v.Elems {
			out[i] = toAny(v.Elems[i])
		}
		return out
	case Object:
		out := make(map[string]any, len(v.Keys))
		for i, k := range v.Keys {
			if _, have := out[k]; !have {
				out[k] = toAny(v.Elems[i])
			}
		}
		return out
	}
	return nil
}

// fromAny is the way back.
func fromAny(x any) Value {
	switch t := x.(type) {
	case nil:
		return Value{}
	case string:
		return StringValue(t)
	case bool:
		return Value{Kind: Bool, Text: strconv.FormatBool(t)}
	case int:
		return Value{Kind: Number, Text: strconv.Itoa(t)}
	case int64:
		return Value{Kind: Number, Text: strconv.FormatInt(t, 10)}
	case float64:
		return Value{Kind: Number, Text: strconv.FormatFloat(t, 'f', -1, 64)}
	case time.Time:
		return StringValue(t.UTC().Format(time.RFC3339Nano))
	case []any:
		v := Value{Kind: Array}
		for _, e := range t {
			v.Elems = append(v.Elems, fromAny(e))
		}
		return v
	case []string:
		v := Value{Kind: Array}
		for _, e := range t {
			v.Elems = append(v.Elems, StringValue(e))
		}
		return v
	case map[string]any:
		v := Value{Kind: Object}
		for _, k := range sortedKeys(t) {
			v.Keys = append(v.Keys, k)
			v.Elems = append(v.Elems, fromAny(t[k]))
		}
		return v
	}
	return StringValue(fmt.Sprint(x))
}
