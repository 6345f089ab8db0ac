package exporter

import (
	"context"
	"io"

	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

// Options says what to export and how to write it.
type Options struct {
	Tenant kinde.Config // a nil Gate is one that learns the tenant's limit
	// With names what is read besides the profile: identities, organizations,
	// roles, properties (these four where none is named), permissions, verified,
	// mfa, sessions. Each of the last three costs a request for every user.
	With     []string
	Fields   []string       // in this order: "id", "email", "properties.KEY" …; none is all
	Filter   string         // a condition: `email endsWith "@example.com" and not is_suspended`
	Format   string         // "ndjson", "json", "csv", or "kinde-csv" for Kinde's own import; "" is "ndjson"
	Progress func(Progress) // called by one goroutine; may be nil
}

// Progress is how far a reading has come.
type Progress struct {
	Phase       string
	Done, Total int64 // a total of 0 is not known
}

// Exported is what an export wrote.
type Exported struct {
	Users    int64
	Filtered int64 // left out by the filter
}

// Export writes the users of a tenant to w.
func Export(ctx context.Context, w io.Writer, o Options) (Exported, error) {
	with := o.With
	if len(with) == 0 {
		with = tenant.DefaultParts
	}
	parts, err := tenant.ParseParts(with)
	if err != nil {
		return Exported{}, err
	}
	filter, err := exporter.ParseFilter(o.Filter)
	if err != nil {
		return Exported{}, err
	}
	format := exporter.Format(o.Format)
	if format == "" {
		format = exporter.NDJSON
	}
	if err := exporter.CheckOutput(format, o.Fields); err != nil {
		return Exported{}, err
	}
	client, err := connect(o.Tenant)
	if err != nil {
		return Exported{}, err
	}
	res, err := exporter.Write(ctx, client, w, exporter.Options{Format: format, Fields: o.Fields, Filter: filter,
		ReadOptions: tenant.ReadOptions{Parts: parts, Progress: progressOf(o.Progress)}})
	return Exported{Users: res.Users, Filtered: res.Filtered}, err
}

func progressOf(tell func(Progress)) func(tenant.Progress) {
	if tell == nil {
		return nil
	}
	return func(p tenant.Progress) { tell(Progress{Phase: p.Stage, Done: p.Done, Total: p.Total}) }
}

func connect(cfg kinde.Config) (*kinde.Client, error) { return kinde.New(gated(cfg)) }

// gated gives a tenant without a gate one that learns its limit.
func gated(cfg kinde.Config) kinde.Config {
	if cfg.Gate == nil {
		cfg.Gate = pace.Learning(pace.Options{})
	}
	return cfg
}
