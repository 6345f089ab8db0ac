package importer

import (
	"context"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Inventory is the list of the definitions that a job created, kept in its
// checkpoint: what a rollback may delete. A name is in it before the request is
// sent, so that a kill in between leaves nothing behind that nobody knows of.
type Inventory struct {
	store *checkpoint.Store
	known map[checkpoint.Definition]bool // by kind and id, or by kind and name where the id was never learnt
}

// InventoryOf reads the list of a checkpoint.
func InventoryOf(ctx context.Context, store *checkpoint.Store) (*Inventory, error) {
	made, err := store.Definitions(ctx)
	if err != nil {
		return nil, err
	}
	c := &Inventory{store: store, known: make(map[checkpoint.Definition]bool, len(made))}
	for _, d := range made {
		c.known[known(d.Kind, d.ID, d.Name)] = true
	}
	return c, nil
}

func known(kind, id, name string) checkpoint.Definition {
	if id != "" {
		name = ""
	}
	return checkpoint.Definition{Kind: kind, ID: id, Name: name}
}

// Put notes that something is about to be created (id is "") or was.
func (c *Inventory) Put(ctx context.Context, kind, id, name string) error {
	if id != "" && c.Has(kind, id) {
		return nil
	}
	delete(c.known, known(kind, "", name))
	c.known[known(kind, id, name)] = true
	return c.store.Commit(context.WithoutCancel(ctx), checkpoint.PutDefinition{Kind: kind, ID: id, Name: name})
}

// Drop forgets what was about to be created and was refused.
func (c *Inventory) Drop(ctx context.Context, kind, name string) error {
	delete(c.known, known(kind, "", name))
	return c.store.Commit(context.WithoutCancel(ctx), checkpoint.DropDefinition{Kind: kind, Name: name})
}

// Has tells whether the job created the definition with this id.
func (c *Inventory) Has(kind, id string) bool { return c.known[known(kind, id, "")] }

// Began tells whether the job was about to create a definition of this name, and
// never learnt whether it did.
func (c *Inventory) Began(kind, name string) bool { return c.known[known(kind, "", name)] }

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
