package cli

import (
	"fmt"
	"strings"
)

// Suggest returns what the person may have meant by word, one of names; or the
// fallback when nothing is near.
func Suggest(prefix, word string, names []string, fallback ...string) string {
	best, distance := "", 1+max(2, len(strings.Trim(word, "-"))/3)
	for _, n := range names {
		d := editDistance(strings.ToLower(word), n)
		if len(word) > 3 && strings.HasPrefix(n, strings.ToLower(word)) {
			d = 1
		}
		if d < distance {
			best, distance = n, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %s%s?", prefix, best)
	case len(fallback) > 0:
		return fallback[0]
	default:
		return "see " + strings.TrimSpace(prefix) + " --help"
	}
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours between a and b (optimal string alignment).
func editDistance(a, b string) int {
	older, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], older[j-2]+1)
			}
		}
		older, prev, cur = prev, cur, older
	}
	return prev[len(b)]
}
