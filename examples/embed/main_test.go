package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

func TestExampleImportsTwice(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	tenant, err := sandbox.Open(sandbox.Options{Demo: true, BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	server.Config.Handler = tenant
	server.Start()
	defer server.Close()
	env := map[string]string{"KINDE_DOMAIN": base, "KINDE_MANAGEMENT_CLIENT_ID": tenant.ClientID, "KINDE_MANAGEMENT_CLIENT_SECRET": tenant.ClientSecret}

	file := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(file, []byte("id,email,first_name\n1,ana@example.com,Ana\n2,bo@example.com,Bo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2  created", "2  unchanged"} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{file}, func(key string) string { return env[key] }, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("the example prints %q, want %q in it", out.String(), want)
		}
	}
}
