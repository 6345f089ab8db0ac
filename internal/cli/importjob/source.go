package importjob

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
)

// Source looks at the rows of the first pass on their way to the
// importer, and stops it before the first request when the source is not what
// the operator demanded.
type Source struct {
	*intake.Intake
	Checks *input.Checks
	Watch  func(intake.Visitor) intake.Visitor // sees each row, too; may be nil
}

// Scan is the first pass.
func (s *Source) Scan(ctx context.Context, v intake.Visitor) (intake.Summary, error) {
	v = s.Checks.Watch(v)
	if s.Watch != nil {
		v = s.Watch(v)
	}
	sum, err := s.Intake.Scan(ctx, v)
	if err != nil {
		return sum, err
	}
	return sum, s.Checks.Passed()
}
