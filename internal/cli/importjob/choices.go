package importjob

import "github.com/kinde-migrate/kinde-migrate/internal/cli"

// What the policies of an import may be.
var (
	OnExisting = []cli.Choice{
		{Word: "skip", Means: "leave existing users as they are"}, {Word: "update", Means: "update them from the source"},
		{Word: "fail", Means: "reject the record"},
	}
	Gone = []cli.Choice{
		{Word: "keep", Means: "leave them in the tenant"}, {Word: "suspend", Means: "suspend them"}, {Word: "delete", Means: "delete them"},
	}
)
