package importer

import (
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Likeness tells a newer version of a job's source from another source with the
// same ids, for a comparison that reads no source into the checkpoint.
type Likeness struct{ likeness }

// Add compares a record of the source with what the checkpoint knows by its id.
func (l *Likeness) Add(now *mapping.User, was *checkpoint.Record) {
	r := checkpoint.Record{SourceID: now.SourceID, Name: strings.TrimSpace(now.GivenName + " " + now.FamilyName)}
	keepFirst(&r, now.Identities)
	l.add(&r, was)
}

// Refused tells whether it is another source.
func (l *Likeness) Refused() error { return l.refused() }

// keepFirst keeps the first address of each kind.
func keepFirst(r *checkpoint.Record, identities []mapping.Identity) {
	for _, x := range identities {
		switch to := map[mapping.IdentityType]*string{mapping.Email: &r.Email, mapping.Phone: &r.Phone, mapping.Username: &r.Username}[x.Type]; {
		case to != nil && *to == "":
			*to = strings.Clone(x.Value)
		}
	}
}

// likeness counts, of the records of a newer source that the checkpoint knows by
// their id, those that speak of other people than before. Two sources that count
// their users from 1 have the same ids; taken for a newer version of the first,
// the second would give its people the accounts of others.
type likeness struct {
	compared int // both versions have an address
	other    int // no address is the same, and no part of the name
	unsure   int // no address is the same, and one of them has no name
}

// nameless is how many records without a name must have changed every address
// before they count: one alone may have.
const nameless = 10

func (l *likeness) add(now, was *checkpoint.Record) {
	if was.KindeID == "" || was.SourceID == "" || now.SourceID != was.SourceID {
		return
	}
	a, b := addressesOf(identitiesOf(now)), addressesOf(identitiesOf(was))
	if len(a) == 0 || len(b) == 0 {
		return
	}
	l.compared++
	if anyOf(a, b) {
		return
	}
	names, before := strings.Fields(now.Name), strings.Fields(was.Name)
	switch {
	case len(names) == 0 || len(before) == 0:
		l.unsure++
	case !slices.ContainsFunc(names, func(x string) bool { return slices.Contains(before, x) }):
		l.other++
	}
}

// refused tells whether most of the known records are other people.
func (l *likeness) refused() error {
	n := l.other
	if n > 0 || l.unsure >= nameless {
		n += l.unsure
	}
	if 2*n <= l.compared {
		return nil
	}
	return &job.RefusedError{
		Kind:    job.OtherSource,
		Message: "this is another source with the same ids: most of its records are other people than those that the checkpoint knows by them",
		Try:     "Choose another file with --checkpoint, and keep the ids apart with --id-prefix NAME.",
	}
}
