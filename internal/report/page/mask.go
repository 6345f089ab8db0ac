package page

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// mask hides personal data unless the page may show it.
type mask struct{ show bool }

var (
	addresses = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)
	numbers   = regexp.MustCompile(`\+?\d[\d\s().-]{6,}\d`)
)

// value masks a whole value: a name, an address, an id. The first letter and
// the domain stay, so that two values can still be told apart.
func (m mask) value(s string) string {
	if m.show || s == "" {
		return visible(s)
	}
	if at := strings.LastIndexByte(s, '@'); at > 0 {
		return visible(first(s) + "…" + s[at:])
	}
	if provider, _, ok := strings.Cut(s, "|"); ok {
		return visible(provider + "|…")
	}
	switch s {
	case "true", "false", "none", "suspended", "active":
		return s
	}
	return visible(first(s) + "…")
}

// text masks the addresses and numbers inside a sentence.
func (m mask) text(s string) string {
	if m.show {
		return visible(s)
	}
	s = addresses.ReplaceAllStringFunc(s, m.value)
	s = numbers.ReplaceAllString(s, "…")
	return visible(s)
}

func first(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError {
		return ""
	}
	return s[:size]
}

// visible replaces characters that change how the text around them is shown:
// control characters and the marks that turn the reading direction.
func visible(s string) string {
	if strings.IndexFunc(s, deceives) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if deceives(r) {
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func deceives(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF')
}

// count spells a number with thousands separated by narrow spaces.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var parts []string
	for len(digits) > 3 {
		parts = append(parts, digits[len(digits)-3:])
		digits = digits[:len(digits)-3]
	}
	parts = append(parts, digits)
	slices.Reverse(parts)
	return sign + strings.Join(parts, "\u202f")
}

func percent(part, all int64) string {
	if all == 0 {
		return "–"
	}
	return strconv.FormatFloat(float64(part)/float64(all)*100, 'f', 1, 64) + " %"
}

func spell(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

// counted is one named number of a table.
type counted struct {
	Name  string
	Count int64
}

func sortedCounts(m map[string]int64) []counted {
	out := make([]counted, 0, len(m))
	for name, n := range m {
		out = append(out, counted{name, n})
	}
	slices.SortFunc(out, func(a, b counted) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}
