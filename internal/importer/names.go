package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// names counts the records that use each name of the source.
type names struct {
	Organizations map[string]*named
	Roles         map[string]int64
	Permissions   map[string]int64
	Properties    map[string]int64
	Flags         map[string]int64
	Connections   map[string]*link
}

// named is an organization as the source names it, and how often.
type named struct {
	Organization mapping.Organization
	Count        int64
}

// link is a connection as the source names it, and how often.
type link struct {
	Link  mapping.Link
	Count int64
}

func newNames() *names {
	return &names{map[string]*named{}, map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]*link{}}
}

func organizationKey(o mapping.Organization) string {
	return o.Code + "\x00" + o.ExternalID + "\x00" + o.Name
}

func connectionKey(l mapping.Link) string {
	return l.Connection + "\x00" + l.Strategy + "\x00" + l.Provider
}

// add counts the names of a user, or with -1 takes them off again.
func (n *names) add(u *mapping.User, by int64) {
	if u == nil {
		return
	}
	for _, m := range u.Memberships {
		key := organizationKey(m.Organization)
		if n.Organizations[key] == nil {
			o := mapping.Organization{Code: strings.Clone(m.Organization.Code), ExternalID: strings.Clone(m.Organization.ExternalID), Name: strings.Clone(m.Organization.Name)}
			n.Organizations[strings.Clone(key)] = &named{Organization: o}
		}
		n.Organizations[key].Count += by
		for _, r := range m.Roles {
			count(n.Roles, r, by)
		}
		for _, p := range m.Permissions {
			count(n.Permissions, p, by)
		}
	}
	for _, p := range u.Properties {
		count(n.Properties, p.Key, by)
	}
	for _, f := range u.Flags {
		count(n.Flags, f.Key, by)
	}
	for _, l := range u.Links {
		key := connectionKey(l)
		if n.Connections[key] == nil {
			n.Connections[strings.Clone(key)] = &link{Link: mapping.Link{Enterprise: l.Enterprise, Strategy: strings.Clone(l.Strategy),
				Connection: strings.Clone(l.Connection), Provider: strings.Clone(l.Provider)}}
		}
		n.Connections[key].Count += by
	}
}

func count(m map[string]int64, name string, by int64) {
	if _, ok := m[name]; !ok {
		name = strings.Clone(name)
	}
	m[name] += by
}

const noteNames = "names"

func (n *names) change() checkpoint.Change {
	data, _ := json.Marshal(n) // maps of plain values never fail
	return checkpoint.SetNote{Name: noteNames, JSON: data}
}

func loadNames(ctx context.Context, store *checkpoint.Store) (*names, error) {
	data, err := store.Note(ctx, noteNames)
	if err != nil {
		return nil, err
	}
	n := newNames()
	if data == nil {
		return n, nil
	}
	if err := json.Unmarshal(data, n); err != nil {
		return nil, fmt.Errorf("reading the names of the source from the checkpoint: %w", err)
	}
	return n, nil
}
