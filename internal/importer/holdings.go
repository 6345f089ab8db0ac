package importer

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
)

// holdings tells whose an identity is by what the checkpoint held when it was
// first asked. It keeps 16 bytes for each, since a dry run may ask for everybody.
type holdings struct {
	store *checkpoint.Store
	seed  maphash.Seed

	once sync.Once
	list []holding // by hash
	err  error
}

type holding struct {
	hash   uint64
	record int64
}

func newHoldings(store *checkpoint.Store) *holdings {
	return &holdings{store: store, seed: maphash.MakeSeed()}
}

// user returns the user of ours who has an identity, "" where nobody is known to.
// Two identities may have one hash, so the tenant has the last word.
func (x *holdings) user(ctx context.Context, id engine.StepID) (string, error) {
	x.once.Do(func() {
		x.err = x.store.Holdings(ctx, func(h checkpoint.Holding) {
			x.list = append(x.list, holding{maphash.Comparable(x.seed, engine.StepID{Kind: h.Kind, Key: h.Key}), h.Record})
		})
		slices.SortFunc(x.list, func(a, b holding) int { return cmp.Compare(a.hash, b.hash) })
	})
	if x.err != nil {
		return "", x.err
	}
	hash := maphash.Comparable(x.seed, id)
	at, ok := slices.BinarySearchFunc(x.list, hash, func(h holding, hash uint64) int { return cmp.Compare(h.hash, hash) })
	if !ok {
		return "", nil
	}
	record, _, err := x.store.RecordByID(ctx, x.list[at].record)
	return record.KindeID, err
}
