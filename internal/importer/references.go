package importer

import (
	"context"
	"fmt"
	"strconv"

	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// References is what a source names of a tenant: organizations, roles, permissions,
// properties, connections and flags, with how many records use each.
type References struct {
	names *Names
	flags map[string]string // key -> type that fits all values: bool, int or str
	// Records is how many records would be imported.
	Records int64
}

// ReferencesOf reads a source once and returns what it names.
func ReferencesOf(ctx context.Context, s Source) (*References, error) {
	v := &nameVisitor{ctx, &References{names: NewNames(), flags: map[string]string{}}}
	if _, err := s.Scan(ctx, v); err != nil {
		return nil, fmt.Errorf("reading the source: %w", err)
	}
	return v.to, nil
}

type nameVisitor struct {
	ctx context.Context
	to  *References
}

func (v *nameVisitor) Add(i intake.Item) error {
	v.count(&i, 1)
	return v.ctx.Err()
}

func (v *nameVisitor) Replace(old, now intake.Item) error {
	v.count(&old, -1)
	v.count(&now, 1)
	return v.ctx.Err()
}

func (v *nameVisitor) count(i *intake.Item, by int64) {
	if i.Disposition != intake.Use || i.User == nil {
		return
	}
	v.to.Records += by
	v.to.names.Add(i.User, by)
	for _, f := range i.User.Flags {
		v.to.flags[f.Key] = widest(v.to.flags[f.Key], f)
	}
}

// widest returns the type of flag that holds the value and those before it.
func widest(before string, f mapping.KeyValue) string {
	is := "str"
	if f.Value == "true" || f.Value == "false" {
		is = "bool"
	} else if _, err := strconv.Atoi(f.Value); err == nil {
		is = "int"
	}
	if before != "" && before != is {
		return "str"
	}
	return is
}

// Counts returns how many different names of each kind the source uses.
func (n *References) Counts() map[string]int {
	counts := map[string]int{}
	for x := range n.names.all() {
		if x.Records > 0 {
			counts[x.Kind]++
		}
	}
	return counts
}

// Missing lists what the source names and the tenant lacks.
func (n *References) Missing(ctx context.Context, t Target) ([]Unknown, error) {
	d, err := readDefinitions(ctx, t, n.names, "")
	if err != nil {
		return nil, err
	}
	list := unknown(d, n.names, true)
	for i := range list {
		if list[i].Kind == "flag" {
			list[i].Will = "will be created"
		}
	}
	return list, nil
}

// CreateMissing creates what the tenant lacks, all but connections, which need secrets
// of the other provider. Properties are private. It may be repeated.
func (n *References) CreateMissing(ctx context.Context, t Target) error {
	d, err := readDefinitions(ctx, t, n.names, "")
	if err != nil {
		return err
	}
	if err := createMissing(ctx, d, n.names); err != nil {
		return err
	}
	for _, key := range lacking(d, definition.Flag, n.names.Flags) {
		of := n.flags[key]
		if err := d.CreateFlag(ctx, key, of, map[string]string{"bool": "false", "int": "0"}[of]); err != nil {
			return err
		}
	}
	return nil
}
