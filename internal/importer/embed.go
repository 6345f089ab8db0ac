package importer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// What a program that embeds an import needs of this module's inner packages.
type (
	// Checkpoint is the state of a job. OpenCheckpoint opens one.
	Checkpoint = checkpoint.Store
	// Recorder counts the requests of a client whose Config.Observe is its Observe.
	Recorder = engine.Recorder
	// SourceOptions names the files of a source, and how they are read.
	SourceOptions = intake.Options
	// FileSource is a Source that reads export files. OpenSource opens one.
	FileSource = intake.Intake
	// Outcome is the class that a record is in.
	Outcome = checkpoint.Outcome
)

// The classes of Result.Totals. A record is in exactly one.
const (
	Pending   = checkpoint.Pending
	Created   = checkpoint.Created
	Updated   = checkpoint.Updated
	Unchanged = checkpoint.Unchanged
	Skipped   = checkpoint.Skipped
	Rejected  = checkpoint.Rejected
	Failed    = checkpoint.Failed
	Deleted   = checkpoint.Deleted
)

// OpenCheckpoint opens or creates the checkpoint at path and takes its lock.
// Whoever opens it closes it.
func OpenCheckpoint(ctx context.Context, path string) (*Checkpoint, error) {
	store, _, err := checkpoint.Open(ctx, path)
	return store, err
}

// OpenSource opens export files. Whoever opens them closes them.
func OpenSource(ctx context.Context, o SourceOptions) (*FileSource, error) {
	return intake.Open(ctx, o)
}

// NewRecorder returns a recorder that has heard nothing.
func NewRecorder() *Recorder { return engine.NewRecorder() }

// Config is all that Import needs. Files and Domain, and either Tokens or the
// client's id and secret, must be set.
type Config struct {
	Files      []string      // export files of any supported provider
	Source     SourceOptions // how to read them; its Files are those above
	Checkpoint string        // path; "" is the first file's with ".checkpoint" after it

	Domain                 string // acme.kinde.com
	ClientID, ClientSecret string // of an M2M application with the Management API enabled
	Tokens                 kinde.TokenSource
	Gate                   kinde.Gate        // such as pace.Learning; nil: only a 429 makes everyone wait
	Transport              http.RoundTripper // nil: the standard one
	MaxWait                time.Duration     // for a tenant that does not answer; 0 is sensible

	Options Options
	Confirm func(context.Context, Plan) error // called before the first write; nil asks nobody
	Drain   <-chan struct{}                   // once closed, what is in flight is finished and the run ends
}

// Import brings the users of export files into a tenant. The same call again
// goes on where it stopped, and makes no request when nothing is left to do.
func Import(ctx context.Context, c Config) (result Result, err error) {
	if len(c.Files) == 0 {
		return Result{}, errors.New("importing: no file is named")
	}
	base, err := kinde.ParseDomain(c.Domain)
	if err != nil {
		return Result{}, fmt.Errorf("reading the tenant's domain: %w", err)
	}
	origin := strings.TrimSuffix(base.String(), "/")
	if c.Tokens == nil {
		c.Tokens, err = kinde.NewClientCredentials(kinde.ClientCredentials{BaseURL: origin, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Transport: c.Transport})
		if err != nil {
			return Result{}, fmt.Errorf("preparing the credentials: %w", err)
		}
	}
	recorder := NewRecorder()
	client, err := kinde.New(kinde.Config{BaseURL: origin, Tokens: c.Tokens, Gate: c.Gate, Transport: c.Transport, MaxWait: c.MaxWait, Observe: recorder.Observe})
	if err != nil {
		return Result{}, fmt.Errorf("preparing the client: %w", err)
	}
	c.Source.Files = c.Files
	source, err := OpenSource(ctx, c.Source)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if c.Checkpoint == "" {
		c.Checkpoint = c.Files[0] + ".checkpoint"
	}
	state, err := OpenCheckpoint(ctx, c.Checkpoint)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	return Run(ctx, Job{Source: source, Target: client, Checkpoint: state, Recorder: recorder, Confirm: c.Confirm, Drain: c.Drain}, c.Options)
}
