package importer

import (
	"context"
	"errors"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// TestFinishedCheckpointOfAnotherTenant: what is finished elsewhere is not
// finished here, and nothing is asked to find out.
func TestFinishedCheckpointOfAnotherTenant(t *testing.T) {
	w := newWorld(t, sandbox.Options{BaseURL: "http://one.localhost"}).inMemory()
	defer w.store.Close()
	p := invent(3)
	if o := w.run(p, Options{}); o.err != nil {
		t.Fatal(o.err)
	}
	for name, origin := range map[string]string{"host": "http://two.localhost", "port": "http://one.localhost:8080",
		"scheme": "https://one.localhost"} {
		t.Run(name, func(t *testing.T) {
			other, err := sandbox.Open(sandbox.Options{BaseURL: origin})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			there := &world{t: t, tenant: other, store: w.store}
			var refused *job.RefusedError
			for what, o := range map[string]outcome{"import": there.run(p, Options{}), "rollback": there.rollback(RollbackOptions{})} {
				if !errors.As(o.err, &refused) || refused.Kind != job.OtherTenant || o.total != 0 {
					t.Errorf("%s: %v after %d requests", what, o.err, o.total)
				}
			}
			recorder := engine.NewRecorder()
			_, err = Run(
				context.Background(),
				Job{Source: p, Target: there.newClient(recorder), Checkpoint: w.store, Recorder: recorder},
				Options{DryRun: true},
			)
			if !errors.As(err, &refused) || refused.Kind != job.OtherTenant || recorder.Total() != 0 {
				t.Errorf("dry run: %v", err)
			}
		})
	}
}
