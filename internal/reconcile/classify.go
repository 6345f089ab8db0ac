package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// candidate is a record with the user that it was paired with.
type candidate struct {
	Finding
	state   state
	outcome checkpoint.Outcome // by the checkpoint; "" unknown
	lost    bool               // the import said that a verified state is lost
	user    []byte
	have    []byte
	deep    bool
}

// compareRecords goes over the records in the order of the source.
func (r *reconciler) compareRecords(ctx context.Context) error {
	var done int64
	for after := int64(0); ; {
		var page []candidate
		err := r.stage.each(ctx, func(rows *sql.Rows) error {
			var c candidate
			var id sql.NullString
			var outcome string
			err := rows.Scan(&c.Record, &c.Line, &c.File, &c.state, &c.key, &c.Code, &c.Reason, &c.user, &outcome, &c.lost, &id, &c.have)
			c.outcome, c.KindeID = checkpoint.Outcome(outcome), id.String
			page = append(page, c)
			return err
		}, `SELECT r.number, r.line, r.file, r.state, r.key, r.code, r.reason, r.user, r.outcome, r.lost, h.id, h.user
 FROM record r LEFT JOIN have h ON h.seq = r.mate WHERE r.number > ? ORDER BY r.number LIMIT ?`, after, pageOf)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		after = page[len(page)-1].Record
		for i := range page {
			if err := r.prepare(ctx, &page[i]); err != nil {
				return err
			}
		}
		if err := r.askDeep(ctx, page); err != nil {
			return err
		}
		for i := range page {
			c := &page[i]
			r.classify(c)
			if err := r.opt.Each(c.Finding); err != nil {
				return err
			}
		}
		done += int64(len(page))
		r.opt.Progress("Comparing", done, r.result.Records)
	}
}

// prepare unpacks both sides and says what the source wants in this tenant.
func (r *reconciler) prepare(ctx context.Context, c *candidate) error {
	var u mapping.User
	if c.user != nil {
		if err := json.Unmarshal(c.user, &u); err != nil {
			return fmt.Errorf("reading record %d again: %w", c.Record, err)
		}
		c.SourceID = u.SourceID
		for _, i := range u.Identities {
			if i.Type == mapping.Email {
				c.Email = i.Value
				break
			}
		}
	}
	if c.have != nil {
		if err := json.Unmarshal(c.have, &c.mate); err != nil {
			return fmt.Errorf("reading the user %s again: %w", c.KindeID, err)
		}
	}
	if c.state != wanted {
		return nil
	}
	if c.have == nil && u.SourceID != "" && len(u.Identities) > 0 {
		var err error
		if c.other, err = r.stage.carrier(ctx, u.SourceID); err != nil {
			return err
		}
	}
	want, problems, out := r.resolver.Desired(&u)
	c.want = want
	for _, p := range problems {
		if p.Severity == mapping.Warning {
			r.result.LeftOut[string(p.Code)+" "+p.Field]++
			continue
		}
		if out && c.outcome == "" {
			c.state, c.Code, c.Reason = rejected, string(p.Code), p.Message
		}
	}
	if c.have != nil && c.state == wanted {
		r.result.DeepOf++
		// Every n-th, the first one included, so that a sample is never empty.
		of, share := float64(r.result.DeepOf), r.opt.Deep/100
		c.deep = share > 0 && int64(of*share-1e-9) > int64((of-1)*share-1e-9) || share > 0 && r.result.DeepOf == 1
	}
	return nil
}

// askDeep asks for the identities of those users whose verified states are compared.
func (r *reconciler) askDeep(ctx context.Context, page []candidate) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.opt.Concurrency)
	for i := range page {
		c := &page[i]
		if !c.deep {
			continue
		}
		r.result.DeepChecked++
		g.Go(func() error {
			var list []compare.Identity
			for x, err := range r.opt.Tenant.GetUserIdentities(kinde.WithSubject(ctx, c.KindeID), c.KindeID) {
				if err != nil {
					gone, err := kinde.Gone(ctx, r.opt.Tenant, c.KindeID, err)
					if gone {
						c.have, c.deep = nil, false // deleted since the listing
						return nil
					}
					return fmt.Errorf("reading the identities of the user %s: %w", c.KindeID, err)
				}
				value := x.Name
				if x.Kind() == "email" && x.Email != "" {
					value = x.Email
				}
				list = append(list, compare.Identity{Kind: x.Kind(), Value: value, Verified: x.IsConfirmed})
			}
			c.mate.Identities = withVerified(c.mate.Identities, list)
			return nil
		})
	}
	return g.Wait()
}

// withVerified adds the verified states to the identities of the listing, which
// alone shows connections as they are compared.
func withVerified(listed, asked []compare.Identity) []compare.Identity {
	for _, a := range asked {
		same := func(i compare.Identity) bool {
			return i.Kind == a.Kind && compare.Fold(i.Kind, i.Value) == compare.Fold(a.Kind, a.Value)
		}
		if n := slices.IndexFunc(listed, same); n >= 0 {
			listed[n].Verified = listed[n].Verified || a.Verified
		}
	}
	return listed
}

// keeps is the outcome of a record whose user keeps in the tenant what the source
// has dropped or cleared since: it does not match, and the import said so.
const keeps = "kept"

// classify compares a record with its user, and counts it.
func (r *reconciler) classify(c *candidate) {
	there := c.have != nil
	var found []compare.Difference
	if there && c.state == wanted {
		for _, d := range compare.Users(c.want, c.mate.User, compare.Known{Profile: true, Identities: true, Connections: c.mate.Connections,
			Properties: true, Organizations: true, Roles: true, Verified: c.deep && !c.lost}) {
			// Nobody who has never signed in can have proved an address: a flag was raised.
			raised := d.Extra && d.Expected == "false" && d.Actual == "true" && !c.mate.SignedIn
			if !d.Extra || raised {
				found = append(found, d)
			} else {
				c.beyond = append(c.beyond, d)
			}
		}
	}
	switch {
	case c.state == rejected:
		c.Class, c.Reported = Explained, "rejected"
	case c.state == skipped:
		c.Class, c.Reported = Explained, "skipped"
	case c.outcome == checkpoint.Skipped && there, c.outcome == checkpoint.Rejected, c.outcome == checkpoint.Deleted:
		// Whom the import left alone was there; who is not there now is missing.
		c.Class, c.Reported = Explained, string(c.outcome)
	case c.outcome == checkpoint.Failed && !r.opt.Repair && (!there || len(found) > 0):
		c.Class, c.Reported = Explained, "failed"
	case !there:
		c.Class = Missing
	case len(found) > 0:
		c.Class, c.Differences = Different, found
	case c.outcome == keeps:
		c.Class, c.Reported = Explained, keeps
	default:
		c.Class = Match
	}
	switch c.Class {
	case Explained:
		r.result.Explained++
	case Missing:
		r.result.Missing++
	case Different:
		r.result.Different++
	default:
		r.result.Matched++
	}
	if c.Class != Explained {
		c.Code, c.Reason = "", ""
	}
	if c.Class == Missing && c.other != "" {
		c.Code, c.Reason = string(mapping.IdentityTaken), importer.IDTakenMessage(c.other)
	}
}

// others goes over the users that no record describes.
func (r *reconciler) others(ctx context.Context) error {
	for after := int64(0); ; {
		var page []Finding
		var ids []string
		var created []int64
		err := r.stage.each(ctx, func(rows *sql.Rows) error {
			var f Finding
			var at int64
			var data []byte
			if err := rows.Scan(&after, &f.KindeID, &at, &data); err != nil {
				return err
			}
			var u shown
			if err := json.Unmarshal(data, &u); err != nil {
				return err
			}
			f.SourceID, f.mate = u.ProvidedID, u
			for _, i := range u.Identities {
				if i.Kind == "email" {
					f.Email = i.Value
					break
				}
			}
			page, ids, created = append(page, f), append(ids, f.KindeID), append(created, at)
			return nil
		}, `SELECT seq, id, created, user FROM have WHERE mate IS NULL AND seq > ? ORDER BY seq LIMIT ?`, after, pageOf)
		if err != nil || len(page) == 0 {
			return err
		}
		known := map[string]checkpoint.Record{}
		if r.opt.Checkpoint != nil {
			if known, err = r.opt.Checkpoint.RecordsByKindeID(ctx, ids); err != nil {
				return fmt.Errorf("asking the checkpoint for users: %w", err)
			}
		}
		for i := range page {
			f := &page[i]
			f.Class = Unexpected
			_, ours := known[f.KindeID] // of an earlier version of the source, or of a part of it that is not read now
			// Of a source that was cut nobody can say whom it does not hold.
			if ours || r.opt.Import.Partial || r.began > 0 && created[i] > 0 && created[i] < r.began {
				f.Class = Older
				r.result.Older++
			} else {
				r.result.Unexpected++
			}
			if err := r.opt.Each(*f); err != nil {
				return err
			}
		}
	}
}
