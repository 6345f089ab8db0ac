package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// definition is something that a job created for its users to refer to.
type definition struct {
	Kind string `json:"kind"` // organization, role, permission, property, feature flag, category
	ID   string `json:"id"`   // "" as long as the tenant's answer is not known
	Name string `json:"name"`
}

const noteDefinitions = "created_definitions"

// Inventory is the list of the definitions that a job created, kept in its
// checkpoint: what a rollback may delete. A name is in it before the request is
// sent, so that a kill in between leaves nothing behind that nobody knows of.
type Inventory struct {
	store *checkpoint.Store
	list  []definition
}

// InventoryOf reads the list of a checkpoint.
func InventoryOf(ctx context.Context, store *checkpoint.Store) (*Inventory, error) {
	c := &Inventory{store: store}
	data, err := store.Note(ctx, noteDefinitions)
	if err != nil || data == nil {
		return c, err
	}
	if err := json.Unmarshal(data, &c.list); err != nil {
		return nil, fmt.Errorf("reading the created definitions from the checkpoint: %w", err)
	}
	return c, nil
}

// Put notes that something is about to be created (id is "") or was.
func (c *Inventory) Put(ctx context.Context, kind, id, name string) error {
	if id != "" && c.Has(kind, id) {
		return nil
	}
	n := definition{kind, id, name}
	if at := slices.Index(c.list, definition{kind, "", name}); at >= 0 {
		c.list[at] = n
	} else {
		c.list = append(c.list, n)
	}
	return c.save(ctx)
}

// Drop forgets what was about to be created and was refused.
func (c *Inventory) Drop(ctx context.Context, kind, name string) error {
	return c.remove(ctx, definition{kind, "", name})
}

// Has tells whether the job created the definition with this id.
func (c *Inventory) Has(kind, id string) bool {
	return slices.ContainsFunc(c.list, func(d definition) bool { return d.Kind == kind && d.ID == id })
}

// Began tells whether the job was about to create a definition of this name, and
// never learnt whether it did.
func (c *Inventory) Began(kind, name string) bool {
	return slices.Contains(c.list, definition{kind, "", name})
}

func (c *Inventory) remove(ctx context.Context, d definition) error {
	at := slices.Index(c.list, d)
	if at < 0 {
		return nil
	}
	c.list = slices.Delete(c.list, at, at+1)
	return c.save(ctx)
}

func (c *Inventory) save(ctx context.Context) error {
	data, err := json.Marshal(append([]definition{}, c.list...))
	if err != nil {
		return err
	}
	return c.store.Commit(context.WithoutCancel(ctx), checkpoint.SetNote{Name: noteDefinitions, JSON: data})
}

// Create notes a definition around the call that makes it, which returns its id.
func (c *Inventory) Create(ctx context.Context, kind, name string, call func() (id string, err error)) error {
	if c == nil {
		_, err := call()
		return err
	}
	if err := c.Put(ctx, kind, "", name); err != nil {
		return err
	}
	id, err := call()
	switch {
	case kinde.ClassOf(err) == kinde.ClassFinal:
		if dropErr := c.Drop(ctx, kind, name); dropErr != nil {
			return dropErr
		}
		return err
	case err != nil || id == "":
		return err // by its name it is found again
	}
	return c.Put(ctx, kind, id, name)
}
