package intake

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// row is a row of the source and what the first pass must know about it.
type row struct {
	item   Item
	joined []bool
	claims []claim // of item.Keys
	group  uint64  // of the user columns
	filled []int32 // the fields in which it holds something
	fail   string  // why an expression could not be computed
	absent *absent // it is no record at all
}

// mapRow maps a parsed record into r. bad is the *source.Malformed that parsing
// returned, or nil. With a scratch the result lives as long as the scratch is not reset.
func (in *Intake) mapRow(ctx context.Context, r *row, rec *mapping.Record, bad error, mark bool, k *scratch) error {
	it := &r.item
	it.Record = *rec
	it.Position = Position{File: rec.File, Number: rec.Number, Line: rec.Line, Offset: rec.Offset, Length: int64(len(rec.Raw))}
	if bad != nil {
		it.Disposition = Reject
		p := mapping.Problem{Severity: mapping.Error, Code: mapping.RecordMalformed, Message: bad.Error()}
		var m *source.Malformed
		if errors.As(bad, &m) {
			p.Hint = m.Hint
		}
		it.Problems = []mapping.Problem{p}
		it.Key = contentKey(rec.Raw)
		return nil
	}
	var err error
	var strange []mapping.Problem
	if r.joined, strange, err = in.attach(ctx, &it.Record, mark); err != nil {
		return err
	}
	joinFault := ""
	if len(in.joins) > 0 && in.m.Faulty() {
		for _, j := range in.joins {
			joinFault = cmp.Or(joinFault, j.table.UserFault(rec))
		}
	}
	res := in.m.MapIn(k.workspace(), &it.Record, in.env)
	it.User, it.Problems, r.filled, r.fail = res.User, res.Problems, res.Filled, cmp.Or(joinFault, res.Fail)
	it.Marks, it.Roles = res.Marks, res.Roles
	if len(strange) > 0 {
		it.Problems = slices.Concat(it.Problems, strange)
	}
	in.claim(r, k)
	switch {
	case res.Filtered:
		it.Disposition = Filtered
	case res.Rejected():
		it.Disposition = Reject
	case res.Skip != "":
		it.Disposition, it.Reason = Skip, res.Skip
	}
	if in.erased(r); it.Disposition != Filtered && r.fail == "" && it.User != nil {
		ok, why, fail := in.keep.matches(it)
		switch {
		case fail != "":
			r.fail = "the expression in --filter can't be computed: " + fail
		case why != "":
			it.Disposition = Reject
			it.Problems = append(it.Problems, mapping.Problem{Severity: mapping.Error, Code: mapping.RecordMalformed,
				Message: "the filter fails for this record: " + why, Hint: "Correct the expression in --filter."})
		case !ok:
			it.Disposition = Filtered
		}
	}
	return nil
}

// claim finds the keys of a mapped row, and with a scratch what the search for
// duplicates needs.
func (in *Intake) claim(r *row, k *scratch) {
	it := &r.item
	if k == nil {
		it.Keys, _ = keysOf(it.User, nil, nil)
	} else {
		keys, claims := len(k.keys), len(k.claims)
		k.keys, k.claims = keysOf(it.User, k.keys, k.claims)
		it.Keys, r.claims = k.keys[keys:len(k.keys):len(k.keys)], k.claims[claims:len(k.claims):len(k.claims)]
		for i := range it.Keys {
			r.claims[i].hash = in.dig.key(it.Keys[i])
		}
		if len(r.claims) > 0 {
			r.group, k.buf = in.dig.columns(it.User, k.buf[:0])
		}
	}
	if len(it.Keys) > 0 {
		it.Key = it.Keys[0]
	} else {
		it.Key = contentKey(it.Record.Raw)
	}
}

// again reads and maps one row by its position.
func (in *Intake) again(ctx context.Context, at Position) (Item, error) {
	if at.File < 0 || at.File >= len(in.files) {
		return Item{}, errors.New("a position is in a file that the source does not have")
	}
	raw, fields, err := in.files[at.File].Record(ctx, at.Offset, at.Length)
	var bad *source.Malformed
	if err != nil && !errors.As(err, &bad) {
		return Item{}, err
	}
	rec := mapping.Record{File: at.File, Number: at.Number, Line: at.Line, Offset: at.Offset, Raw: raw, Fields: fields}
	var e error
	if bad != nil {
		e = bad
	}
	var r row
	err = in.mapRow(ctx, &r, &rec, e, false, nil)
	return r.item, err
}

// united reads a record with all its further rows.
func (in *Intake) united(ctx context.Context, at Position) (Item, error) {
	it, err := in.again(ctx, at)
	if err != nil {
		return it, err
	}
	for _, p := range at.Rows {
		more, err := in.again(ctx, p)
		if err != nil {
			return it, err
		}
		it.absorb(&more)
	}
	return it, nil
}

// apart returns a copy of the item that absorb may change.
func (it *Item) apart() Item {
	out := *it
	out.Keys, out.Rows, out.Problems = slices.Clip(it.Keys), slices.Clip(it.Rows), slices.Clip(it.Problems)
	if it.User == nil {
		return out
	}
	u := *it.User
	u.OtherIDs, u.Identities, u.Links = slices.Clip(u.OtherIDs), slices.Clip(u.Identities), slices.Clip(u.Links)
	u.Properties, u.Flags = slices.Clone(u.Properties), slices.Clone(u.Flags)
	u.Memberships = slices.Clone(u.Memberships)
	for i := range u.Memberships {
		m := &u.Memberships[i]
		m.Roles, m.Permissions = slices.Clip(m.Roles), slices.Clip(m.Permissions)
	}
	out.User = &u
	return out
}

// absorb unites a further row, or another record of the same person, with the item.
// What the item says of the person stands; a verified flag is never raised.
func (it *Item) absorb(more *Item) {
	it.Rows = append(it.Rows, more.Position)
	for _, k := range more.Keys {
		if indexKey(it.Keys, k) < 0 {
			it.Keys = append(it.Keys, k)
		}
	}
	it.Marks |= more.Marks
	it.Roles = append(slices.Clip(it.Roles), more.Roles...)
	u, v := it.User, more.User
	if u == nil || v == nil {
		return
	}
	it.Problems = append(it.Problems, contradictions(u, v, more.Number)...)
	mapping.AddMemberships(u, v)
	if v.SourceID != "" && v.SourceID != u.SourceID {
		if u.SourceID == "" {
			u.SourceID = v.SourceID
		} else {
			u.OtherIDs = append(u.OtherIDs, v.SourceID)
		}
	}
	for _, id := range v.Identities {
		if id.Type == mapping.Username && hasType(u, mapping.Username) {
			continue // a user has one username
		}
		if !hasIdentity(u, id) {
			u.Identities = append(u.Identities, id)
		}
	}
	for _, l := range v.Links {
		if !hasLink(u, l) {
			u.Links = append(u.Links, l)
		}
	}
	if u.Password == nil {
		u.Password, u.PasswordStale = v.Password, v.PasswordStale
	}
	u.GivenName, u.FamilyName, u.Picture = or(u.GivenName, v.GivenName), or(u.FamilyName, v.FamilyName), or(u.Picture, v.Picture)
	u.Suspended = u.Suspended || v.Suspended
	u.PasswordReset = u.PasswordReset || v.PasswordReset
	u.MFA = u.MFA || v.MFA
	u.Properties = addMissing(u.Properties, v.Properties)
	u.Flags = addMissing(u.Flags, v.Flags)
	if len(more.Problems) > 0 && !slices.Equal(it.Problems, more.Problems) {
		it.Problems = append(it.Problems, more.Problems...)
	}
}
