package page

import (
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// AddGroup adds the counts by one property of the records, unless none of them
// has it. none is what records without the property are called.
func (p *Page) AddGroup(title, none string, counts []checkpoint.Group) {
	g := Group{Title: title}
	at := map[string]int{}
	named := false
	for _, c := range counts {
		name := c.Value
		if name == "" {
			name = none
		} else {
			named = true
			name = groupWords(title, name)
		}
		n, ok := at[name]
		if !ok {
			n = len(g.Rows)
			at[name] = n
			g.Rows = append(g.Rows, GroupRow{Name: name})
		}
		g.Rows[n].Totals = plus(g.Rows[n].Totals, totalsOf(c))
	}
	if named {
		p.Groups = append(p.Groups, g)
	}
}

func totalsOf(c checkpoint.Group) report.Totals {
	t := report.Totals{Records: c.Count}
	switch c.Outcome {
	case checkpoint.Created:
		t.Created = c.Count
	case checkpoint.Updated:
		t.Updated = c.Count
	case checkpoint.Unchanged:
		t.Unchanged = c.Count
	case checkpoint.Skipped:
		t.Skipped = c.Count
	case checkpoint.Rejected:
		t.Rejected = c.Count
	case checkpoint.Failed:
		t.Failed = c.Count
	case checkpoint.Deleted:
		t.Deleted = c.Count
	default:
		t.Pending = c.Count
	}
	return t
}
