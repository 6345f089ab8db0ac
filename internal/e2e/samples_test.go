package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// samplePassword is what samples/README.md names.
const samplePassword = "Kite-and-Anchor-42"

// TestSamples imports each sample on an embedded tenant and signs its users in there.
func TestSamples(t *testing.T) {
	for _, c := range []struct {
		file, passwords string
		exit            int
		created         int64
		same            []string // sign in with the password
		not             []string // can't, because there is none or they are suspended
	}{
		{file: "kinde/users.csv", created: 8,
			same: []string{"ana.pereira@example.com", "bjorn@example.com", "chloe.oneill@example.org", "dmitri@example.org", "emi@example.net",
				"hana.novakova@example.com"},
			not: []string{"faisal@example.net"}},
		{file: "auth0/users.ndjson", passwords: "auth0/passwords.ndjson", created: 8,
			same: []string{"ines.duarte@example.com", "jozsef@example.com", "linnea@example.org", "nour@example.net", "oyuki@example.com"},
			not:  []string{"mateusz@example.net", "kofi.mensah@example.org", "pilar@example.com"}},
		{file: "generic/users.csv", created: 5,
			same: []string{"quinn@example.com", "rosa@example.com", "soren@example.org"}, not: []string{"tomas@example.org", "umit@example.net"}},
		{file: "generic/users.ndjson", created: 4,
			same: []string{"vera@example.com", "wren@example.com"}, not: []string{"xiu@example.org", "yara@example.net"}},
		{file: "defects/users.csv", exit: 3, same: []string{"zoe@example.com"}, not: []string{"dara@example.org", "eli@example.org"}},
		{file: "defects/users.ndjson", exit: 3, same: []string{"jae@example.com"}, not: []string{"lou@example.org"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"kinde-migrate", "import", "--sandbox", "--json", "--quiet", copySample(t, dir, c.file)}
			if c.passwords != "" {
				args = append(args, "--passwords", copySample(t, dir, c.passwords))
			}
			var out, errs bytes.Buffer
			if code := cmd.Main(context.Background(), args, strings.NewReader(""), &out, &errs); code != c.exit {
				t.Fatalf("exit code %d, want %d\n%s\n%s", code, c.exit, errs.String(), out.String())
			}
			var r struct {
				Totals         struct{ Records, Created, Rejected, Failed int64 }
				Reconciliation struct{ Missing, Different, Unexpected int64 }
			}
			if err := json.Unmarshal(out.Bytes(), &r); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			if c.created > 0 && r.Totals.Created != c.created || r.Totals.Failed > 0 {
				t.Errorf("totals %+v, want %d created\n%s", r.Totals, c.created, out.String())
			}
			if x := r.Reconciliation; x.Missing+x.Different+x.Unexpected > 0 {
				t.Errorf("read-back: %+v\n%s", x, out.String())
			}
			checkSignIns(t, args[5]+".sandbox.tenant", c.same, c.not)
		})
	}
}

// checkSignIns brings the embedded tenant back and signs people in.
func checkSignIns(t *testing.T, state string, same, not []string) {
	t.Helper()
	if underRace && len(same) > 1 {
		// Verifying a hash takes seconds under the race detector; the plain run signs everybody in.
		same = same[:1]
	}
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	tenant, err := sandbox.Open(sandbox.Options{State: state, BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	server.Config.Handler = tenant
	server.Start()
	defer server.Close()
	for i, who := range same {
		if ok, reason, err := trySignIn(base, who, samplePassword); err != nil || !ok {
			t.Errorf("%s can't sign in: %s %v", who, reason, err)
		}
		// The hashes of a sample are alike, and refusing one is as slow as accepting it.
		if i > 0 {
			continue
		}
		if ok, _, _ := trySignIn(base, who, "wrong"); ok {
			t.Errorf("%s signs in with a wrong password", who)
		}
	}
	for _, who := range not {
		ok, reason, err := trySignIn(base, who, samplePassword)
		if err != nil || ok || reason == "no_user" {
			t.Errorf("%s: signed in is %v, %s %v", who, ok, reason, err)
		}
	}
}

func copySample(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("samples", name))
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, filepath.Base(name))
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}
