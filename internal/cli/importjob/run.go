package importjob

import (
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// WriteUnknown lists once what the source names and the tenant lacks.
func WriteUnknown(e *cli.Env, unknown []importer.Unknown) {
	if len(unknown) == 0 {
		return
	}
	fmt.Fprintln(e.IO.Err, "The source names what the tenant lacks:")
	t := &ui.Table{Head: []string{"what", "name", "records", "then"}, Right: []bool{false, false, true}}
	for i, u := range unknown {
		if i == 50 {
			t.Add("…", fmt.Sprintf("and %d more", len(unknown)-i))
			break
		}
		t.Add(u.Kind, u.Name, ui.Number(u.Count), u.Will)
	}
	_ = t.Write(e.IO.Err, e.IO.TableWidth(e.IO.Err), 2) // what can't be shown must not stop an import
}
