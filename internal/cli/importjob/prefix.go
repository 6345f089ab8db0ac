package importjob

import (
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// AsksForPrefix tells whether ids of the source belong to other people in the
// tenant, and nothing tells them apart yet.
func (o *Options) AsksForPrefix(r *report.Report) bool {
	return o.Source.IDPrefix == "" && r.AsksWhoseIDs()
}

// WithPrefix is how to go on then: the same command with a prefix. A job that has
// begun without one goes on with it.
func (o *Options) WithPrefix(command string, in *cli.Invocation) string {
	more, without := "--id-prefix NAME", []string{"report"}
	if !o.DryRun {
		more, without = more+" --accept-changes", []string{"accept-changes"}
	}
	return "If these ids come from a different source:\n" + in.Rebuilt(command, more, without...)
}
