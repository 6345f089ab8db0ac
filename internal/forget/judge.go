package forget

import (
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Sight is what was seen of the people in a place.
type Sight struct {
	Records  int64         // that are theirs
	Mentions int64         // in records and texts of others; counted while erasing
	Hits     map[int]int64 // records, by person
	KindeIDs []string      // by which the place knows them
	Grew     bool          // another name of somebody came to light
}

// judge decides about one record after another. Without text it only looks.
type judge struct {
	people *erasure.People
	text   *erasure.Text // nil: nothing is taken out
	scope  *scope
	number bool // its objects may name a record of the report by its number
	list   bool // the file is a report's list of outcomes, from which the scope comes
	sight  *Sight
}

// theirs tells whether the record with these names goes.
func (j *judge) theirs(n *erasure.Names, number string) bool {
	i, ok := j.people.Match(n)
	if !ok && j.scope != nil && !j.list && j.scope.means(n, number) {
		j.sight.Records++
		return true
	}
	if !ok {
		if j.text == nil {
			j.people.Keep(n)
		}
		return false
	}
	if j.scope != nil && j.list {
		if number != "" && number != "0" {
			j.scope.numbers[number] = true
		}
		for _, id := range n.SourceIDs {
			j.scope.ids[id] = true
		}
	}
	j.sight.Records++
	j.sight.Hits[i]++
	if j.text == nil {
		j.sight.Grew = j.people.Learn(i, n, false) || j.sight.Grew
	}
	return true
}

// means tells whether a report speaks of one of them by the record's number or id.
func (s *scope) means(n *erasure.Names, number string) bool {
	return number != "" && s.numbers[number] || n.KindeID == "" && slices.ContainsFunc(n.SourceIDs, func(id string) bool { return s.ids[id] })
}

// record decides about a record of any source: what stands there instead, or that it goes.
func (j *judge) record(v mapping.Value, raw []byte) (instead []byte, keep bool) {
	n := erasure.NamesOf(v)
	number := ""
	if j.number {
		number = v.Get("record").Text
	}
	if j.theirs(&n, number) {
		return nil, false
	}
	return j.without(raw), true
}

// without takes names out of what stays.
func (j *judge) without(raw []byte) []byte {
	if j.text == nil {
		return raw
	}
	out, n := j.text.Without(raw)
	j.sight.Mentions += int64(n)
	return out
}

// holds tells whether a name stands in what can't be judged by its fields.
func (j *judge) holds(raw []byte) bool { return j.text != nil && j.text.Holds(raw) }
