package checkpoint

import (
	"context"
	"database/sql"
)

// OrganizationOutcomes counts the members by organization code and class of
// their records. A record counts in each of its organizations.
func (r *Reader) OrganizationOutcomes(ctx context.Context) (groups []Group, err error) {
	err = r.each(ctx, `SELECT step.key, `+shown+`, count(*) FROM step JOIN record ON record.id = step.record
 WHERE step.kind = 'memberships' AND `+counted+` GROUP BY 1, 2 ORDER BY 1, 2`, nil, func(rows *sql.Rows) error {
		var g Group
		if err := rows.Scan(&g.Value, &g.Outcome, &g.Count); err != nil {
			return err
		}
		groups = append(groups, g)
		return nil
	})
	return groups, err
}

// MembersOf returns, for these records, the codes of the organizations that
// the job put them into.
func (r *Reader) MembersOf(ctx context.Context, from, to int64) (map[int64][]string, error) {
	codes := make(map[int64][]string)
	err := r.each(ctx, `SELECT record, key FROM step WHERE record BETWEEN ? AND ? AND kind = 'memberships' AND state = 'done' ORDER BY record, key`,
		[]any{from, to}, func(rows *sql.Rows) error {
			var record int64
			var code string
			err := rows.Scan(&record, &code)
			codes[record] = append(codes[record], code)
			return err
		})
	return codes, err
}
