package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// OneOf refuses a value that is none of those allowed.
func OneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	names := slices.DeleteFunc(slices.Clone(allowed), func(s string) bool { return s == "" })
	return Usagef(
		Suggest(flag+" ", value, names, "use one of "+strings.Join(names, ", ")),
		"%s %q is not one of %s",
		flag,
		value,
		strings.Join(names, ", "),
	)
}

// ParsePercent reads "50%" or "50".
func ParsePercent(text string) (float64, error) {
	return strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "%"), 64)
}

// ParseMaxErrors reads the value of --max-errors, a number or a percentage; ""
// is no limit.
func ParseMaxErrors(text string) (job.MaxErrors, error) {
	if text == "" {
		return job.MaxErrors{}, nil
	}
	x, err := ParsePercent(text)
	if err != nil || x < 0 {
		return job.MaxErrors{}, Usagef("--max-errors 100, or --max-errors 5%", "--max-errors %q is neither a number nor a percentage", text)
	}
	if strings.HasSuffix(text, "%") {
		return job.MaxErrors{Percent: x}, nil
	}
	return job.MaxErrors{Count: int64(x)}, nil
}

// ParseRate reads a number of requests; "" and 0 mean no limit.
func ParseRate(flag, text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || n > 1e9 {
		return 0, Usagef(flag+" 50", "%s %q is not a number of requests", flag, text)
	}
	return n, nil
}

// ShellQuote quotes text for a POSIX shell. What would steer the terminal that shows
// it is written as bash, zsh and ksh read it.
func ShellQuote(s string) string {
	if ui.Line(s) != s {
		var b strings.Builder
		for _, c := range []byte(s) {
			if c < ' ' || c >= 0x7f || c == '\'' || c == '\\' {
				fmt.Fprintf(&b, `\x%02x`, c)
			} else {
				b.WriteByte(c)
			}
		}
		return "$'" + b.String() + "'"
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/:._-=@%+,", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
