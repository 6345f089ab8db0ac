package restore

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// hashes are the password hashes of Kinde's own export by Kinde's id, in a
// private database that is encrypted with a key in memory.
type hashes struct {
	*spill.Database
	count int64
}

// passwordOf is what Kinde's own export holds of a user's password.
type passwordOf map[string]json.RawMessage

// kindeExported is a line of Kinde's own export, as far as it is needed.
type kindeExported struct {
	ID       string     `json:"id"`
	Password passwordOf `json:"password"`
}

// readHashes reads users.ndjson of Kinde's own export, decrypted. Close removes
// what is kept of it.
func readHashes(ctx context.Context, path, tempDir string) (*hashes, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the file with passwords: %w", err)
	}
	defer f.Close()
	db, err := spill.NewDatabase(ctx, tempDir, "_pragma=synchronous(OFF)&_pragma=temp_store(MEMORY)",
		"CREATE TABLE hash(id TEXT PRIMARY KEY, password BLOB NOT NULL) WITHOUT ROWID")
	if err != nil {
		return nil, fmt.Errorf("keeping the passwords: %w", err)
	}
	h := &hashes{Database: db}
	if err := spill.Transact(ctx, db.DB, func(tx *sql.Tx) error { return h.fill(ctx, tx, f) }); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *hashes) fill(ctx context.Context, tx *sql.Tx, f *os.File) error {
	const longest = 64 << 20 // one line
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<16), longest)
	for n := 1; s.Scan(); n++ {
		if len(strings.TrimSpace(s.Text())) == 0 {
			continue
		}
		var x kindeExported
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			// The reason may quote the line, and the line holds a hash.
			return fmt.Errorf(
				"reading the file with passwords: line %d is not a JSON object: the file has to be users.ndjson from Kinde's export, decrypted",
				n,
			)
		}
		if x.ID == "" || x.Password["hashed_password"] == nil || string(x.Password["hashed_password"]) == "null" {
			continue
		}
		h.count++
		data, err := json.Marshal(x.Password)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO hash(id, password) VALUES(?, ?) ON CONFLICT DO UPDATE SET password = excluded.password",
			x.ID, data); err != nil {
			return fmt.Errorf("keeping the passwords: %w", err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("reading the file with passwords: %w", err)
	}
	return nil
}

// of returns the password of the user with this id of Kinde's, nil when there is none.
func (h *hashes) of(ctx context.Context, id string) (passwordOf, error) {
	var data []byte
	switch err := h.QueryRowContext(ctx, "SELECT password FROM hash WHERE id = ?", id).Scan(&data); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("looking up a password: %w", err)
	}
	var p passwordOf
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("looking up a password: %w", err)
	}
	return p, nil
}
