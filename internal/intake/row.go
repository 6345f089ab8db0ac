package intake

import (
	"context"
	"errors"

	"github.com/kinde-migrate/kinde-migrate/internal/source"
	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// row is a row of the source and what the first pass must know about it.
type row struct {
	item   Item
	joined []bool
	hash   []uint64 // of item.Keys
	group  uint64   // of the user columns
	absent bool     // it is no record at all
}

// mapRow maps a parsed record. bad is the *source.Malformed that parsing returned, or nil.
func (in *Intake) mapRow(ctx context.Context, rec mapping.Record, bad error, mark bool) (row, error) {
	r := row{item: Item{Record: rec, Position: Position{File: rec.File, Number: rec.Number, Line: rec.Line, Offset: rec.Offset, Length: int64(len(rec.Raw))}}}
	it := &r.item
	if bad != nil {
		it.Disposition = Reject
		it.Problems = []mapping.Problem{{Severity: mapping.Error, Code: mapping.RecordMalformed, Message: bad.Error()}}
		it.Key, _ = keysOf(nil, rec.Raw)
		return r, nil
	}
	var err error
	if r.joined, err = in.attach(ctx, &it.Record, mark); err != nil {
		return r, err
	}
	res := in.m.Map(&it.Record, in.env)
	it.User, it.Problems = res.User, res.Problems
	it.Key, it.Keys = keysOf(res.User, rec.Raw)
	switch {
	case res.Filtered:
		it.Disposition = Filtered
	case res.Rejected():
		it.Disposition = Reject
	case res.Skip != "":
		it.Disposition, it.Reason = Skip, res.Skip
	}
	if it.Disposition != Filtered && !in.keep.matches(it) {
		it.Disposition = Filtered
	}
	return r, nil
}

// digest prepares what the search for duplicates needs.
func (in *Intake) digest(r *row) {
	for _, k := range r.item.Keys {
		r.hash = append(r.hash, in.dig.key(k))
	}
	if r.item.User != nil {
		r.group = in.dig.columns(r.item.User)
	}
}

// again reads and maps one row by its position.
func (in *Intake) again(ctx context.Context, at Position) (Item, error) {
	if at.File < 0 || at.File >= len(in.files) {
		return Item{}, errors.New("a position names a file that the source does not have")
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
	r, err := in.mapRow(ctx, rec, e, false)
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

// absorb unites a further row, or another record of the same person, with the item.
// What the item says of the person stands; a verified flag is never raised.
func (it *Item) absorb(more *Item) {
	it.Rows = append(it.Rows, more.Position)
	for _, k := range more.Keys {
		if !containsKey(it.Keys, k) {
			it.Keys = append(it.Keys, k)
		}
	}
	u, v := it.User, more.User
	if u == nil || v == nil {
		return
	}
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
	if len(more.Problems) > 0 && !sameProblems(it.Problems, more.Problems) {
		it.Problems = append(it.Problems, more.Problems...)
	}
}
