package intake

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/expression"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// selection is the part of the source that was asked for.
type selection struct {
	only   map[string]bool // ids and folded e-mail addresses; nil is all
	prefix string          // before the ids; a list may leave it out
	filter *vm.Program
	sample map[Key]bool // nil is all
}

func newSelection(opts Options) (*selection, error) {
	s := &selection{}
	if opts.Only != "" {
		var err error
		if s.only, err = readOnly(opts.Only); err != nil {
			return nil, fmt.Errorf("reading the list of users: %w", err)
		}
	}
	if opts.Filter != "" {
		var err error
		if s.filter, err = expr.Compile(opts.Filter, append([]expr.Option{expr.AsBool(), expr.AllowUndefinedVariables()},
			expression.Options()...)...); err != nil {
			return nil, fmt.Errorf("the filter does not parse: %w", err)
		}
	}
	return s, nil
}

// readOnly reads one id or e-mail per line, or the columns id, kinde_id,
// source_id, user_id and email of a CSV file. What stands in quotes is one cell.
func readOnly(path string) (map[string]bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if mark, err := in.Peek(3); err == nil && string(mark) == "\ufeff" {
		if _, err := in.Discard(3); err != nil {
			return nil, err
		}
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord, r.Comment = -1, true, true, '#'
	out := names{}
	var columns []int
	for first := true; ; first = false {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if first {
			for i, c := range cells {
				switch strings.ToLower(strings.TrimSpace(c)) {
				case "id", "kinde_id", "source_id", "user_id", "email":
					columns = append(columns, i)
				}
			}
			if len(columns) > 0 {
				continue
			}
		}
		if columns == nil {
			// A list without a header: an id may hold a comma.
			out.add(strings.Join(cells, ","))
			continue
		}
		for _, i := range columns {
			if i < len(cells) {
				out.add(cells[i])
			}
		}
	}
}

type names map[string]bool

func (n names) add(name string) {
	if name = strings.Clone(strings.TrimSpace(name)); name != "" {
		n[name] = true
		n[compare.Fold("email", name)] = true
	}
}

// matches tells whether an item is in the part that was asked for. why is set
// where the record is too much for the filter, fail where the filter is wrong:
// neither is a no. It is safe for concurrent use.
func (s *selection) matches(it *Item) (ok bool, why, fail string) {
	if s.only != nil {
		hit := false
		for _, k := range it.Keys {
			hit = hit || (k.Kind == KeyID || k.Kind == KeyEmail) && s.only[k.Value] ||
				k.Kind == KeyID && s.only[strings.TrimPrefix(k.Value, s.prefix)]
		}
		if !hit {
			return false, "", ""
		}
	}
	if s.sample != nil && !s.sample[it.Key] {
		return false, "", ""
	}
	if s.filter == nil {
		return true, "", ""
	}
	env := map[string]any{expression.BudgetName: expression.NewBudget()}
	for i, k := range it.Record.Fields.Keys {
		env[k] = plain(it.Record.Fields.Elems[i])
	}
	env["user"] = it.User
	out, err := expr.Run(s.filter, env)
	if err != nil {
		if why := expression.Failure(err); why != "" {
			return false, why, ""
		}
		return false, "", expression.FaultOf(err)
	}
	ok, is := out.(bool)
	if !is {
		return false, "", "its result is neither true nor false"
	}
	return ok, "", ""
}

// plain turns a value into what expressions work with.
func plain(v mapping.Value) any {
	switch v.Kind {
	case mapping.String, mapping.Number:
		if v.Kind == mapping.Number {
			var f float64
			// Ids beyond 2^53 would change as a float: they stay text.
			if n, err := fmt.Sscan(v.Text, &f); n == 1 && err == nil && len(v.Text) < 16 {
				return f
			}
		}
		return v.Text
	case mapping.Bool:
		return v.Text == "true"
	case mapping.Array:
		out := make([]any, len(v.Elems))
		for i, e := range v.Elems {
			out[i] = plain(e)
		}
		return out
	case mapping.Object:
		out := make(map[string]any, len(v.Elems))
		for i, e := range v.Elems {
			out[v.Keys[i]] = plain(e)
		}
		return out
	}
	return nil
}
