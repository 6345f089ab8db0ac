package checkpoint

import "context"

// ProblemsBetween returns the problems of the records whose row ids lie between
// from and to, both included, for whoever lists records page by page.
func (r *Reader) ProblemsBetween(ctx context.Context, from, to int64) ([]Problem, error) {
	return r.problems(ctx, `record BETWEEN ? AND ? AND record <> 0 ORDER BY record, id`, from, to)
}
