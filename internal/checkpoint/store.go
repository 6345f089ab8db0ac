package checkpoint

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
)

// Store is an open checkpoint: a Reader that can also write. Its methods may
// be called from many goroutines.
type Store struct {
	*Reader
	path   string
	db     *sql.DB
	lock   *flock.Flock
	folder *spill.Folder // removed by Close: a temporary checkpoint
	file   os.FileInfo   // what path was when it was opened; nil: nobody else knows the file

	requests chan request
	done     chan struct{} // closed when the writer goroutine has ended
	close    sync.Once
	closed   chan struct{} // closed by Close

	mu     sync.Mutex
	failed error // sticky: what made the writer give up
}

// Open opens or creates the checkpoint at path and takes its lock,
// <path>.lock. created tells whether it is new. Errors are *Error.
func Open(ctx context.Context, path string) (s *Store, created bool, err error) {
	for _, p := range []string{path, path + ".lock"} {
		if err := regular(p); err != nil {
			return nil, false, err
		}
	}
	lock, held, err := atomicfile.Lock(path + ".lock")
	if err != nil {
		return nil, false, wrap(path, fmt.Errorf("taking the lock %s.lock: %w", path, err))
	}
	if !held {
		return nil, false, &Error{Reason: InUse, Path: path}
	}
	defer func() {
		if err != nil {
			err = errors.Join(wrap(path, err), lock.Close())
		}
	}()
	// SQLite does not say why it can't open a file, so that is tried before it
	// holds any lock on it.
	if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
		if err := f.Close(); err != nil {
			return nil, false, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		created = true
		// The file is made with its mode before SQLite opens it: it holds personal data.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, false, err
		}
		if err := f.Close(); err != nil {
			return nil, false, err
		}
	}
	s, err = open(ctx, path, "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, false, err
	}
	s.lock = lock
	if s.file, err = os.Stat(path); err != nil {
		return nil, false, errors.Join(err, s.Close())
	}
	return s, created, nil
}

// there finds out whether the file that is written is still the one at path. One
// that was deleted takes writes for ever, and is gone with the process. What it
// holds is saved beside it.
func (s *Store) there() error {
	if s.file == nil {
		return nil
	}
	now, err := os.Stat(s.path)
	if err == nil && os.SameFile(s.file, now) {
		return nil
	}
	gone := &Error{Reason: Gone, Path: s.path}
	saved := s.path + ".rescued"
	f, err := os.OpenFile(saved, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		if err = f.Close(); err == nil {
			_, err = s.db.Exec(`VACUUM INTO ?`, saved)
		}
	}
	if err != nil {
		gone.Err = fmt.Errorf("what it held could not be saved: %w", err)
	} else {
		gone.Err = fmt.Errorf("what it held was saved in %s", saved)
	}
	return gone
}

// regular refuses what is no file, since opening a pipe could take for ever, and
// a link that others may have planted.
func regular(path string) error {
	if err := atomicfile.Trusted(path); err != nil {
		return &Error{Reason: Broken, Path: path, Err: err}
	}
	if atomicfile.Regular(path) != nil {
		return &Error{Reason: Foreign, Path: path, Err: atomicfile.ErrNotRegular}
	}
	return nil
}

// OpenMemory returns a checkpoint that lives in memory: for tests in virtual
// time, and for small dry runs.
func OpenMemory(ctx context.Context) (*Store, error) {
	return open(ctx, ":memory:", "")
}

// OpenTemporary returns a checkpoint below dir ("": the system's place) that only
// this process can read and Close deletes: for dry runs over sources of any size.
func OpenTemporary(ctx context.Context, dir string) (*Store, error) {
	folder, err := spill.NewFolder(dir)
	if err != nil {
		return nil, err // no checkpoint is at fault
	}
	s, err := openIn(ctx, folder)
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return s, nil
}

// temporaryName is the name of a temporary checkpoint in its folder.
const temporaryName = "checkpoint"

// openIn opens the checkpoint in a temporary folder, which the store then owns.
func openIn(ctx context.Context, folder *spill.Folder) (*Store, error) {
	s, err := openFile(
		ctx,
		filepath.Join(folder.Path(), temporaryName),
		func(pragmas string) string { return folder.Database(temporaryName, pragmas) },
		"_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)",
	)
	if err == nil {
		s.folder = folder
	}
	return s, err
}

func open(ctx context.Context, path, pragmas string) (*Store, error) {
	return openFile(ctx, path, func(pragmas string) string { return dsn(path, pragmas) }, pragmas)
}

// openFile opens the database at path by what name makes of pragmas.
func openFile(ctx context.Context, path string, name func(pragmas string) string, pragmas string) (*Store, error) {
	db, err := sql.Open("sqlite", name(pragmas+writerCache))
	if err != nil {
		return nil, wrap(path, err)
	}
	db.SetMaxOpenConns(1)
	if err := prepareFile(ctx, db, path); err != nil {
		return nil, errors.Join(wrap(path, err), db.Close())
	}
	w, err := newWriter(ctx, db, path)
	if err != nil {
		return nil, errors.Join(wrap(path, err), db.Close())
	}
	reader, err := readerFor(db, path, name)
	if err != nil {
		return nil, errors.Join(wrap(path, err), db.Close())
	}
	s := &Store{
		Reader:   &Reader{db: reader, path: path, key: w.key},
		path:     path,
		db:       db,
		requests: make(chan request, 256),
		done:     make(chan struct{}),
		closed:   make(chan struct{}),
	}
	go s.write(w)
	return s, nil
}

// readerFor returns the handle that reads. Beside a file it has connections of
// its own, so that no question waits for a transaction; in memory there is only one.
func readerFor(db *sql.DB, path string, name func(pragmas string) string) (*sql.DB, error) {
	if path == ":memory:" {
		return db, nil
	}
	r, err := sql.Open("sqlite", name("_pragma=busy_timeout(10000)&_pragma=query_only(1)"+readerCache))
	if err == nil {
		r.SetMaxOpenConns(maxReaders)
	}
	return r, err
}

func dsn(path, pragmas string) string {
	if path == ":memory:" {
		return "file::memory:?_pragma=temp_store(MEMORY)"
	}
	return "file:" + escapePath(path) + "?" + pragmas
}

// The pages that connections keep, in KiB. There is one that writes and up to
// maxReaders that read, each with pages of its own, and the system keeps the file's too.
const (
	writerCache = "&_pragma=cache_size(-16000)"
	readerCache = "&_pragma=cache_size(-4000)"
	maxReaders  = 4
)

// prepareFile creates the tables of a new file and checks those of an old one.
func prepareFile(ctx context.Context, db *sql.DB, path string) error {
	var tables, app, version int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&app); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	switch {
	case tables == 0 && app == 0:
		return createTables(ctx, db)
	case app != applicationID:
		return &Error{Reason: Foreign, Path: path}
	case version > schemaVersion:
		return &Error{Reason: Newer, Path: path, Err: fmt.Errorf("its tables are version %d, this release knows %d", version, schemaVersion)}
	}
	if err := quickCheck(ctx, db, path); err != nil {
		return err
	}
	for ; version < schemaVersion; version++ {
		if err := upgrade(ctx, db, version); err != nil {
			return fmt.Errorf("upgrading the tables from version %d: %w", version, err)
		}
	}
	return nil
}

func createTables(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta VALUES ('schema_version', ?), ('digest_key', ?)`, schemaVersion, key); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID,
		schemaVersion)); err != nil {
		return err
	}
	return tx.Commit()
}

func upgrade(ctx context.Context, db *sql.DB, from int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, upgrades[from]); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE meta SET value = %d WHERE key = 'schema_version'; PRAGMA user_version = %d`, from+1,
		from+1)); err != nil {
		return err
	}
	return tx.Commit()
}

// smallFile is the size up to which a checkpoint is checked each time it is
// opened. A bigger one is checked when reading it fails: the check reads every
// page, and a resume must not wait for that.
const smallFile = 16 << 20

func quickCheck(ctx context.Context, db *sql.DB, path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() > smallFile {
		return nil
	}
	var result string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&result); err != nil {
		return err
	}
	if result != "ok" {
		return &Error{Reason: Damaged, Path: path, Err: errors.New(result)}
	}
	return nil
}

// Path returns where the checkpoint lies.
func (s *Store) Path() string { return s.path }

// Close writes what is still queued, closes the database and gives the lock back.
func (s *Store) Close() error {
	s.close.Do(func() { close(s.closed) })
	<-s.done
	err := s.failure()
	if s.Reader.db != s.db {
		err = errors.Join(err, s.Reader.Close())
	}
	err = errors.Join(err, wrap(s.path, s.db.Close()))
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
		s.lock = nil
	}
	if s.folder != nil {
		err = errors.Join(err, s.folder.Close())
	}
	return err
}

func (s *Store) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}
