package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"iter"
)

// errEnough ends a reading whose caller has seen enough.
var errEnough = errors.New("enough was read")

// ProblemsBetween gives the problems of the records whose row ids lie between
// from and to, both included, for whoever lists records page by page. It reads
// while the loop runs: of a record with ten thousand problems only one is held.
func (r *Reader) ProblemsBetween(ctx context.Context, from, to int64) iter.Seq2[Problem, error] {
	return func(yield func(Problem, error) bool) {
		err := r.eachProblem(ctx, func(p Problem) error {
			if !yield(p, nil) {
				return errEnough
			}
			return nil
		}, `record BETWEEN ? AND ? AND record <> 0 ORDER BY record, id`, from, to)
		if err != nil && !errors.Is(err, errEnough) {
			yield(Problem{}, err)
		}
	}
}

func (r *Reader) problems(ctx context.Context, where string, args ...any) (problems []Problem, err error) {
	err = r.eachProblem(ctx, func(p Problem) error {
		problems = append(problems, p)
		return nil
	}, where, args...)
	return problems, err
}

func (r *Reader) eachProblem(ctx context.Context, do func(Problem) error, where string, args ...any) error {
	const left = `EXISTS (SELECT 1 FROM record WHERE record.id = problem.record AND seen < ` + currentSource + `)`
	return r.each(
		ctx,
		`SELECT record, applying, file, number, line, source_id, severity, code, field, message, hint, `+left+` FROM problem WHERE `+where,
		args,
		func(rows *sql.Rows) error {
			var p Problem
			var left bool
			if err := rows.Scan(&p.Record, &p.Applying, &p.File, &p.Number, &p.Line, &p.SourceID, &p.Severity, &p.Code, &p.Field, &p.Message,
				&p.Hint, &left); err != nil {
				return err
			}
			if left {
				p.Number, p.Line = 0, 0 // another's record stands there now
			}
			return do(p)
		},
	)
}
