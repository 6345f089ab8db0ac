package importer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// An import of two people into a local tenant.
func Example() {
	if err := importTwo(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: created 2, read back and right 2
}

func importTwo(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "users.csv")
	if err := os.WriteFile(file, []byte("id,email,first_name\n1,ana@example.com,Ana\n2,bo@example.com,Bo\n"), 0o600); err != nil {
		return err
	}
	source, err := intake.Open(ctx, intake.Options{Files: []string{file}, Preset: "generic"})
	if err != nil {
		return err
	}
	defer source.Close()

	tenant, err := sandbox.Open(sandbox.Options{})
	if err != nil {
		return err
	}
	defer tenant.Close()
	transport := sandbox.Transport(tenant)
	tokens, err := kinde.NewClientCredentials(kinde.ClientCredentials{BaseURL: tenant.BaseURL(), ClientID: tenant.ClientID,
		ClientSecret: tenant.ClientSecret, Transport: transport})
	if err != nil {
		return err
	}
	recorder := engine.NewRecorder()
	client, err := kinde.New(kinde.Config{BaseURL: tenant.BaseURL(), Tokens: tokens, Transport: transport, Observe: recorder.Observe})
	if err != nil {
		return err
	}

	state, _, err := checkpoint.Open(ctx, file+".checkpoint")
	if err != nil {
		return err
	}
	defer state.Close()
	result, err := importer.Run(ctx, importer.Job{Source: source, Target: client, Checkpoint: state, Recorder: recorder}, importer.Options{})
	if err != nil {
		return err
	}
	fmt.Printf("created %d, read back and right %d\n", result.Totals[checkpoint.Created], result.Read.Matched)
	return nil
}
