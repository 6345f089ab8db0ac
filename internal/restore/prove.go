package restore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// Proof is how a restored tenant compares with the backup.
type Proof struct {
	Matched   int64    `json:"matched"`
	Missing   int64    `json:"missing"`
	Different int64    `json:"different"`
	Extra     int64    `json:"extra"`    // users that the backup does not hold
	Examples  []string `json:"examples"` // what was found, at most 20
}

// Whole tells that the tenant shows all that the backup holds, and no more.
func (p *Proof) Whole() bool { return p.Missing+p.Different+p.Extra == 0 }

func (p *Proof) example(format string, args ...any) {
	if len(p.Examples) < 20 {
		p.Examples = append(p.Examples, fmt.Sprintf(format, args...))
	}
}

// shownRow is what has to be the same in both tenants.
type shownRow struct {
	digest [sha256.Size]byte
	seen   bool
}

// Prove reads a tenant that the whole backup was restored into, and that was
// empty before, and compares every user. It holds a digest of each user in memory.
func (r *Restoration) Prove(ctx context.Context, t tenant.API, tempDir string) (*Proof, error) {
	parts := backup.PartsOf(r.backup.Manifest.Detail)
	parts.MFA, parts.Sessions = false, false
	reading, err := tenant.Read(ctx, t, tenant.ReadOptions{Parts: parts, TempDir: tempDir})
	if err != nil {
		return nil, fmt.Errorf("reading what was restored: %w", err)
	}
	defer reading.Close(true)
	p := &Proof{Examples: []string{}}
	restored := map[string]*shownRow{}
	for row, err := range reading.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		digest, err := r.digest(row, true)
		if err != nil {
			return nil, err
		}
		if restored[row.ProvidedID] != nil || row.ProvidedID == "" {
			p.Extra++
			p.example("%s is in the tenant, but not in the backup", row.Name())
			continue
		}
		restored[row.ProvidedID] = &shownRow{digest: digest}
	}
	ids := newProvided()
	for row, err := range r.backup.Users(ctx) {
		if err != nil {
			return nil, err
		}
		if !r.opt.Selection.takes(row) {
			continue
		}
		source := ids.of(row)
		if source == "" {
			source = row.ID
		}
		digest, err := r.digest(row, false)
		if err != nil {
			return nil, err
		}
		switch there := restored[source]; {
		case there == nil:
			p.Missing++
			p.example("%s (%s) is missing", row.Name(), row.ID)
		case there.digest != digest:
			there.seen = true
			p.Different++
			p.example("%s (%s) is not the same", row.Name(), row.ID)
		default:
			there.seen = true
			p.Matched++
		}
	}
	for source, there := range restored {
		if !there.seen {
			p.Extra++
			p.example("%s is in the tenant, but not in the backup", source)
		}
	}
	return p, nil
}

// digest reduces a row to what a restore brings back, in the tenant's ids.
func (r *Restoration) digest(row *tenant.Row, there bool) ([sha256.Size]byte, error) {
	c := tenant.Row{
		FirstName:   row.FirstName,
		LastName:    row.LastName,
		Picture:     row.Picture,
		IsSuspended: row.IsSuspended,
		Email:       row.Email,
		Username:    row.Username,
	}
	// A property that was emptied is shown with an empty value, and one that was never set is not.
	for key, value := range row.Properties {
		if value != "" {
			if c.Properties == nil {
				c.Properties = map[string]string{}
			}
			c.Properties[key] = value
		}
	}
	for _, i := range row.Identities {
		x := tenant.Identity{Type: i.Type, Value: i.Value, ConnectionID: i.ConnectionID}
		if !there {
			x.ConnectionID = r.connections[i.ConnectionID]
		}
		// Only what createUser takes can carry the state; the backup must have read it.
		if (i.Type == "email" || i.Type == "phone") && r.backup.Manifest.Detail == backup.Full {
			x.Verified = i.Verified
		}
		c.Identities = append(c.Identities, x)
	}
	slices.SortFunc(c.Identities, func(a, b tenant.Identity) int {
		return strings.Compare(a.Type+" "+a.Value+" "+a.ConnectionID, b.Type+" "+b.Value+" "+b.ConnectionID)
	})
	for _, m := range row.Organizations {
		x := tenant.Membership{
			Code:        m.Code,
			Roles:       slices.Sorted(slices.Values(m.Roles)),
			Permissions: slices.Sorted(slices.Values(m.Permissions)),
		}
		if !there {
			x.Code = r.organizations[m.Code]
		}
		c.Organizations = append(c.Organizations, x)
	}
	slices.SortFunc(c.Organizations, func(a, b tenant.Membership) int { return strings.Compare(a.Code, b.Code) })
	data, err := tenant.Marshal(c)
	return sha256.Sum256(data), err
}
