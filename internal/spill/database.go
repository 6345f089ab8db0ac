package spill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	_ "modernc.org/sqlite" // holds and joins more than memory does
)

// Database is a temporary database with one connection that only this process can read.
type Database struct {
	*sql.DB
	folder *Folder
}

// NewDatabase makes a database with these tables in dir, "" for the system's place.
func NewDatabase(ctx context.Context, dir, pragmas, tables string) (*Database, error) {
	folder, err := NewFolder(dir)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", folder.Database("data", pragmas))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening a temporary database: %w", err), folder.Close())
	}
	db.SetMaxOpenConns(1)
	d := &Database{db, folder}
	if _, err := d.ExecContext(ctx, tables); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing a temporary database: %w", err), d.Close())
	}
	return d, nil
}

// Close removes the database.
func (d *Database) Close() error { return errors.Join(d.DB.Close(), d.folder.Close()) }

// Transact runs f in one transaction of db.
func Transact(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("starting a transaction: %w", err)
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("ending a transaction: %w", err)
	}
	return nil
}
