package sandbox

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestVendorsSDK points the vendor's own JavaScript SDK at the sandbox, over
// TLS as it insists. It runs where KINDE_SDK_DIR names a folder in which
// `npm install @kinde/management-api-js` was run, or with
// KINDE_SDK_INSTALL=1, which installs it into a temporary one.
func TestVendorsSDK(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	dir := os.Getenv("KINDE_SDK_DIR")
	if dir == "" && os.Getenv("KINDE_SDK_INSTALL") == "1" {
		dir = t.TempDir()
		install := exec.CommandContext(t.Context(), "npm", "install", "--no-audit", "--no-fund", "--silent", "@kinde/management-api-js")
		install.Dir = dir
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("installing the SDK: %v\n%s", err, out)
		}
	}
	if dir == "" {
		t.Skip("neither KINDE_SDK_DIR nor KINDE_SDK_INSTALL=1 is set")
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	server, err := Listen(t.Context(), ListenOptions{Address: "127.0.0.1:0", TLS: true, CAFile: ca, Tenant: Options{Demo: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	script := exec.CommandContext(t.Context(), node, "testdata/sdk.mjs", dir)
	script.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+server.CAFile, "KINDE_DOMAIN="+server.URL,
		"KINDE_MANAGEMENT_CLIENT_ID="+server.Tenant.ClientID, "KINDE_MANAGEMENT_CLIENT_SECRET="+server.Tenant.ClientSecret)
	out, err := script.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("sdk ok")) {
		t.Errorf("%v\n%s\n%+v", err, out, server.Tenant.Stats())
	}
}
