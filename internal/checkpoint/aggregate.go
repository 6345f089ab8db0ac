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
