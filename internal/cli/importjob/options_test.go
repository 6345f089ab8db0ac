package importjob

import "testing"

// A correction keeps everybody in the source whom it does not name, so a newer source
// must never be taken for one.
func TestCorrections(t *testing.T) {
	const job = "exports/users.csv.checkpoint"
	for _, c := range []struct {
		files []string
		job   string
		want  bool
	}{
		{[]string{"exports/users.csv"}, job, false},
		{[]string{"exports/newer.csv"}, job, false}, // wherever the report is written
		{[]string{"exports/users.csv.checkpoint.report/rejects.csv"}, job, true},
		{[]string{"exports/users.csv.checkpoint.report/rejects.csv", "exports/users.csv.checkpoint.report/rejects.2.csv"}, job, true},
		{[]string{"exports/users.csv.checkpoint.report/corrected.csv"}, job, true},
		{[]string{"exports/../exports/users.csv.checkpoint.report/corrected.csv"}, job, true},
		{[]string{"other/rejects.csv"}, job, true},
		{[]string{"other/rejects.csv", "exports/newer.csv"}, job, false},
		{[]string{"other.report/corrected.csv"}, job, false},
		{[]string{"rejects.csv"}, "rejects.csv.checkpoint", false}, // the source itself
		{[]string{"./rejects.csv"}, "rejects.csv.sandbox.checkpoint", false},
		{[]string{"-"}, job, false},
		{nil, job, false},
	} {
		if have := IsCorrection(c.files, c.job); have != c.want {
			t.Errorf("%q for %s: %t, want %t", c.files, c.job, have, c.want)
		}
	}
}
