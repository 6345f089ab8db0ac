package erasure

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

const listSchema = "kinde-migrate.erasure-list/1"

// List remembers who was erased: a keyed digest of each of their names, and the
// day. Whoever has the file can ask it about a name, and can't read one out of it.
type List struct {
	path string
	key  []byte
	held map[string]string // digest -> day
}

// listFile is the file. The key lies in it: without it nobody could ask.
type listFile struct {
	Schema string            `json:"schema"`
	Key    string            `json:"key"`
	Erased map[string]string `json:"erased"`
}

// ReadList reads a list that must be there.
func ReadList(path string) (*List, error) {
	data, err := atomicfile.ReadRegular(path)
	if err != nil {
		return nil, fmt.Errorf("reading the erasure list: %w", err)
	}
	var f listFile
	if err := json.Unmarshal(data, &f); err != nil || f.Schema != listSchema {
		return nil, fmt.Errorf("reading the erasure list: %s is not one of this release", path)
	}
	key, err := base64.StdEncoding.DecodeString(f.Key)
	if err != nil || len(key) < sha256.Size {
		return nil, fmt.Errorf("reading the erasure list: %s has no usable key", path)
	}
	if f.Erased == nil {
		f.Erased = map[string]string{}
	}
	return &List{path: path, key: key, held: f.Erased}, nil
}

// OpenList reads a list, or begins one where there is none.
func OpenList(path string) (*List, error) {
	l, err := ReadList(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails
		return &List{path: path, key: key, held: map[string]string{}}, nil
	}
	return l, err
}

func (l *List) digest(kind, value string) string {
	h := hmac.New(sha256.New, l.key)
	h.Write([]byte(name(kind, value)))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Path returns where the list lies.
func (l *List) Path() string { return l.path }

// Len is how many names the list holds.
func (l *List) Len() int { return len(l.held) }

// Fingerprint tells whether the list holds the same.
func (l *List) Fingerprint() string {
	h := hmac.New(sha256.New, l.key)
	for _, digest := range slices.Sorted(maps.Keys(l.held)) {
		h.Write([]byte(digest))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Add puts all names of a person on the list.
func (l *List) Add(p *Person, day time.Time) {
	for _, n := range p.all() {
		d := l.digest(n.kind, n.value)
		if l.held[d] == "" {
			l.held[d] = day.UTC().Format(time.DateOnly)
		}
	}
}

// Save writes the list.
func (l *List) Save() error {
	data, err := json.MarshalIndent(listFile{listSchema, base64.StdEncoding.EncodeToString(l.key), l.held}, "", " ")
	if err != nil {
		return err
	}
	if err := atomicfile.WriteFile(l.path, append(data, '\n')); err != nil {
		return fmt.Errorf("writing the erasure list: %w", err)
	}
	return nil
}

// Holds tells whether somebody with these names was erased. An id that many
// sources could give out, such as a number, says nothing beside other names.
func (l *List) Holds(n *Names) bool {
	held := func(kind string, values ...string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return v != "" && l.held[l.digest(kind, v)] != "" })
	}
	if held(kindID, n.KindeID) || held(kindEmail, n.Emails...) {
		return true
	}
	for _, id := range n.SourceIDs {
		if telling(id) && held(kindID, id) {
			return true
		}
	}
	return len(n.Emails) == 0 && (held(kindPhone, n.Phones...) || held(kindUsername, n.Usernames...)) &&
		!slices.ContainsFunc(n.SourceIDs, telling)
}

// Knows tells whether any of the names is on the list, whatever it proves.
func (l *List) Knows(n *Names) bool {
	p := &Person{}
	NewPeople(p).Learn(0, n, false)
	return slices.ContainsFunc(p.all(), func(x named) bool { return l.held[l.digest(x.kind, x.value)] != "" })
}
