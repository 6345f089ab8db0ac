package importer

import (
	"context"
	"iter"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
)

// Source is where the users come from. An *intake.Intake is one.
type Source interface {
	Source() intake.Source
	// Scan is the first pass: every row to the visitor, in order.
	Scan(ctx context.Context, v intake.Visitor) (intake.Summary, error)
	// Read is the second pass: the items at these positions, in their order.
	Read(ctx context.Context, at []intake.Position) iter.Seq2[intake.Item, error]
}
