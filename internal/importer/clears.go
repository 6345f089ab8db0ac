package importer

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// What the source has no value for any more is told from what it never had by
// the names of the fields that the job set, which the detail of the step lists
// beside what it replaced. Values are never kept for this.
//
// A property is cleared by a mirror, as everything else that the source dropped.
// The API does not clear a name or a picture: the old one stays, and that is said.

// fieldsSet lists the fields that the job has put in place by a step of this kind.
func fieldsSet(s *engine.Subject, kind string) []string {
	var detail struct {
		Set []string `json:"set"`
	}
	// A detail that can't be read names nothing that could be cleared.
	_ = json.Unmarshal([]byte(s.Before[engine.StepID{Kind: kind}].Detail), &detail)
	return detail.Set
}

// withSet is a detail that lists these fields.
func withSet(detail string, fields []string) string {
	all := map[string]any{}
	_ = json.Unmarshal([]byte(detail), &all)
	delete(all, "set")
	if len(fields) > 0 {
		all["set"] = union(nil, fields)
	}
	if len(all) == 0 && detail == "" {
		return "" // an empty object replaces a list, nothing at all would leave it
	}
	data, _ := json.Marshal(all) // it came from JSON
	return string(data)
}

// profileFields are the names and the picture that a record wants.
func profileFields(w *wanted) map[string]string {
	fields := map[string]string{"given_name": w.user.GivenName, "family_name": w.user.FamilyName, "picture": w.user.Picture}
	maps.DeleteFunc(fields, func(_, v string) bool { return v == "" })
	return fields
}

// clearedProfile lists the names and the picture that the job set and the source
// has no more; shown is nil where only the checkpoint knows the user.
func clearedProfile(s *engine.Subject, w *wanted, shown *kinde.User) []string {
	there := map[string]string{}
	if shown != nil {
		there = map[string]string{"given_name": shown.FirstName, "family_name": shown.LastName, "picture": shown.Picture}
	}
	return slices.DeleteFunc(fieldsSet(s, checkpoint.StepUpdate), func(field string) bool {
		return profileFields(w)[field] != "" || shown != nil && there[field] == ""
	})
}

// clearedProperties lists the properties that the job set and the source has no more.
func (p *planner) clearedProperties(s *engine.Subject, w *wanted) []string {
	return slices.DeleteFunc(fieldsSet(s, checkpoint.StepProperties), func(key string) bool {
		return slices.ContainsFunc(w.user.Properties, func(kv mapping.KeyValue) bool { return kv.Key == key })
	})
}

// clearedFlags lists the feature flags that the job set, or may have set, and the
// source has no more.
func clearedFlags(s *engine.Subject, w *wanted) (keys []string) {
	for id, was := range s.Before {
		if id.Kind == checkpoint.StepFlags && (was.State == checkpoint.Done || was.State == checkpoint.GaveUp) &&
			!slices.ContainsFunc(w.user.Flags, func(kv mapping.KeyValue) bool { return kv.Key == id.Key }) {
			keys = append(keys, "flags."+id.Key)
		}
	}
	slices.Sort(keys)
	return keys
}

// passwordField is how a password is named that the source has no more.
const passwordField = "password"

// clearedPassword tells of a password that the job set and the source has no more.
func clearedPassword(s *engine.Subject, w *wanted) []string {
	if w.user.Password != nil || s.Before[engine.StepID{Kind: checkpoint.StepPassword}].State != checkpoint.Done {
		return nil
	}
	return []string{passwordField}
}

// sayKept warns of what stays with a mirror, too, and notes it for the read-back:
// names and the picture, and what nobody can see: overrides of flags and the password.
func (p *planner) sayKept(s *engine.Subject, cleared []string) {
	for _, field := range cleared {
		hint := "Clear it in Kinde by hand, on the page of the user."
		if field == passwordField {
			hint = "If the hashes are in a second file, name it again with --passwords."
		}
		p.warn(s, field, "the source has no value any more; the import can't clear it, so the tenant keeps the old one", hint)
		s.Steps = append(s.Steps, &notedStep{info: engine.Info{Kind: checkpoint.StepKept, Key: field},
			result: engine.Omitted(engine.Problem{Message: "what the source cleared stays, because the import can't clear it"})})
	}
	for id, was := range s.Before {
		if id.Kind == checkpoint.StepKept && was.State == checkpoint.Omitted && !slices.Contains(cleared, id.Key) {
			s.Steps = append(s.Steps, &notedStep{info: infoOf(id), result: engine.Unchanged()})
		}
	}
}

func (p *planner) warn(s *engine.Subject, field, message, hint string) {
	s.Problems = append(
		s.Problems,
		problemRows(
			&s.Record,
			[]mapping.Problem{
				{Severity: mapping.Warning, Code: mapping.FieldDropped, Field: field, Message: message, Hint: hint},
			},
			true,
		)...)
}

// profileStep looks at a user before it mends the profile: where the source
// cleared a field, only that may have changed, and then there is nothing to send.
type profileStep struct {
	p      *planner
	info   engine.Info
	w      *wanted
	detail string
}

func (c *profileStep) Info() engine.Info { return c.info }

func (c *profileStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	shown, err := c.p.target.GetUserData(ctx, s.Record.KindeID)
	if err != nil {
		return outcomeOf(ctx, err)
	}
	r, replaced := profileChange(c.w, &shown)
	if len(replaced) == 0 {
		return engine.Result{Nothing: true, Detail: c.detail}
	}
	detail := c.detail
	if s.Record.Owner == checkpoint.Existed {
		if detail, err = c.p.remember(ctx, s, c.info, withSet(beforeImage(replaced), fieldsSet(s, checkpoint.StepUpdate))); err != nil {
			return engine.Fatal(err)
		}
	}
	result := outcomeOf(ctx, c.p.target.UpdateUser(ctx, s.Record.KindeID, r))
	result.Detail = detail
	return result
}

// profileChange is what mends a profile, and what it replaces; shown is nil where
// only the checkpoint knows the user.
func profileChange(w *wanted, shown *kinde.User) (r kinde.UpdateUserRequest, replaced map[string]any) {
	replaced = map[string]any{}
	var have kinde.User
	if shown != nil {
		have = *shown
	}
	set := func(field **string, name, want, have string) {
		if want != "" && (shown == nil || want != have) {
			*field = &want
			replaced[name] = have
		}
	}
	set(&r.GivenName, "given_name", w.user.GivenName, have.FirstName)
	set(&r.FamilyName, "family_name", w.user.FamilyName, have.LastName)
	set(&r.Picture, "picture", w.user.Picture, have.Picture)
	set(&r.ProvidedID, "provided_id", w.user.SourceID, have.ProvidedID)
	return r, replaced
}
