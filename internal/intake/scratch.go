package intake

import (
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// scratch is the memory that the rows of one block are read and mapped in. It goes
// round: a block that was delivered hands its scratch to a later one, so that the
// first pass leaves next to no garbage, however long the file is.
type scratch struct {
	parser *source.Parser
	work   mapping.Workspace
	rows   []row
	keys   []Key
	claims []claim
	buf    []byte // of the digester
}

// claim is what the search for duplicates needs to know of one of Item.Keys.
type claim struct {
	hash     uint64
	kind     KeyKind
	verified bool // an e-mail address that is
}

func newScratch() *scratch { return &scratch{parser: source.NewParser()} }

// workspace returns the memory for mapped users; nil is the heap.
func (k *scratch) workspace() *mapping.Workspace {
	if k == nil {
		return nil
	}
	return &k.work
}

// reset takes back the memory of all rows.
func (k *scratch) reset() {
	k.parser.Reset()
	k.work.Reset()
	clear(k.rows)
	clear(k.keys)
	k.rows, k.keys, k.claims = k.rows[:0], k.keys[:0], k.claims[:0]
}
