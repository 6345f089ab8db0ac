package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// An id is unique in one source, not in the world: many systems count from 1.
// Whoever carries the id of a record and has none of its addresses is somebody
// else. An address here is an e-mail address, a phone number or a username.

// addressesOf lists the addresses of a record as they are compared.
func addressesOf(identities []mapping.Identity) []string {
	var list []string
	for _, i := range identities {
		list = append(list, identityID(string(i.Type), i.Value).Key)
	}
	return list
}

// shownAddresses lists the addresses of a user of the tenant.
func shownAddresses(u *kinde.User) (list []string) {
	for _, i := range shownIdentities(u) {
		switch mapping.IdentityType(i.Kind) {
		case mapping.Email, mapping.Phone, mapping.Username:
			list = append(list, identityID(i.Kind, i.Value).Key)
		}
	}
	return list
}

// share tells whether a user has one of the addresses.
func share(u *kinde.User, addresses []string) bool { return anyOf(shownAddresses(u), addresses) }

func anyOf(some, others []string) bool {
	return slices.ContainsFunc(some, func(a string) bool { return slices.Contains(others, a) })
}

// apart tells whether two have addresses and share none: two people, whatever
// ids they have.
func apart(a, b []string) bool { return len(a) > 0 && len(b) > 0 && !anyOf(a, b) }

// strange tells whether a user is somebody else than whoever has the addresses:
// both have some, and none is the same.
func strange(u *kinde.User, addresses []string) bool {
	return apart(addresses, shownAddresses(u))
}

// idTaken rejects a record whose id somebody else in the tenant carries.
func (p *planner) idTaken(s *engine.Subject, other string) *engine.Subject {
	return settleWith(s, checkpoint.Rejected, mapping.Problem{Severity: mapping.Error, Code: mapping.IdentityTaken, Field: "id",
		Message: IDTakenMessage(other), Hint: IDTakenHint})
}

// IDTakenMessage says that a user of the tenant carries the id of a record and
// is somebody else, and IDTakenHint what helps.
func IDTakenMessage(user string) string {
	return fmt.Sprintf("the user %s carries this id and is somebody else: no e-mail address, phone number or username is the same", user)
}

// IDTakenHint belongs to IDTakenMessage.
const IDTakenHint = "Ids are unique in one source only: use --id-prefix NAME for this one."

// rule is by what a user was recognised as made by a create without an answer.
type rule string

const (
	ruleProvidedID rule = "provided_id"    // it carries the id that we sent
	ruleNames      rule = "names_and_time" // it was created after the intent, has the same names and never signed in
)

// evidence is kept with an adopted user.
type evidence struct {
	Rule       rule      `json:"rule"`
	ProvidedID string    `json:"provided_id,omitempty"`
	CreatedOn  time.Time `json:"created_on,omitzero"`
	Intent     time.Time `json:"intent"`          // by the server's clock
	File       string    `json:"file,omitempty"`  // of the dashboard import that made the user
	Asked      []asked   `json:"asked,omitempty"` // what that file may have brought
}

func (e evidence) String() string {
	data, _ := json.Marshal(e) // plain data never fails
	return string(data)
}

// evidenceOf reads what String wrote; what can't be read is no evidence.
func evidenceOf(create checkpoint.Step) (e evidence) {
	if json.Unmarshal([]byte(create.Detail), &e) != nil {
		return evidence{}
	}
	return e
}

// beyondDoubt tells whether the steps of an adopted user say that it is ours
// for sure. What can't be read, or was written in words by an old version, is not.
func beyondDoubt(steps []checkpoint.Step) bool {
	return slices.ContainsFunc(steps, func(s checkpoint.Step) bool {
		return s.Kind == checkpoint.StepCreate && evidenceOf(s).Rule == ruleProvidedID
	})
}

// intended is kept with the intent of a create. What was asked for is what the
// tenant may have, whatever the source says when somebody looks.
type intended struct {
	Server     time.Time   `json:"server_time"`
	File       string      `json:"file,omitempty"` // of the dashboard import that is to make the user
	Identities []asked     `json:"identities,omitempty"`
	Names      [][2]string `json:"names,omitempty"` // given and family name, of users without a source id
}

// asked is an e-mail address, phone number or username that a create asked for.
type asked struct {
	Type  mapping.IdentityType `json:"type"`
	Value string               `json:"value"`
}

// with adds what a create of the record asks for now.
func (x intended) with(w *wanted) intended {
	x.Identities, x.Names = slices.Clone(x.Identities), slices.Clone(x.Names)
	for _, i := range w.identities {
		if a := (asked{i.Type, strings.Clone(i.Value)}); !slices.Contains(x.Identities, a) {
			x.Identities = append(x.Identities, a)
		}
	}
	if names := [2]string{strings.Clone(w.user.GivenName), strings.Clone(w.user.FamilyName)}; w.user.SourceID == "" &&
		!slices.Contains(x.Names, names) {
		x.Names = append(x.Names, names)
	}
	return x
}

// identities are those that were asked for, to look somebody up by.
func (x intended) identities() (list []mapping.Identity) {
	for _, a := range x.Identities {
		list = append(list, mapping.Identity{Type: a.Type, Value: a.Value})
	}
	return list
}

// intendedOf reads what a create was meant to make; an old checkpoint kept the time alone.
func intendedOf(create checkpoint.Step) (x intended) {
	if json.Unmarshal([]byte(create.Detail), &x) != nil {
		return intended{}
	}
	return x
}

// intentOf tells when a create was meant, by the server's clock as it was known then.
func (x *settler) intentOf(s checkpoint.Step) time.Time {
	if at := intendedOf(s).Server; !at.IsZero() {
		return at
	}
	return s.At // an old checkpoint knows our clock only
}
