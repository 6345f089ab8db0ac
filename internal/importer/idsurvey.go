package importer

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// idSurvey knows of which provided ids it must be known who carries them: those
// of the records that are new to the job. Reading a big tenant costs a request
// for 500 users, so the ids that were seen on users of others are kept in the
// checkpoint, digested, and a delta reads everyone again only when a new record
// has one of them.
type idSurvey struct {
	store *checkpoint.Store
	fresh checkpoint.Selection

	asked []uint64 // sorted digests of the records' ids; nil before ask
	seen  []uint64 // digests of the ids that users of others carry
}

// noteCarried holds the digests of the ids that users of others carry.
const noteCarried = "carried ids"

func (x *idSurvey) digest(id string) uint64 {
	d := x.store.Keyed("provided id\x00" + id)
	return binary.BigEndian.Uint64(d[:8])
}

// add notes the ids that users of others carry.
func (x *idSurvey) add(ctx context.Context, users []kinde.User) error {
	ids := make([]string, len(users))
	for i := range users {
		ids[i] = users[i].ID
	}
	ours, err := x.store.RecordsByKindeID(ctx, ids)
	if err != nil {
		return fmt.Errorf("asking whose a user is: %w", err)
	}
	for i := range users {
		if r, known := ours[users[i].ID]; users[i].ProvidedID != "" && !(known && r.SourceID == users[i].ProvidedID) {
			x.seen = append(x.seen, x.digest(users[i].ProvidedID))
		}
	}
	return nil
}

// ask gathers the ids of the new records. more tells whether everyone must be
// read to know who carries them.
func (x *idSurvey) ask(ctx context.Context) (more bool, err error) {
	x.asked = []uint64{}
	for r, err := range x.store.Records(ctx, x.fresh) {
		if err != nil {
			return false, err
		}
		if r.SourceID != "" {
			x.asked = append(x.asked, x.digest(r.SourceID))
		}
	}
	slices.Sort(x.asked)
	data, err := x.store.Note(ctx, noteCarried)
	if err != nil || len(x.asked) == 0 {
		return false, err
	}
	if data == nil {
		return true, nil
	}
	carried, err := unpackDigests(data)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(x.asked, func(d uint64) bool { _, hit := slices.BinarySearch(carried, d); return hit }), nil
}

// asks tells whether a new record has the id.
func (x *idSurvey) asks(id string) bool {
	_, hit := slices.BinarySearch(x.asked, x.digest(id))
	return hit
}

// keep stores what was met, after everyone was read.
func (x *idSurvey) keep(ctx context.Context) error {
	slices.Sort(x.seen)
	return x.store.Commit(ctx, checkpoint.SetNote{Name: noteCarried, JSON: packDigests(slices.Compact(x.seen))})
}

func packDigests(list []uint64) []byte {
	data := make([]byte, 0, 8*len(list))
	for _, d := range list {
		data = binary.BigEndian.AppendUint64(data, d)
	}
	return fmt.Appendf(nil, "%q", base64.StdEncoding.EncodeToString(data))
}

func unpackDigests(note []byte) ([]uint64, error) {
	if len(note) < 2 {
		return nil, nil
	}
	data, err := base64.StdEncoding.DecodeString(string(note[1 : len(note)-1]))
	if err != nil || len(data)%8 != 0 {
		return nil, fmt.Errorf("reading from the checkpoint which ids users of others carry: %w", err)
	}
	list := make([]uint64, 0, len(data)/8)
	for ; len(data) > 0; data = data[8:] {
		list = append(list, binary.BigEndian.Uint64(data))
	}
	return list, nil
}
