package intake

import (
	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// erased leaves out a record of somebody who was erased. Nothing but its place in
// the source goes on: no checkpoint and no report may name the person anew.
func (in *Intake) erased(r *row) {
	it := &r.item
	if in.opts.Erased == nil || it.User == nil || !in.opts.Erased.Holds(namesOf(it)) {
		return
	}
	it.Disposition, it.Reason, it.User = Skip, "the person was erased", nil
	it.Problems = []mapping.Problem{
		{
			Severity: mapping.Warning,
			Code:     mapping.PersonErased,
			Message:  "the person is on the erasure list",
			Hint:     "Also remove the record from the source.",
		},
	}
	it.Keys, it.Marks, it.Roles, r.claims = nil, 0, nil, nil
	it.Key = contentKey(it.Record.Raw)
}

// RemembersErased tells that an erasure list was given.
func (in *Intake) RemembersErased() bool { return in.opts.Erased != nil }

func namesOf(it *Item) *erasure.Names {
	n := &erasure.Names{}
	for _, k := range it.Keys {
		switch k.Kind {
		case KeyID:
			n.SourceIDs = append(n.SourceIDs, k.Value)
		case KeyEmail:
			n.Emails = append(n.Emails, k.Value)
		case KeyPhone:
			n.Phones = append(n.Phones, k.Value)
		case KeyUsername:
			n.Usernames = append(n.Usernames, k.Value)
		}
	}
	return n
}
