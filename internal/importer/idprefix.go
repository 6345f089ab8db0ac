package importer

import (
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
)

// optionIDPrefix names the pinned option that tells the ids of one source from
// those of another.
const optionIDPrefix = "id-prefix"

// unprefixed finds, for rows whose key the checkpoint does not know, the records
// that they were before the ids got their prefix: it is asked for after a run
// without it has met the ids of others. Only a record with an address of the row
// is the same: the checkpoint may be that of those others.
func (v *scanner) unprefixed(batch []*scanned, known map[checkpoint.Digest]checkpoint.Record) error {
	prefix := v.opt.Pinned[optionIDPrefix]
	if prefix == "" {
		return nil
	}
	former := map[checkpoint.Digest]*scanned{}
	var keys []checkpoint.Digest
	for _, x := range batch {
		id, ok := strings.CutPrefix(x.record.SourceID, prefix+"|")
		if _, is := known[x.record.Key]; is || !ok {
			continue
		}
		key := v.store.Keyed(intake.KeyID.String() + "\x00" + id)
		former[key], keys = x, append(keys, key)
	}
	if len(keys) == 0 {
		return nil
	}
	found, err := v.store.RecordsByKey(v.ctx, keys)
	if err != nil {
		return fmt.Errorf("looking for records by their ids without the prefix: %w", err)
	}
	for key, was := range found {
		x := former[key]
		if anyOf(addressesOf(identitiesOf(x.record)), addressesOf(identitiesOf(&was))) {
			known[x.record.Key] = was
		}
	}
	return nil
}
