package checkpoint

import (
	"context"
	"database/sql"
)

// StepTotals counts steps of one kind, in units: ten roles of one user are ten.
type StepTotals struct{ Wanted, Done, Failed int64 }

// stepSums counts no more units of a record than it wants: a newer source may
// no longer name a membership that an older one brought. What failed counts
// first, so that nothing old can hide it. The order of the join lets the groups
// come as the steps lie on disk.
const stepSums = `SELECT kind, fate, sum(min(done, want - min(failed, want))), sum(min(failed, want)) FROM (
 SELECT step.kind AS kind, ` + fate + ` AS fate,
  sum(CASE WHEN step.state IN ('` + string(Done) + `', '` + string(Found) + `') THEN step.units ELSE 0 END) AS done,
  sum(CASE WHEN step.state IN ('` + string(Refused) + `', '` + string(GaveUp) + `') THEN step.units ELSE 0 END) AS failed,
  CASE step.kind WHEN '` + StepIdentities + `' THEN want_identities WHEN '` + StepSocial + `' THEN want_social
   WHEN '` + StepSuspension + `' THEN want_suspensions WHEN '` + StepReset + `' THEN want_resets
   WHEN '` + StepProperties + `' THEN want_properties WHEN '` + StepPassword + `' THEN want_passwords
   WHEN '` + StepFlags + `' THEN want_flags WHEN '` + StepMemberships + `' THEN want_memberships
   WHEN '` + StepRoles + `' THEN want_roles WHEN '` + StepPermissions + `' THEN want_permissions ELSE 0 END AS want
 FROM step CROSS JOIN record ON record.id = step.record
 WHERE step.kind NOT IN ('` + StepCreate + `', '` + StepUpdate + `', '` + StepClaims + `')
 AND ` + counted + ` AND outcome NOT IN ('rejected', 'skipped', 'deleted')
 GROUP BY step.record, step.kind) GROUP BY kind, fate`

// fate is the class of those records whose class tells of all their steps.
const fate = `CASE WHEN record.outcome IN ('failed', 'unchanged') THEN record.outcome ELSE '' END`

// Steps counts, for each kind that the source can want, what was wanted, done
// and failed. Records that were rejected or skipped want nothing. What was found
// in place counts as done, as does everything of an unchanged record; what a failed
// record was not given counts as failed: the user may not even be there. So at
// the end wanted is done and failed together.
func (r *Reader) Steps(ctx context.Context) (map[string]StepTotals, error) {
	kinds := []string{
		StepIdentities,
		StepSocial,
		StepSuspension,
		StepReset,
		StepProperties,
		StepPassword,
		StepFlags,
		StepMemberships,
		StepRoles,
		StepPermissions,
	}
	totals := make(map[string]StepTotals, len(kinds))
	err := r.each(ctx, `SELECT `+fate+`, sum(want_identities), sum(want_social), sum(want_suspensions), sum(want_resets), sum(want_properties),
 sum(want_passwords), sum(want_flags), sum(want_memberships), sum(want_roles), sum(want_permissions)
 FROM record WHERE `+counted+` AND outcome NOT IN ('rejected', 'skipped', 'deleted') GROUP BY 1`, nil, func(rows *sql.Rows) error {
		var fate Outcome
		wanted := make([]int64, len(kinds))
		to := []any{&fate}
		for i := range wanted {
			to = append(to, &wanted[i])
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for i, kind := range kinds {
			t := totals[kind]
			t.Wanted += wanted[i]
			switch fate {
			case Failed:
				t.Failed += wanted[i] // less what was done, below
			case Unchanged:
				t.Done += wanted[i] // less what failed
			}
			totals[kind] = t
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = r.each(ctx, stepSums, nil, func(rows *sql.Rows) error {
		var kind string
		var fate Outcome
		var done, failed int64
		if err := rows.Scan(&kind, &fate, &done, &failed); err != nil {
			return err
		}
		t, ok := totals[kind]
		if !ok {
			return nil
		}
		switch fate {
		case Failed:
			failed = -done
		case Unchanged:
			done = -failed
		}
		t.Done, t.Failed = t.Done+done, t.Failed+failed
		totals[kind] = t
		return nil
	})
	return totals, err
}
