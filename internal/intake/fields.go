package intake

import (
	"cmp"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// fieldCounts counts the rows in which a field is filled, by the field's ID.
type fieldCounts []int64

func (c *fieldCounts) add(ids []int32) {
	for _, id := range ids {
		if int(id) >= len(*c) {
			*c = append(*c, make([]int64, int(id)+64-len(*c))...)
		}
		(*c)[id]++
	}
}

// list names what was counted. Places that are written alike and fare alike are one.
func (c fieldCounts) list(m *mapping.Mapping, rows int64) []FieldCount {
	type key struct {
		path, becomes string
		fate          mapping.Fate
	}
	at := map[key]int{}
	var out []FieldCount
	for _, f := range m.Fields() {
		if int(f.ID) >= len(c) || c[f.ID] == 0 {
			continue
		}
		k := key{f.Path, f.Becomes, f.Fate}
		i, have := at[k]
		if !have {
			i = len(out)
			at[k] = i
			out = append(out, FieldCount{Field: *f})
		}
		out[i].Filled = min(out[i].Filled+c[f.ID], rows) // elements that fare alike on different grounds are counted apart
	}
	slices.SortFunc(out, func(a, b FieldCount) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Fate, b.Fate), cmp.Compare(a.Becomes, b.Becomes))
	})
	return out
}
