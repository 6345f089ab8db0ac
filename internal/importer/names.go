package importer

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Names counts the records that use each name of the source. There may be as many
// as records, so that nothing but a name and a number is kept of each.
type Names struct {
	Organizations map[packed]int64
	Roles         map[string]int64
	Permissions   map[string]int64
	Properties    map[string]int64
	Flags         map[string]int64
	Connections   map[connection]int64
}

// packed is an organization as the source names it, in one string: each part but
// the last with its length before it.
type packed string

func pack(buf []byte, o *mapping.Organization) []byte {
	buf = append(binary.AppendUvarint(buf, uint64(len(o.Code))), o.Code...)
	buf = append(binary.AppendUvarint(buf, uint64(len(o.ExternalID))), o.ExternalID...)
	return append(buf, o.Name...)
}

func (p packed) organization() (o mapping.Organization) {
	rest := string(p)
	for _, part := range []*string{&o.Code, &o.ExternalID} {
		size, n := binary.Uvarint([]byte(rest[:min(len(rest), binary.MaxVarintLen64)]))
		*part, rest = rest[n:n+int(size)], rest[n+int(size):]
	}
	o.Name = rest
	return o
}

// connection is a connection as the links of the source name it.
type connection struct{ ID, Strategy, Provider string }

func (c connection) link() mapping.Link {
	return mapping.Link{Connection: c.ID, Strategy: c.Strategy, Provider: c.Provider}
}

// NewNames returns an empty set.
func NewNames() *Names {
	return &Names{map[packed]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}, map[connection]int64{}}
}

// Add counts the names of a user, or with -1 takes them off again.
func (n *Names) Add(u *mapping.User, by int64) {
	if u == nil {
		return
	}
	var key [128]byte
	for i := range u.Memberships {
		m := &u.Memberships[i]
		if key := pack(key[:0], &m.Organization); n.Organizations[packed(key)]+by != 0 {
			n.Organizations[packed(key)] += by
		} else {
			delete(n.Organizations, packed(key))
		}
		for _, r := range m.Roles {
			count(n.Roles, r, by, strings.Clone)
		}
		for _, p := range m.Permissions {
			count(n.Permissions, p, by, strings.Clone)
		}
	}
	for _, p := range u.Properties {
		count(n.Properties, p.Key, by, strings.Clone)
	}
	for _, f := range u.Flags {
		count(n.Flags, f.Key, by, strings.Clone)
	}
	for _, l := range u.Links {
		count(n.Connections, connection{l.Connection, l.Strategy, l.Provider}, by, func(c connection) connection {
			return connection{strings.Clone(c.ID), strings.Clone(c.Strategy), strings.Clone(c.Provider)}
		})
	}
}

// count keeps a copy of a name that is new, and forgets one that nobody uses any more.
func count[K comparable](m map[K]int64, name K, by int64, clone func(K) K) {
	was, known := m[name]
	switch {
	case !known:
		m[clone(name)] = by
	case was+by == 0:
		delete(m, name)
	default:
		m[name] = was + by
	}
}

// organizations are those that records refer to, and how many do.
func (n *Names) organizations() iter.Seq2[mapping.Organization, int64] {
	return func(yield func(mapping.Organization, int64) bool) {
		for key, records := range n.Organizations {
			if records > 0 && !yield(key.organization(), records) {
				return
			}
		}
	}
}

// all are the names as the checkpoint keeps them.
func (n *Names) all() iter.Seq[checkpoint.Name] {
	return func(yield func(checkpoint.Name) bool) {
		for o, records := range n.organizations() {
			if !yield(checkpoint.Name{Kind: "organization", ID: o.ExternalID, Key: o.Code, Name: o.Name, Records: records}) {
				return
			}
		}
		for c, records := range n.Connections {
			if !yield(checkpoint.Name{Kind: "connection", ID: c.ID, Key: c.Strategy, Name: c.Provider, Records: records}) {
				return
			}
		}
		for kind, used := range n.keys() {
			for key, records := range used {
				if !yield(checkpoint.Name{Kind: kind, Key: key, Records: records}) {
					return
				}
			}
		}
	}
}

// keys are the names that are one key each, by kind.
func (n *Names) keys() map[string]map[string]int64 {
	return map[string]map[string]int64{"role": n.Roles, "permission": n.Permissions, "property": n.Properties, "flag": n.Flags}
}

func (n *Names) change() checkpoint.Change { return checkpoint.SetNames{Names: n.all()} }

func loadNames(ctx context.Context, store *checkpoint.Store) (*Names, error) {
	n := NewNames()
	keys := n.keys()
	for x, err := range store.Names(ctx) {
		if err != nil {
			return nil, fmt.Errorf("reading the names of the source from the checkpoint: %w", err)
		}
		switch x.Kind {
		case "organization":
			n.Organizations[packed(pack(nil, &mapping.Organization{Code: x.Key, ExternalID: x.ID, Name: x.Name}))] = x.Records
		case "connection":
			n.Connections[connection{x.ID, x.Key, x.Name}] = x.Records
		default:
			keys[x.Kind][x.Key] = x.Records
		}
	}
	return n, nil
}
