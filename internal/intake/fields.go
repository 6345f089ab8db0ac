package intake

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// FieldCount is a place of the records, and in how many rows it is filled.
type FieldCount struct {
	mapping.Field
	Filled int64
}

// Account tells what became of every place of the records and every row of the
// companions. Its JSON form is kept with a job.
type Account struct {
	Fields []AccountedField       `json:"fields"` // the first maxAccounted, those that nothing reads before the others
	ByFate map[mapping.Fate]int64 `json:"by_fate"`
	Joins  []CompanionCount       `json:"joins,omitempty"`
}

// AccountedField is a place that holds something in some rows.
type AccountedField struct {
	Path    string       `json:"path"`
	Filled  int64        `json:"filled"`
	Fate    mapping.Fate `json:"fate"`
	Becomes string       `json:"becomes"`
}

// maxAccounted bounds the fields of an Account.
const maxAccounted = 1000

// Account sums up what the pass saw.
func (s *Summary) Account() Account {
	a := Account{Fields: []AccountedField{}, ByFate: map[mapping.Fate]int64{}, Joins: s.Companions}
	for _, f := range s.Fields {
		a.ByFate[f.Fate]++
		a.Fields = append(a.Fields, AccountedField{f.Path, f.Filled, f.Fate, f.Becomes})
	}
	if len(a.Fields) > maxAccounted {
		slices.SortStableFunc(a.Fields, func(x, y AccountedField) int { return cmp.Compare(concern[x.Fate], concern[y.Fate]) })
		a.Fields = a.Fields[:maxAccounted]
	}
	return a
}

// concern orders the fates: what may be a loss comes first.
var concern = map[mapping.Fate]int{mapping.NotRead: 0, mapping.LeftBehind: 1, mapping.Ignored: 2, mapping.Used: 3}

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
// rows bounds the counts of what stands in records; 0 does not.
func (c fieldCounts) list(m *mapping.Mapping, rows int64) []FieldCount {
	type key struct {
		path string
		fate mapping.Fate
	}
	at := map[key]int{}
	var out []FieldCount
	for _, f := range m.Fields() {
		if int(f.ID) >= len(c) || c[f.ID] == 0 {
			continue
		}
		k := key{f.Path, f.Fate}
		i, have := at[k]
		if !have {
			i = len(out)
			at[k] = i
			out = append(out, FieldCount{Field: *f})
		} else {
			out[i].Becomes = unite(out[i].Becomes, f.Becomes)
		}
		if out[i].Filled += c[f.ID]; rows > 0 {
			out[i].Filled = min(out[i].Filled, rows) // elements that fare alike on different grounds are counted apart
		}
	}
	slices.SortFunc(out, compareFields)
	return out
}

func compareFields(a, b FieldCount) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Fate, b.Fate), cmp.Compare(a.Becomes, b.Becomes))
}

// unite adds to a list of targets those of another.
func unite(have, more string) string {
	for to := range strings.SplitSeq(more, ", ") {
		if !slices.Contains(strings.Split(have, ", "), to) {
			have += ", " + to
		}
	}
	return have
}
