package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gofrs/flock"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// journal is the state on disk: lines of JSON, each one change. It is written
// before the answer goes out. When it holds far more lines than the state
// needs, it is replaced by a compact one.
type journal struct {
	path  string
	file  *os.File
	lock  *flock.Flock
	size  int64
	lines int // changes in the file; a compact one counts what it holds
	floor int // lines after the last compaction
	fsync bool
	buf   bytes.Buffer
}

// ErrStateInUse says that another process holds the state file.
var ErrStateInUse = errors.New("the sandbox's state is in use by another process")

type line struct {
	Head  *header      `json:"head,omitempty"`
	Seq   uint64       `json:"seq"`
	Put   []definition `json:"put,omitempty"`
	Del   []removal    `json:"del,omitempty"`
	Users []storedUser `json:"users,omitempty"`
	Gone  []string     `json:"gone,omitempty"`
}

type definition struct {
	Kind  string          `json:"kind"`
	Value json.RawMessage `json:"value"`
}

// restore brings the state back, or lays down a new one.
func (t *Tenant) restore() error {
	if t.opt.State == "" {
		t.head = t.newHeader()
		return t.layDown()
	}
	lock, held, err := atomicfile.Lock(t.opt.State + ".lock")
	if err != nil {
		return fmt.Errorf("locking it: %w", err)
	}
	if !held {
		return fmt.Errorf("%w: %s", ErrStateInUse, t.opt.State)
	}
	j := &journal{path: t.opt.State, fsync: t.opt.Fsync, lock: lock}
	if err := t.open(j); err != nil {
		if j.file != nil {
			j.file.Close()
		}
		j.lock.Unlock()
		return err
	}
	t.journal = j
	return t.layDownOnce()
}

func (t *Tenant) open(j *journal) error {
	f, err := atomicfile.Open(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return fmt.Errorf("opening the sandbox's state: %w", err)
	}
	j.file = f
	if err := f.Chmod(0o600); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("protecting the sandbox's state: %w", err)
	}
	good, err := t.replay(f, j)
	if err != nil {
		return fmt.Errorf("reading the sandbox's state %s: %w", j.path, err)
	}
	// What stands behind the last whole line was cut by a kill, and nobody was
	// ever told that it happened.
	if err := os.Truncate(j.path, good); err != nil {
		return fmt.Errorf("dropping a torn line of the sandbox's state: %w", err)
	}
	j.size = good
	return nil
}

func (t *Tenant) replay(r io.Reader, j *journal) (good int64, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		raw, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return good, nil
		}
		if err != nil {
			return good, err
		}
		if err := t.apply(raw); err != nil {
			return good, fmt.Errorf("line %d: %w", j.lines+1, err)
		}
		good += int64(len(raw))
		j.lines++
	}
}

func (t *Tenant) apply(raw []byte) error {
	var l line
	if err := json.Unmarshal(raw, &l); err != nil {
		return errors.New("is not a line of a sandbox's state")
	}
	if l.Head != nil {
		t.head = *l.Head
	}
	if len(t.head.Key) != 32 {
		return errors.New("is not the start of a sandbox's state")
	}
	for _, d := range l.Put {
		if err := t.applyDefinition(d); err != nil {
			return err
		}
	}
	for _, s := range l.Users {
		if err := t.applyUser(s); err != nil {
			return err
		}
	}
	for _, id := range l.Gone {
		if u := t.userByID(id); u != nil {
			t.removeUser(u)
		}
	}
	for _, d := range l.Del {
		t.applyRemoval(d)
	}
	t.seq = max(t.seq, l.Seq)
	return nil
}

// append writes one change. The file is written by the caller's lock holder
// only, one write per change: a kill leaves either the whole line or a torn
// one, which the next start drops.
func (j *journal) append(t *Tenant, c *change) error {
	if j == nil {
		return nil
	}
	l := line{Seq: t.seq, Gone: c.gone, Del: c.del}
	for _, item := range c.put {
		d, err := encodeDefinition(item)
		if err != nil {
			return err
		}
		l.Put = append(l.Put, d)
	}
	for _, u := range c.users {
		l.Users = append(l.Users, storeUser(u))
	}
	if err := j.write(l); err != nil {
		return err
	}
	if j.lines-j.floor > 3*j.floor+10_000 {
		return j.compact(t)
	}
	return nil
}

func (j *journal) write(l line) error {
	j.buf.Reset()
	if err := json.NewEncoder(&j.buf).Encode(l); err != nil {
		return err
	}
	if _, err := j.file.Write(j.buf.Bytes()); err != nil {
		// Half a line would spoil what is written behind it.
		return errors.Join(err, os.Truncate(j.path, j.size))
	}
	j.size += int64(j.buf.Len())
	j.lines++
	if j.fsync {
		return j.file.Sync()
	}
	return nil
}

// compact replaces the file by the shortest that says the same.
func (j *journal) compact(t *Tenant) error {
	fresh, err := atomicfile.Create(j.path)
	if err != nil {
		return fmt.Errorf("compacting the sandbox's state: %w", err)
	}
	defer fresh.Abort()
	out := bufio.NewWriterSize(fresh, 1<<16)
	enc := json.NewEncoder(out)
	put := func(l line) error { return enc.Encode(l) }
	first := line{Head: &t.head, Seq: t.seq}
	if first.Put, err = t.allDefinitions(); err != nil {
		return err
	}
	if err = put(first); err != nil {
		return err
	}
	batch := line{Seq: t.seq}
	t.order.each(0, func(_ uint64, u *user) bool {
		batch.Users = append(batch.Users, storeUser(u))
		if len(batch.Users) == 100 {
			err = put(batch)
			batch.Users = batch.Users[:0]
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	if len(batch.Users) > 0 {
		if err = put(batch); err != nil {
			return err
		}
	}
	if err = out.Flush(); err != nil {
		return err
	}
	return j.replace(fresh, 1+len(first.Put)+t.order.live)
}

// replace puts the fresh file in the old one's place. Windows renames onto no
// open file, so the old one is closed first.
func (j *journal) replace(fresh *atomicfile.File, lines int) error {
	if err := j.file.Close(); err != nil {
		return err
	}
	placeErr := fresh.Commit()
	f, err := atomicfile.Open(j.path, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return errors.Join(placeErr, err)
	}
	j.file = f
	if placeErr != nil {
		return fmt.Errorf("compacting the sandbox's state: %w", placeErr)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	j.size, j.lines, j.floor = info.Size(), lines, lines
	return nil
}

func (j *journal) close(t *Tenant) error {
	if j == nil {
		return nil
	}
	var err error
	if j.lines > 1 {
		err = j.compact(t)
	}
	return errors.Join(err, j.file.Close(), j.lock.Unlock())
}
