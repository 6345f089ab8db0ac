package report

import (
	"errors"
	"fmt"
)

// ErrSums tells that a report contradicts itself. It is never expected: a
// report that does not add up must not be shown as if it did.
var ErrSums = errors.New("the totals do not add up")

// Check asserts that the report adds up.
func (r *Report) Check() error {
	var errs []error
	if got := r.Totals.sum(); got != r.Totals.Records {
		errs = append(errs, fmt.Errorf("%w: %d records, but the classes hold %d", ErrSums, r.Totals.Records, got))
	}
	var calls int64
	for _, op := range r.API.ByOperation {
		calls += op.Calls
	}
	if calls != r.API.Calls {
		errs = append(errs, fmt.Errorf("%w: %d calls, but the operations hold %d", ErrSums, r.API.Calls, calls))
	}
	if c := r.Reconciliation; c.Performed {
		if got := c.Matched + c.Missing + c.Different + c.Explained; got != r.Totals.Records {
			errs = append(errs, fmt.Errorf("%w: %d records, but the read-back accounts for %d", ErrSums, r.Totals.Records, got))
		}
	}
	for name, s := range r.Steps {
		if s.Done+s.Failed > s.Wanted {
			errs = append(errs, fmt.Errorf("%w: %d %s wanted, but %d done and %d failed", ErrSums, s.Wanted, name, s.Done, s.Failed))
		}
	}
	return errors.Join(errs...)
}

// PlanExactly says how many requests of each operation a dry run would have sent.
func (r *Report) PlanExactly(calls map[string]int64) {
	r.API.CallsPlanned = make(map[string]Planned, len(calls))
	for operation, n := range calls {
		r.API.CallsPlanned[operation] = Planned{Min: n, Max: n, Exact: true}
	}
}
