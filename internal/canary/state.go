package canary

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// User is one throw-away user. No password is kept.
type User struct {
	Encoding   string    `json:"encoding"`
	Email      string    `json:"email"`
	ProvidedID string    `json:"provided_id"`
	KindeID    string    `json:"kinde_id,omitempty"` // "" until the create was answered
	Ready      bool      `json:"ready"`              // its password is set
	SignedIn   time.Time `json:"signed_in,omitzero"`
	Deleted    bool      `json:"deleted"`
}

// State is what is known of the throw-away users in one tenant.
type State struct {
	Schema string  `json:"schema"`
	Origin string  `json:"origin"`
	Users  []*User `json:"birds"`

	path string
}

const schema = "kinde-migrate.canary-state/1"

// ErrForeign tells that the state file belongs to another tenant or is no state file.
var ErrForeign = errors.New("it is not a state of canaries in this tenant")

// Load reads the state at path; a file that is not there is an empty state.
func Load(path, origin string) (*State, error) {
	s := &State{Schema: schema, Origin: origin, path: path}
	data, err := atomicfile.ReadRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the state of the canaries: %w", err)
	}
	was := State{}
	if err := json.Unmarshal(data, &was); err != nil || was.Schema != schema || was.Origin != origin {
		return nil, fmt.Errorf("reading %s: %w", path, ErrForeign)
	}
	s.Users = was.Users
	return s, nil
}

// Alive returns the users that are or may be in the tenant.
func (s *State) Alive() (alive []*User) {
	for _, b := range s.Users {
		if !b.Deleted {
			alive = append(alive, b)
		}
	}
	return alive
}

// save keeps the state; when nobody is left, the file goes.
func (s *State) save() error {
	if len(s.Alive()) == 0 {
		if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the state of the canaries: %w", err)
		}
		return nil
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("keeping the state of the canaries: %w", err)
	}
	return atomicfile.WriteFile(s.path, append(data, '\n'))
}
