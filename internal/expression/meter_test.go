package expression

import (
	"runtime"
	"strings"
	"testing"

	"github.com/expr-lang/expr"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

func evaluate(t *testing.T, src string, env map[string]any) (any, error) {
	t.Helper()
	p, err := expr.Compile(src, append([]expr.Option{expr.AllowUndefinedVariables()}, Options()...)...)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	if env == nil {
		env = map[string]any{}
	}
	env[BudgetName] = NewBudget()
	return expr.Run(p, env)
}

// Expressions that would take gigabytes or hours end early.
func TestExpressionsKeepToABudget(t *testing.T) {
	for _, src := range []string{
		`reduce(1..30, #acc + #acc, "aaaaaaaa") == ""`,
		`reduce(1..40, [#acc, #acc], [1]) == []`,
		`reduce(1..40, ({"a": #acc, "b": #acc}), {}) == {}`,
		`repeat(repeat("a", 900000), 900000) == ""`,
		`len(reduce(1..9, replace(#acc, "a", "aaaaaaaaaa"), "a")) > 0`,
		`replace(repeat("a", 90000), "a", repeat("a", 90000)) == ""`,
		`join(map(1..900000, "a"), repeat("b", 900000)) == ""`,
		`len(toJSON(map(1..9000, repeat("a", 90000)))) > 0`,
		`let r = 1..900000; all(r, all(r, true))`,
		`let r = 1..900000; all(r, all(r, # > 0))`,
		`let r = 1..9000; all(r, r == r)`,
		`let s = repeat("a", 900000); all(1..900000, s matches "a.*b|a")`,
		`let s = repeat("a", 900000); all(1..900000, s startsWith s)`,
		`let s = repeat("a", 900000); len(map(1..900000, upper(s))) > 0`,
		`let s = split(repeat("a", 900000), ""); len(map(1..900000, concat(s, s))) > 0`,
		`let s = split(repeat("a", 900000), ""); len(map(1..900000, s[1:])) > 0`,
		`let s = repeat("a", 900000); len(map(1..900000, s[1:] + "b")) > 0`,
		`let r = 1..900000; sum(map(r, sum(r))) > 0`,
		`let r = 1..900000; len(map(r, sort(r))) > 0`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := evaluate(t, src, nil)
		runtime.ReadMemStats(&after)
		if err == nil || Failure(err) == "" {
			t.Errorf("%s: %v", src, err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 1200 {
			t.Errorf("%s: allocated %d MB", src, took)
		}
	}
}

func TestTheBudgetChangesNoResult(t *testing.T) {
	env := map[string]any{"name": "Ana", "roles": []any{"a", "b"}, "n": 3, "meta": map[string]any{"x": 1.5}}
	for src, want := range map[string]any{
		`name + " " + "L"`: "Ana L", `n + 1`: 4, `n * 2 > 5 and name startsWith "A"`: true, `join(roles, ",")`: "a,b", `join(roles)`: "ab",
		`replace(name, "a", "b")`: "Anb", `replace("aaa", "a", "b", 2)`: "bba", `repeat("ab", 2)`: "abab", `"a" in roles`: true,
		`count(roles, # == "a")`: 1, `meta.x + 1`: 2.5, `missing == nil`: true, `upper(name)`: "ANA", `roles[0]`: "a",
		`any(roles, # == "b") ? "yes" : "no"`: "yes", `name[1:]`: "na", `len(filter(roles, # != "a"))`: 1, `not (name contains "x")`: true,
		`(missing ?? "d") + "x"`: "dx", `first(map(roles, # + "!"))`: "a!", `roles | join("-")`: "a-b", `-n`: -3, `n in 1..5`: true,
	} {
		if got, err := evaluate(t, src, env); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", src, got, err, want)
		}
	}
	if _, err := evaluate(t, `replace(n, "a", "b")`, env); err == nil || Failure(err) != "" || !strings.Contains(err.Error(), "texts") {
		t.Errorf("got %v", err)
	}
}
