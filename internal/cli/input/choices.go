package input

import (
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// What the flags of a source may say.
var (
	formats = []cli.Choice{
		{Word: "auto", Means: "look at the content"}, {Word: "csv", Means: "rows with a header, any separator"},
		{Word: "json", Means: "an array, or an object that contains one"},
		{Word: "ndjson", Means: "one JSON document per line"}, {Word: "ldif", Means: "a directory"},
	}
	Duplicates = []cli.Choice{
		{Word: "reject", Means: "keep the first record, reject the later one"}, {Word: "merge", Means: "merge their identities and memberships"},
	}
	Unsupported = []cli.Choice{
		{Word: "reset", Means: "create the user, who is asked for a new password"}, {Word: "skip", Means: "create the user without a password"},
		{Word: "reject", Means: "reject the record"},
	}
	stale = []cli.Choice{
		{Word: "reset", Means: "ask for a new password"}, {Word: "set", Means: "set the old one"},
	}
)

// presets are the values of --from.
func presets() []cli.Choice {
	choices := []cli.Choice{{Word: "auto", Means: "look at the content"}}
	for _, p := range mapping.Presets() {
		choices = append(choices, cli.Choice{Word: p.Name, Means: p.Title})
	}
	return choices
}

// roleScopes are the values of --role-scope.
func roleScopes() (choices []cli.Choice) {
	for _, scope := range mapping.RoleScopes {
		choices = append(choices, cli.Choice{Word: scope})
	}
	return choices
}
