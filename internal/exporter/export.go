package exporter

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// Options says what to export and how to write it.
type Options struct {
	tenant.ReadOptions
	Format Format   // "" is found by the file's name; Write takes NDJSON then
	Fields []string // names of FieldNames and "properties.KEY"; nil is all
	Filter *Filter  // nil: everyone
}

// Result is what an export did.
type Result struct {
	Users    int64 `json:"users"`    // written
	Filtered int64 `json:"filtered"` // left out by the filter
	Resumed  bool  `json:"resumed"`
	// LeftOut counts memberships that the format can't hold: in Kinde's CSV
	// those of organizations without an external id.
	LeftOut int64 `json:"left_out"`
}

// ToFile exports into a file, which stands there complete or not at all. A run
// that was interrupted goes on where it stopped, from <path>.partial.
func ToFile(ctx context.Context, t tenant.API, path string, o Options) (res Result, err error) {
	if o.Format == "" {
		if o.Format, err = FormatOf(path); err != nil {
			return res, err
		}
	}
	if _, err := newEncoder(io.Discard, o.Format, o.Fields); err != nil {
		return res, err
	}
	if o.Resume == "" {
		o.Resume = path + ".partial"
	}
	// Hours of reading must not end at a folder that can't be written.
	probe, err := atomicfile.Create(path)
	if err != nil {
		return res, fmt.Errorf("writing the export: %w", err)
	}
	probe.Abort()
	reading, err := tenant.Read(ctx, t, o.ReadOptions)
	if err != nil {
		return res, err
	}
	done := false
	defer func() { err = errors.Join(err, reading.Close(done)) }()
	f, err := atomicfile.Create(path)
	if err != nil {
		return res, fmt.Errorf("writing the export: %w", err)
	}
	defer f.Abort()
	z, err := compressed(f, path)
	if err != nil {
		return res, err
	}
	if res, err = write(ctx, reading, z, o); err != nil {
		return res, err
	}
	if err := z.Close(); err != nil {
		return res, fmt.Errorf("writing %s: %w", path, err)
	}
	if err := f.Commit(); err != nil {
		return res, fmt.Errorf("writing %s: %w", path, err)
	}
	done = true
	return res, nil
}

// Write exports to a stream. It begins to write when everything was read.
func Write(ctx context.Context, t tenant.API, w io.Writer, o Options) (res Result, err error) {
	if o.Format == "" {
		o.Format = NDJSON
	}
	if _, err := newEncoder(io.Discard, o.Format, o.Fields); err != nil {
		return res, err
	}
	reading, err := tenant.Read(ctx, t, o.ReadOptions)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, reading.Close(err == nil)) }()
	return write(ctx, reading, w, o)
}

func write(ctx context.Context, x *tenant.Reading, w io.Writer, o Options) (Result, error) {
	res := Result{Resumed: x.Resumed()}
	buffered := bufio.NewWriterSize(w, 1<<16)
	enc, err := newEncoder(buffered, o.Format, o.Fields)
	if err != nil {
		return res, err
	}
	total, err := x.Count(ctx)
	if err != nil {
		return res, err
	}
	for row, err := range x.Rows(ctx) {
		if err != nil {
			return res, err
		}
		keep, err := o.Filter.Match(row)
		if err != nil {
			return res, err
		}
		if !keep {
			res.Filtered++
			continue
		}
		if err := enc.row(row); err != nil {
			return res, fmt.Errorf("writing the user %s: %w", row.ID, err)
		}
		if o.Format == KindeCSV {
			for _, m := range row.Organizations {
				if m.ExternalID == "" {
					res.LeftOut++
				}
			}
		}
		if res.Users++; res.Users%1000 == 0 {
			x.Tell("Writing users", res.Users+res.Filtered, total)
		}
	}
	if err := enc.end(); err != nil {
		return res, fmt.Errorf("writing the export: %w", err)
	}
	if err := buffered.Flush(); err != nil {
		return res, fmt.Errorf("writing the export: %w", err)
	}
	return res, nil
}
