package imports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/capacity"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// leftWatch counts, on the way of a source, what the dashboard's files can't hold.
type leftWatch struct {
	next    intake.Visitor
	options importer.Options
	left    importer.Left
}

func (w *leftWatch) see(it *intake.Item, sign int64) {
	if it.Disposition == intake.Use && it.User != nil {
		w.left.Add(importer.LeftOf(it.User, w.options, importfile.NDJSON), sign)
	}
}

func (w *leftWatch) Add(it intake.Item) error {
	w.see(&it, 1)
	return w.next.Add(it)
}

func (w *leftWatch) Replace(old, new intake.Item) error {
	w.see(&old, -1)
	w.see(&new, 1)
	return w.next.Replace(old, new)
}

// compare puts the ways of bringing the users in beside each other.
func (w *leftWatch) compare(n *capacity.Need) {
	l := &w.left
	never := some(map[string]int64{"verified_marks": l.VerifiedMarks})
	loses := some(
		map[string]int64{
			"users":              l.Users,
			"social_identities":  l.Social,
			"further_identities": l.Identities,
			"pictures":           l.Pictures,
			"suspensions":        l.Suspensions,
			"password_resets":    l.Resets,
			"properties":         l.Properties,
			"flags":              l.Flags,
			"memberships":        l.Memberships,
			"verified_marks":     l.VerifiedMarks,
		},
	)
	n.CompareWays(
		capacity.Rest{
			Users:       l.Users,
			Calls:       l.Social + l.Identities + l.Pictures + l.Suspensions + l.Resets + l.Properties + l.Flags,
			Memberships: l.Memberships,
		},
		loses,
		never,
	)
}

func some(counts map[string]int64) map[string]int64 {
	maps.DeleteFunc(counts, func(_ string, n int64) bool { return n <= 0 })
	return counts
}

func writeWays(e *cli.Env, ways []capacity.Way) error {
	out := e.IO.Out
	fmt.Fprintln(out, "\nThree ways; the last two use files of at most 49 MB that Kinde's dashboard imports (kinde-migrate convert):")
	t := &ui.Table{Head: []string{"way", "requests", "time", "leaves behind"}, Right: []bool{false, true, true}}
	names := map[string]string{"api": "the API alone", "files": "files alone", "both": "files, then the API"}
	for _, w := range ways {
		var loses []string
		for _, what := range slices.Sorted(maps.Keys(w.Loses)) {
			loses = append(loses, ui.Number(w.Loses[what])+" "+strings.ReplaceAll(what, "_", " "))
		}
		if w.Name == "files" {
			loses = append(loses, "read-back and rollback")
		}
		t.Add(names[w.Name], ui.Number(w.Requests), span(w.Seconds), strings.Join(loses, ", "))
	}
	return t.Write(out, e.IO.TableWidth(out), 2)
}
