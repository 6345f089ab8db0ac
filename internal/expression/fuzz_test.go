package expression

import (
	"runtime"
	"testing"

	"github.com/expr-lang/expr"
)

// FuzzExpression computes any expression on a record. It compiles or it doesn't,
// and it ends within its budget of memory, whatever it says.
func FuzzExpression(f *testing.F) {
	for _, src := range []string{`email endsWith "@example.com"`, `reduce(1..30, #acc + #acc, "aaaaaaaa")`, `repeat(email, 1000000)`,
		`map(1..100000, map(1..100000, #))`,
		`let s = repeat("a", 900000); all(1..900000, s matches "a.*b|a")`, `sort(list)`, `join(split(email, ""), email)`,
		`replace(email, "", email)`, `toJSON(list)`, `email ?? id`} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := expr.Compile(src, append([]expr.Option{expr.AllowUndefinedVariables()}, Options()...)...)
		if err != nil {
			return
		}
		env := map[string]any{BudgetName: NewBudget(), "id": "u1", "email": "ana@example.com", "list": []any{"b", "a", 1.0, nil}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = expr.Run(p, env) // a program that fails is fine
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 1200 {
			t.Errorf("%s: allocated %d MB", src, took)
		}
	})
}
