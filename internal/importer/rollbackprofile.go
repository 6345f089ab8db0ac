package importer

import (
	"context"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// profileBack gives a user who existed the names, picture, id and suspension of
// before. The API may ignore an empty value, so what was empty is looked at.
type profileBack struct {
	target    Target
	kind      string
	request   kinde.UpdateUserRequest
	rehearsed bool // nothing was written that could be looked at
}

func (b *profileBack) Info() engine.Info { return engine.Info{Kind: "restore", Key: b.kind + " "} }

func (b *profileBack) Do(ctx context.Context, s *engine.Subject) engine.Result {
	gone, err := kinde.Gone(ctx, b.target, s.Record.KindeID, b.target.UpdateUser(ctx, s.Record.KindeID, b.request))
	r := outcomeOf(ctx, err)
	if r.State != "" || gone || !b.empties() {
		return r
	}
	shown, err := b.target.GetUserData(ctx, s.Record.KindeID)
	if err != nil {
		return outcomeOf(ctx, err)
	}
	if kept := b.kept(&shown); len(kept) > 0 && !b.rehearsed {
		return engine.Omitted(engine.Problem{
			Warning: true,
			Code:    string(mapping.FieldDropped),
			Field:   strings.Join(kept, ", "),
			Message: "it was empty before, and the API does not empty it, so it stays as the import set it",
		})
	}
	return r
}

// empties tells whether something that was empty is to be empty again.
func (b *profileBack) empties() bool {
	return len(b.kept(&kinde.User{FirstName: "x", LastName: "x", Picture: "x", ProvidedID: "x"})) > 0
}

// kept lists what was to be empty, and is not.
func (b *profileBack) kept(shown *kinde.User) (fields []string) {
	for _, f := range []struct {
		name  string
		was   *string
		shown string
	}{
		{"given_name", b.request.GivenName, shown.FirstName}, {"family_name", b.request.FamilyName, shown.LastName},
		{"picture", b.request.Picture, shown.Picture}, {"provided_id", b.request.ProvidedID, shown.ProvidedID},
	} {
		if f.was != nil && *f.was == "" && f.shown != "" {
			fields = append(fields, f.name)
		}
	}
	return fields
}
