package backup

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// Backup is one backup, opened for reading.
type Backup struct {
	Folder     string
	Manifest   *Manifest
	Identities Identities
}

// OpenBackup opens the backup in this folder, and reads all of it first: what
// was cut or edited since it was written is a *DamagedError.
func Open(ctx context.Context, folder string, ids Identities) (*Backup, error) {
	m, _, err := ReadManifest(folder)
	if err != nil {
		return nil, err
	}
	if m.Encrypted && len(ids) == 0 {
		return nil, ErrNeedsIdentity
	}
	folder = filepath.Clean(folder)
	v := &Verification{}
	repo := &Repository{dir: filepath.Dir(folder)}
	if err := repo.verifyFiles(ctx, filepath.Base(folder), m, ids, v); err != nil {
		return nil, err
	}
	return &Backup{folder, m, ids}, v.damage(repo.dir)
}

// WriteUsers writes the users as NDJSON, as they stand in the backup.
func (b *Backup) WriteUsers(ctx context.Context, w io.Writer) error {
	f, ok := b.Manifest.file(KindUsers)
	if !ok {
		return nil
	}
	out := bufio.NewWriterSize(w, 1<<16)
	for _, line := range lines(b.Folder, f.Name, b.Identities) {
		if err := firstOf(line.err, ctx.Err()); err != nil {
			return err
		}
		if _, err := out.Write(line.data); err != nil {
			return err
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return out.Flush()
}

// VerifyMember proves a file that lies in a backup's folder by the manifest
// there; any other file passes. It is for those who read one file of a backup.
func VerifyMember(ctx context.Context, path string) error {
	folder := filepath.Dir(path)
	_, named := timeOfName(filepath.Base(folder))
	if _, err := os.Stat(filepath.Join(folder, ManifestSumFile)); err != nil && !named {
		return nil
	}
	m, _, err := ReadManifest(folder)
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	i := slices.IndexFunc(m.Files, func(f FileRef) bool { return f.Name == name })
	if i < 0 {
		return nil // a report, or something of the operator's
	}
	v := &Verification{}
	repo := &Repository{dir: filepath.Dir(folder)}
	if _, err := repo.hashFile(ctx, filepath.Base(folder), m.Files[i], v); err != nil {
		return err
	}
	return v.damage(repo.dir)
}

// Users returns the users in the order of their ids.
func (b *Backup) Users(context.Context) iter.Seq2[*tenant.Row, error] {
	return rowsOf[tenant.Row](b.Folder, b.Manifest, KindUsers, b.Identities)
}

// DiffOptions says what counts as a difference.
type DiffOptions struct {
	SignIns bool // also sign-ins, second factors and sessions, which change every day
	Max     int  // items that are kept; 0 is 1,000. The counts are always complete
}

// Diff is what changed from one backup to another.
type Diff struct {
	Schema    string           `json:"schema"`
	From      string           `json:"from"`
	To        string           `json:"to"`
	Totals    map[string]int64 `json:"totals"` // users: came, went, changed, same
	Items     []Difference     `json:"items"`
	Truncated bool             `json:"truncated"`
}

// Difference is one thing that came, went or changed.
type Difference struct {
	Kind    string   `json:"kind"`   // users, organizations, roles …
	Change  string   `json:"change"` // came, went, changed
	ID      string   `json:"id"`     // of a user; key or code of anything else
	Name    string   `json:"name,omitempty"`
	Changes []Change `json:"changes,omitempty"`

	members []tenant.Membership // of a user who came
}

// Change is one field of it, as JSON.
type Change struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from"`
	To    json.RawMessage `json:"to"`
}

// None tells that the backups hold the same.
func (d *Diff) None() bool {
	return d.Totals["came"]+d.Totals["went"]+d.Totals["changed"]+d.Totals["definitions"] == 0
}

// Compare walks two backups side by side. Fields that only one of them read are not compared.
func Compare(ctx context.Context, a, b *Backup, o DiffOptions) (*Diff, error) {
	if o.Max <= 0 {
		o.Max = 1000
	}
	d := &Diff{Schema: "kinde-migrate.diff/1", From: a.Manifest.Name, To: b.Manifest.Name, Items: []Difference{},
		Totals: map[string]int64{"came": 0, "went": 0, "changed": 0, "same": 0, "definitions": 0}}
	for _, kind := range []string{KindOrganizations, KindRoles, KindPermissions, KindProperties, KindCategories, KindConnections, KindFlags} {
		if err := d.definitions(a, b, kind, o); err != nil {
			return nil, err
		}
	}
	ignored := map[string]bool{"details_on": true}
	if !o.SignIns {
		for _, f := range []string{"last_signed_in", "total_sign_ins", "mfa", "sessions", "sessions_cut"} {
			ignored[f] = true
		}
	}
	nextA, stopA := iter.Pull2(a.Users(ctx))
	defer stopA()
	nextB, stopB := iter.Pull2(b.Users(ctx))
	defer stopB()
	x, errA, okA := nextA()
	y, errB, okB := nextB()
	for okA || okB {
		if err := firstOf(errA, errB, ctx.Err()); err != nil {
			return nil, fmt.Errorf("comparing: %w", err)
		}
		switch {
		case !okB || okA && x.ID < y.ID:
			d.add(Difference{Kind: KindUsers, Change: "went", ID: x.ID, Name: x.Name()}, "went", o)
			x, errA, okA = nextA()
		case !okA || y.ID < x.ID:
			d.add(Difference{Kind: KindUsers, Change: "came", ID: y.ID, Name: y.Name(), members: y.Organizations}, "came", o)
			y, errB, okB = nextB()
		default:
			changes, err := changesOf(comparable(x, y), comparable(y, x), ignored)
			if err != nil {
				return nil, err
			}
			if len(changes) == 0 {
				d.Totals["same"]++
			} else {
				d.add(Difference{Kind: KindUsers, Change: "changed", ID: y.ID, Name: y.Name(), Changes: changes}, "changed", o)
			}
			x, errA, okA = nextA()
			y, errB, okB = nextB()
		}
	}
	return d, firstOf(errA, errB)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Diff) add(x Difference, total string, o DiffOptions) {
	d.Totals[total]++
	if len(d.Items) < o.Max {
		d.Items = append(d.Items, x)
	} else {
		d.Truncated = true
	}
}

// comparable returns the row in an order that does not matter, without what the other did not read.
func comparable(r, other *tenant.Row) *tenant.Row {
	c := *r
	c.Identities = slices.Clone(r.Identities)
	slices.SortFunc(c.Identities, func(a, b tenant.Identity) int {
		return strings.Compare(a.Type+" "+a.Value+" "+a.ConnectionID, b.Type+" "+b.Value+" "+b.ConnectionID)
	})
	if other.DetailsOn == nil {
		c.MFA, c.Sessions, c.SessionsCut = nil, nil, false
		for i := range c.Identities {
			x := &c.Identities[i]
			x.Verified, x.Primary = nil, nil
			if slices.ContainsFunc(other.Identities, func(o tenant.Identity) bool {
				return o.Type == x.Type && o.Value == x.Value && o.ConnectionID == ""
			}) {
				x.ConnectionID, x.Connection = "", tenant.ConnectionRef{}
			}
		}
	}
	c.Organizations = slices.Clone(r.Organizations)
	slices.SortFunc(c.Organizations, func(a, b tenant.Membership) int { return strings.Compare(a.Code, b.Code) })
	for i := range c.Organizations {
		m := &c.Organizations[i]
		m.Roles, m.Permissions = sorted(m.Roles), sorted(m.Permissions)
		if slices.ContainsFunc(other.Organizations, func(o tenant.Membership) bool { return o.Code == m.Code && o.Permissions == nil }) {
			m.Permissions = nil
		}
	}
	return &c
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// changesOf compares two values field by field.
func changesOf(a, b any, ignored map[string]bool) ([]Change, error) {
	x, err := fieldsOf(a)
	if err != nil {
		return nil, err
	}
	y, err := fieldsOf(b)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, m := range []map[string]json.RawMessage{x, y} {
		for name := range m {
			names[name] = true
		}
	}
	var out []Change
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !ignored[name] && string(x[name]) != string(y[name]) {
			out = append(out, Change{name, orNull(x[name]), orNull(y[name])})
		}
	}
	return out, nil
}

func orNull(m json.RawMessage) json.RawMessage {
	if m == nil {
		return json.RawMessage("null")
	}
	return m
}

func fieldsOf(v any) (map[string]json.RawMessage, error) {
	data, err := tenant.Marshal(v)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	return m, json.Unmarshal(data, &m)
}

// definitions compares the small files.
func (d *Diff) definitions(a, b *Backup, kind string, o DiffOptions) error {
	x, err := keyed(a, kind)
	if err != nil {
		return err
	}
	y, err := keyed(b, kind)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for key := range x {
		names[key] = true
	}
	for key := range y {
		names[key] = true
	}
	ignored := map[string]bool{}
	if kind == KindOrganizations && a.Manifest.Detail != b.Manifest.Detail {
		ignored["is_suspended"], ignored["properties"], ignored["feature_flags"] = true, true, true
	}
	for _, key := range slices.Sorted(maps.Keys(names)) {
		switch {
		case y[key] == nil:
			d.add(Difference{Kind: kind, Change: "went", ID: key}, "definitions", o)
		case x[key] == nil:
			d.add(Difference{Kind: kind, Change: "came", ID: key}, "definitions", o)
		default:
			changes, err := changesOf(x[key], y[key], ignored)
			if err != nil {
				return err
			}
			if len(changes) > 0 {
				d.add(Difference{Kind: kind, Change: "changed", ID: key, Changes: changes}, "definitions", o)
			}
		}
	}
	return nil
}

// keyed reads a small file by what names its rows.
func keyed(b *Backup, kind string) (map[string]map[string]json.RawMessage, error) {
	out := map[string]map[string]json.RawMessage{}
	for v, err := range rowsOf[map[string]json.RawMessage](b.Folder, b.Manifest, kind, b.Identities) {
		if err != nil {
			return nil, err
		}
		row := *v
		key := ""
		for _, name := range []string{"context", "code", "key", "id"} {
			if name == "id" && key != "" && row["key"] != nil || name == "id" && row["code"] != nil {
				continue
			}
			var text string
			if row[name] != nil && json.Unmarshal(row[name], &text) == nil {
				key = strings.TrimPrefix(key+"."+text, ".")
			}
		}
		out[key] = row
	}
	return out, nil
}

// Connections returns the connections of the backup, which hold no secrets.
func (b *Backup) Connections() ([]tenant.ConnectionRow, error) {
	return ReadList[tenant.ConnectionRow](b, KindConnections)
}
