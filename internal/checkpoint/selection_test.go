package checkpoint

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
)

// takes is what a Selection promises, in Go.
func (s Selection) takes(r *Record, source, pass int, differing map[int64]bool) bool {
	any := func(n int, is func(int) bool) bool { return n == 0 || slices.ContainsFunc(slices.Collect(upTo(n)), is) }
	counted := r.Seen == source || (r.Outcome == Deleted || r.Outcome == Failed) && r.Pass == pass
	return (s.Any || s.Gone && r.Seen < source || !s.Gone && counted) &&
		any(len(s.Outcomes), func(i int) bool { return s.Outcomes[i] == r.Outcome }) &&
		any(len(s.Owners), func(i int) bool { return s.Owners[i] == r.Owner }) &&
		any(len(s.Stage), func(i int) bool { return s.Stage[i] == r.Stage }) &&
		(s.Pass == 0 || r.Pass == s.Pass || s.Differing && differing[r.ID]) &&
		(!s.Properties || r.Want.Properties > 0) && (!s.Suspended || r.Want.Suspensions > 0) &&
		(!s.Elsewhere || r.File == Elsewhere)
}

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

// A selection takes exactly the records that all of its fields hold for, whatever
// is asked of it, over several pages.
func TestSelections(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	outcomes := []Outcome{Pending, Created, Updated, Unchanged, Skipped, Rejected, Failed, Deleted}
	owners, stages := []Owner{NoOwner, Made, Adopted, Existed}, []Stage{Untouched, Intended, Present}
	s := memory(t)
	must(t, s.Commit(t.Context(), SetJob{Job{Pass: 2, Source: 2}}))
	var records PutRecords
	var differences AddDifferences
	differing := map[int64]bool{}
	for i := range int64(2*pageOf + 1) {
		pick := func(n int) int { return random.IntN(n) }
		records = append(records, &Record{ID: i + 1, File: pick(3) - 1, Number: i, Outcome: outcomes[pick(8)], Owner: owners[pick(4)],
			Stage: stages[pick(3)], Pass: 1 + pick(2), Seen: 1 + pick(2), Want: Wants{Properties: pick(2), Suspensions: pick(2)}})
		if pick(3) == 0 {
			differing[i+1] = true
			differences = append(differences, Difference{Record: i + 1})
		}
	}
	must(t, s.Commit(t.Context(), records, differences))
	selections := []Selection{{}, {Any: true}, {Gone: true}, LeftSource, Standing,
		{Outcomes: []Outcome{Pending}}, {Outcomes: []Outcome{Failed}},
		{Outcomes: []Outcome{Created, Pending}}, {Owners: []Owner{Made}}, {Stage: []Stage{Untouched, Present}}, {Pass: 1}, {Pass: 2},
		{Pass: 1, Differing: true}, {Differing: true}, {Properties: true}, {Suspended: true},
		{Elsewhere: true}, {Outcomes: []Outcome{Pending}, Elsewhere: true},
		{Any: true, Owners: []Owner{Existed}, Stage: []Stage{Present}, Pass: 1, Properties: true, Suspended: true}}
	for _, x := range selections {
		var want []int64
		for _, r := range records {
			if x.takes(r, 2, 2, differing) {
				want = append(want, r.ID)
			}
		}
		var got []int64
		for r, err := range s.Records(t.Context(), x) {
			must(t, err)
			got = append(got, r.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v takes %d records, want %d", x, len(got), len(want))
		}
		n, err := s.Count(t.Context(), x)
		some, e := s.Some(t.Context(), x)
		if err != nil || e != nil || n != int64(len(want)) || some != (n > 0) {
			t.Errorf("%+v: %d records, some %v, %v, %v", x, n, some, err, e)
		}
	}
	if some, err := s.Some(t.Context(), Selection{Pass: 9}); err != nil || some {
		t.Errorf("somebody of a pass that was not: %v, %v", some, err)
	}
	n := 0
	for range s.Records(t.Context(), Selection{Any: true}) {
		if n++; n == pageOf+1 {
			break
		}
	}
	if n != pageOf+1 {
		t.Errorf("%d records after the loop was to end", n)
	}
}

// A record that an earlier pass created or updated is unchanged in this one.
func TestShownOutcome(t *testing.T) {
	for _, o := range []Outcome{Pending, Created, Updated, Unchanged, Skipped, Rejected, Failed, Deleted} {
		for pass := 1; pass <= 3; pass++ {
			want := o
			if pass == 3 && (o == Created || o == Updated) {
				want = Unchanged
			}
			if got := (&Record{Outcome: o, Pass: 2}).ShownOutcome(pass); got != want {
				t.Errorf("%s of pass 2 in pass %d is %s", o, pass, got)
			}
		}
	}
}

// What a record with every class has counts once, as its class says.
func TestStepsAddUp(t *testing.T) {
	for _, c := range []struct {
		outcome Outcome
		states  []StepState
		want    StepTotals
	}{
		{Pending, nil, StepTotals{3, 0, 0}},
		{Created, []StepState{Done, Found, Refused}, StepTotals{3, 2, 1}},
		{Created, []StepState{Done, Done, Omitted}, StepTotals{3, 2, 0}},
		{Unchanged, nil, StepTotals{3, 3, 0}},
		{Unchanged, []StepState{Done, GaveUp}, StepTotals{3, 2, 1}},
		{Failed, nil, StepTotals{3, 0, 3}},
		{Failed, []StepState{Done, GaveUp}, StepTotals{3, 1, 2}},
		{Rejected, []StepState{Done}, StepTotals{}},
	} {
		s := memory(t)
		must(t, s.Commit(t.Context(), SetJob{Job{Pass: 1, Source: 1}}, PutRecords{{Number: 1, Seen: 1, Outcome: c.outcome, Pass: 1,
			Want: Wants{Roles: 3}}}, PutStep{Step{Record: 1, Kind: StepKept, State: Omitted}}))
		for i, state := range c.states {
			must(t, s.Commit(t.Context(), PutStep{Step{Record: 1, Kind: StepRoles, Key: fmt.Sprint("org_", i), State: state, Units: 1}}))
		}
		if got, err := s.Steps(t.Context()); err != nil || got[StepRoles] != c.want || len(got) > 10 {
			t.Errorf("%s with %v: %+v, want %+v, %v", c.outcome, c.states, got[StepRoles], c.want, err)
		}
		organizations, err := s.Organizations(t.Context())
		if err != nil || len(organizations) != 0 {
			t.Errorf("%v, %v", organizations, err)
		}
	}
	s := memory(t)
	for i, state := range []StepState{Done, Done, Refused, GaveUp, Omitted, Intent} {
		must(t, s.Commit(t.Context(), PutStep{Step{Record: int64(i), Kind: StepMemberships, Key: "org_1", State: state}}))
	}
	if got, err := s.Organizations(t.Context()); err != nil || got["org_1"] != (StepTotals{6, 2, 2}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Of several records with one key the one that came furthest counts, then the first;
// of several with one user the one whose user it is.
func TestWhichRecordCounts(t *testing.T) {
	key := Digest{1}
	for _, c := range []struct {
		stages []Stage
		want   int64
	}{
		{[]Stage{Untouched, Untouched}, 1}, {[]Stage{Untouched, Present}, 2}, {[]Stage{Present, Intended}, 1},
		{[]Stage{Intended, Present, Present}, 2}, {[]Stage{Present, Present}, 1},
	} {
		for _, backwards := range []bool{false, true} {
			s := memory(t)
			for i, stage := range c.stages {
				id := int64(i + 1)
				if backwards { // the order in which they lie in an index decides nothing
					id = int64(len(c.stages) - i)
					stage = c.stages[id-1]
				}
				must(t, s.Commit(t.Context(), PutRecords{{ID: id, Key: key, Stage: stage}}))
			}
			if got, err := s.RecordsByKey(t.Context(), []Digest{key}); err != nil || got[key].ID != c.want {
				t.Errorf("stages %v: record %d, want %d, %v", c.stages, got[key].ID, c.want, err)
			}
		}
	}
	for _, c := range []struct {
		owners []Owner
		want   int64
	}{
		{[]Owner{Existed, Made}, 2}, {[]Owner{NoOwner, Adopted}, 2}, {[]Owner{Made, Existed}, 1}, {[]Owner{Made, Adopted}, 1},
		{[]Owner{Existed, NoOwner, Made}, 3},
	} {
		s := memory(t)
		for _, owner := range c.owners {
			must(t, s.Commit(t.Context(), PutRecords{{KindeID: "kp_1", Owner: owner}}))
		}
		if got, err := s.RecordsByKindeID(t.Context(), []string{"kp_1", ""}); err != nil || len(got) != 1 || got["kp_1"].ID != c.want {
			t.Errorf("owners %q: %+v, %v", c.owners, got, err)
		}
	}
}

// What is asked for in bulk is asked for in pieces, none of which is forgotten.
func TestManyAtOnce(t *testing.T) {
	s := memory(t)
	must(t, s.Commit(t.Context(), SetJob{Job{Pass: 1, Source: 1}}))
	var records PutRecords
	var numbers []int64
	var keys []Digest
	var ids []string
	for i := int64(1); i <= 501; i++ {
		r := &Record{ID: i, Number: i, Seen: 1, Key: Digest{byte(i), byte(i >> 8), 1}, KindeID: fmt.Sprint("kp_", i)}
		records, numbers, keys, ids = append(records, r), append(numbers, i), append(keys, r.Key), append(ids, r.KindeID)
		must(t, s.Post(t.Context(), PutStep{Step{Record: i, Kind: StepCreate, State: Done}}))
	}
	must(t, s.Commit(t.Context(), records))
	byNumber, err := s.RecordsByNumber(t.Context(), numbers)
	must(t, err)
	byKey, err := s.RecordsByKey(t.Context(), keys)
	must(t, err)
	byID, err := s.RecordsByKindeID(t.Context(), ids)
	must(t, err)
	steps, err := s.StepsOfMany(t.Context(), numbers)
	must(t, err)
	for i, r := range records {
		if byNumber[numbers[i]].ID != r.ID || byKey[r.Key].ID != r.ID || byID[r.KindeID].ID != r.ID || len(steps[r.ID]) != 1 {
			t.Fatalf("record %d is not among them", r.ID)
		}
	}
}

// Which records a retry takes up again, and which problems of theirs are forgotten.
func TestReopen(t *testing.T) {
	for name, c := range map[string]struct {
		reopen   Reopen
		pending  []int64
		problems int64
	}{
		"as every run": {Reopen{}, []int64{1, 3, 6}, 2},
		"the refused":  {Reopen{Refused: true}, []int64{1, 2, 3, 4, 6}, 0},
		"the dropped":  {Reopen{Dropped: true}, []int64{1, 3, 5, 6}, 2},
	} {
		s := memory(t)
		must(t, s.Commit(t.Context(), SetJob{Job{Pass: 1, Source: 1}}, PutRecords{
			{ID: 1, Seen: 1, Outcome: Failed}, {ID: 2, Seen: 1, Outcome: Failed}, {ID: 3, Seen: 1, Outcome: Deleted, Stage: Present},
			{ID: 4, Seen: 1, Outcome: Rejected}, {ID: 5, Seen: 1, Outcome: Created, Stage: Present}, {ID: 6, Seen: 1, Outcome: Pending},
			{ID: 7, Seen: 0, Outcome: Failed}, {ID: 8, Seen: 1, Outcome: Rejected},
		}, AddProblems{{Record: 4, Applying: true, Severity: "error"}, {Record: 6, Applying: true, Severity: "warning"}},
			PutStep{Step{Record: 1, Kind: StepRoles, State: GaveUp}}, PutStep{Step{Record: 2, Kind: StepRoles, State: Refused}},
			PutStep{Step{Record: 5, Kind: StepDropped, State: Omitted}}, PutStep{Step{Record: 7, Kind: StepRoles, State: GaveUp}}, c.reopen))
		var got []int64
		for r, err := range s.Records(t.Context(), Selection{Any: true, Outcomes: []Outcome{Pending}}) {
			must(t, err)
			got = append(got, r.ID)
			if r.ID == 3 && r.Stage != Untouched {
				t.Errorf("%s: whom a rollback deleted is at stage %d", name, r.Stage)
			}
		}
		counts, err := s.ProblemCounts(t.Context())
		if err != nil || !slices.Equal(got, c.pending) || counts[""] != c.problems {
			t.Errorf("%s: %v are pending, want %v; %d problems, want %d, %v", name, got, c.pending, counts[""], c.problems, err)
		}
	}
}

// Different yields each record that did not match once, in order, whatever was found of
// it, and ends where its reader has enough.
func TestDifferentRecords(t *testing.T) {
	s := memory(t)
	must(t, s.Commit(t.Context(), PutDifferences{
		{Record: 3, Kind: "differs", Field: "a"}, {Record: 1, Kind: "missing"}, {Record: 3, Kind: "differs", Field: "b"},
		{Record: 0, Kind: "extra", Actual: "eve@example.com"}, {Record: 2, Kind: "differs"}, {Record: 2, Kind: "missing"},
	}))
	want := []Different{{1, true}, {2, true}, {3, false}}
	for enough := 1; enough <= len(want)+1; enough++ {
		var got []Different
		for d, err := range s.Different(t.Context()) {
			must(t, err)
			got = append(got, d)
			if len(got) == enough {
				break
			}
		}
		if !slices.Equal(got, want[:min(enough, len(want))]) {
			t.Errorf("the first %d are %v", enough, got)
		}
	}
	must(t, s.Close())
	failed := 0
	for d, err := range s.Different(t.Context()) {
		if failed++; err == nil || d != (Different{}) {
			t.Errorf("of a closed checkpoint: %v, %v", d, err)
		}
	}
	if failed != 1 {
		t.Errorf("a closed checkpoint says %d things", failed)
	}
}
