package users

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/bulk"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// maxNames bounds a file of names, in bytes.
const maxNames = 1 << 30

// who returns the function that finds out which users are meant.
func (o *usersOptions) who(e *cli.Env, conn *cli.Connection) (func(context.Context) (bulk.Who, error), error) {
	switch {
	case o.verb == bulk.Copy && o.ids == "" && len(o.id) == 0 && o.checkpoint == "" && o.filter == "":
		return nil, nil // every member
	case o.hashes != "":
		return o.whoOfHashes(e)
	case o.ids != "" || len(o.id) > 0:
		return o.whoOfNames(e)
	case o.checkpoint != "":
		return func(ctx context.Context) (bulk.Who, error) { return whoOfCheckpoint(ctx, o.checkpoint, conn.Origin) }, nil
	default:
		filter, err := exporter.ParseFilter(o.filter)
		if err != nil {
			return nil, cli.Usagef(`--filter 'email endsWith "@example.com"'`, "%w", err)
		}
		return func(ctx context.Context) (bulk.Who, error) { return o.whoOfTenant(ctx, e, conn, filter) }, nil
	}
}

// readNames reads a file of names, or stdin.
func readNames(e *cli.Env, path string) ([]byte, checkpoint.SourceFile, error) {
	file := checkpoint.SourceFile{Path: path}
	var data []byte
	var err error
	if path == "-" {
		if data, err = io.ReadAll(io.LimitReader(e.IO.In, maxNames+1)); err != nil {
			return nil, file, cli.Failf("", "reading stdin: %w", err)
		}
	} else if data, err = input.ReadFile(path, maxNames); err != nil {
		return nil, file, err
	} else if st, err := os.Stat(path); err == nil {
		file.ModTime = st.ModTime()
	}
	sum := sha256.Sum256(data)
	file.Bytes, file.SHA256 = int64(len(data)), hex.EncodeToString(sum[:])
	return input.UTF8(data), file, nil
}

func asGiven(w bulk.Who) func(context.Context) (bulk.Who, error) {
	return func(context.Context) (bulk.Who, error) { return w, nil }
}

func (o *usersOptions) whoOfNames(e *cli.Env) (func(context.Context) (bulk.Who, error), error) {
	var w bulk.Who
	if o.ids != "" {
		data, file, err := readNames(e, o.ids)
		if err != nil {
			return nil, err
		}
		if w.Asks, err = bulk.ReadNames(data); err != nil {
			return nil, cli.Usagef("", "reading %s: %w", o.ids, err)
		}
		w.Source.Files = []checkpoint.SourceFile{file}
		if len(w.Asks) == 0 {
			return nil, cli.Usagef(
				"write one id or e-mail address per line, or a CSV table with a column id, kinde_id or email",
				"%s names nobody",
				o.ids,
			)
		}
	}
	w.Source.Format = "csv"
	for _, id := range o.id {
		if strings.TrimSpace(id) == "" {
			return nil, cli.Usagef("", "--id is empty")
		}
		w.Asks = append(w.Asks, bulk.ParseName(id))
	}
	if o.verb == bulk.AddIdentity {
		for i := range w.Asks {
			a := &w.Asks[i]
			if a.Value == "" && o.value == "" && a.Problem == nil {
				a.Problem = &mapping.Problem{
					Severity: mapping.Error,
					Code:     mapping.NoIdentity,
					Field:    "value",
					Message:  "the row has no identity to add",
					Hint:     "Fill in the column value.",
				}
			}
		}
		if o.value != "" && len(w.Asks) > 1 {
			return nil, cli.Usagef("use --ids with a column value", "an identity belongs to one user, so one --value can't be added to several")
		}
	}
	return asGiven(w), nil
}

func (o *usersOptions) whoOfHashes(e *cli.Env) (func(context.Context) (bulk.Who, error), error) {
	data, file, err := readNames(e, o.hashes)
	if err != nil {
		return nil, err
	}
	options := password.Options{Assume: o.assume, TryCrypt: o.tryCrypt}
	if o.hashParams != "" {
		params, err := input.ReadFile(o.hashParams, input.MaxParameters)
		if err != nil {
			return nil, err
		}
		if options.Project, err = password.ParseParams(params); err != nil {
			return nil, cli.Usagef(
				"give the parameters as YAML, JSON, or Firebase's hash_config { … } as pasted",
				"reading %s: %w",
				o.hashParams,
				err,
			)
		}
	}
	w := bulk.Who{Source: checkpoint.Source{Files: []checkpoint.SourceFile{file}, Format: "csv", Hashes: 0}}
	if w.Asks, err = bulk.ReadHashes(data, options); err != nil {
		return nil, cli.Usagef(
			"columns: id or email, hash, method, salt, salt_encoding, salt_position, iterations",
			"reading %s: %w",
			o.hashes,
			err,
		)
	}
	for _, a := range w.Asks {
		if a.Password != nil {
			w.Source.Hashes++
		}
	}
	return asGiven(w), nil
}

// whoOfCheckpoint names those whom the job of a checkpoint created.
func whoOfCheckpoint(ctx context.Context, path, origin string) (w bulk.Who, err error) {
	r, err := cli.OpenCheckpoint(ctx, path)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	tenant, ok, err := r.Tenant(ctx)
	if err != nil {
		return w, err
	}
	if ok && tenant.Origin != origin {
		return w, cli.Checkpointf(
			"use the domain of that job",
			"the checkpoint %s belongs to the tenant %s, this is %s",
			path,
			tenant.Origin,
			origin,
		)
	}
	w.Source = checkpoint.Source{Files: []checkpoint.SourceFile{{Path: path}}, Format: "checkpoint"}
	for x, err := range r.Records(ctx, checkpoint.Selection{Any: true, Owners: []checkpoint.Owner{checkpoint.Made, checkpoint.Adopted}}) {
		if err != nil {
			return w, err
		}
		if x.KindeID == "" || x.Outcome == checkpoint.Deleted {
			continue
		}
		w.Asks = append(w.Asks, bulk.Ask{Line: x.Line, ID: x.KindeID, Email: x.Email, SourceID: x.SourceID,
			Evidence: x.Owner == checkpoint.Made || x.SourceID != ""})
	}
	return w, nil
}

// whoOfTenant names the tenant's users of whom the filter is true.
func (o *usersOptions) whoOfTenant(ctx context.Context, e *cli.Env, conn *cli.Connection, filter *exporter.Filter) (w bulk.Who, err error) {
	parts, err := tenant.ParseParts(partsOfFilter(o.filter))
	if err != nil {
		return w, err
	}
	reading, err := tenant.Read(ctx, conn.Client, tenant.ReadOptions{Parts: parts, Concurrency: o.pace.Concurrency})
	if err != nil {
		return w, fmt.Errorf("reading the tenant's users: %w", err)
	}
	defer func() { err = errors.Join(err, reading.Close(true)) }()
	w.Source.Format = "tenant"
	for row, err := range reading.Rows(ctx) {
		if err != nil {
			return w, err
		}
		ok, err := filter.Match(row)
		if err != nil {
			return w, err
		}
		if ok {
			w.Asks = append(w.Asks, bulk.Ask{ID: row.ID, Email: row.Email, User: userOfRow(row)})
		}
	}
	if o.inactiveSince != "" {
		w.Asks, err = o.inactive(ctx, e, conn.Client, w.Asks)
	}
	return w, err
}

// partsOfFilter names what must be read for a filter besides the profile.
func partsOfFilter(filter string) []string {
	parts := []string{"identities"}
	for _, name := range tenant.PartNames {
		if name != "identities" && strings.Contains(filter, name) {
			parts = append(parts, name)
		}
	}
	return parts
}

func userOfRow(row *tenant.Row) *kinde.User {
	at := func(t *time.Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return *t
	}
	u := &kinde.User{
		ID:           row.ID,
		ProvidedID:   row.ProvidedID,
		Email:        row.Email,
		Phone:        row.Phone,
		Username:     row.Username,
		FirstName:    row.FirstName,
		LastName:     row.LastName,
		Picture:      row.Picture,
		IsSuspended:  row.IsSuspended,
		TotalSignIns: row.TotalSignIns,
		LastSignedIn: at(row.LastSignedIn),
		CreatedOn:    at(row.CreatedOn),
		Properties:   row.Properties,
	}
	for _, i := range row.Identities {
		u.Identities = append(u.Identities, kinde.UserIdentity{Type: i.Type, Identity: i.Value, ConnectionID: i.ConnectionID})
	}
	for _, m := range row.Organizations {
		u.Organizations = append(u.Organizations, m.Code)
	}
	return u
}
