package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

// post sends JSON to an emulator and decodes its answer.
func post(t *testing.T, address string, headers map[string]string, in any) map[string]any {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&out)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %d: %v", address, resp.StatusCode, out)
	}
	return out
}

// fromEmulator reads one over the network.
func fromEmulator(t *testing.T, o Options) outcome {
	t.Helper()
	o.Transport, o.UserAgent = http.DefaultTransport, "test"
	var out outcome
	if err := fetchOnce(t.Context(), t, t.TempDir(), o, &out); err != nil {
		t.Fatal(err)
	}
	if out.manifest.State != fetch.Complete {
		t.Errorf("it is %s: %v", out.manifest.State, out.manifest.Lacking)
	}
	return out
}

// TestCognitoLocal reads cognito-local, an emulator of others: KINDE_COGNITO_LOCAL is its
// address.
func TestCognitoLocal(t *testing.T) {
	address := os.Getenv("KINDE_COGNITO_LOCAL")
	if address == "" {
		t.Skip("KINDE_COGNITO_LOCAL does not say where cognito-local listens")
	}
	call := func(operation string, in any) map[string]any {
		return post(
			t,
			address,
			map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityProviderService." + operation,
				"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/local/cognito-idp/aws4_request, SignedHeaders=host, Signature=0"},
			in,
		)
	}
	pool := call("CreateUserPool", map[string]any{"PoolName": "p"})["UserPool"].(map[string]any)["Id"].(string)
	call("CreateGroup", map[string]any{"UserPoolId": pool, "GroupName": "pilots"})
	for i := range 130 {
		name := fmt.Sprintf("user%03d@example.com", i)
		call("AdminCreateUser", map[string]any{"UserPoolId": pool, "Username": name, "MessageAction": "SUPPRESS",
			"UserAttributes": []any{map[string]any{"Name": "email", "Value": name}}})
		call("AdminAddUserToGroup", map[string]any{"UserPoolId": pool, "Username": name, "GroupName": "pilots"})
	}
	spec, preset, err := mapping.FetchSource("cognito")
	if err != nil {
		t.Fatal(err)
	}
	out := fromEmulator(t, Options{Spec: spec, Preset: preset, Base: address,
		Values: map[string]string{"pool": pool, "region": "local", "access_key": "x", "secret_key": "secret-0123456789"}})
	if len(out.users) != 130 || len(out.memberships) != 130 || out.memberships[0][3] != "pilots" {
		t.Errorf("%d users, %d memberships %v", len(out.users), len(out.memberships), out.memberships[:1])
	}
}

// TestFirebaseEmulator reads the Auth emulator of firebase-tools:
// FIREBASE_AUTH_EMULATOR_HOST says where it listens.
func TestFirebaseEmulator(t *testing.T) {
	host := os.Getenv("FIREBASE_AUTH_EMULATOR_HOST")
	if host == "" {
		t.Skip("FIREBASE_AUTH_EMULATOR_HOST does not say where the emulator listens")
	}
	for i := range 45 {
		post(
			t,
			"http://"+host+"/identitytoolkit.googleapis.com/v1/projects/demo-fetch/accounts",
			map[string]string{"Authorization": "Bearer owner", "Content-Type": "application/json"},
			map[string]any{
				"localId":  fmt.Sprintf("user%03d", i),
				"email":    providertest.Email(fmt.Sprintf("user%03d", i)),
				"password": "correct horse",
			},
		)
	}
	spec, preset, err := mapping.FetchSource("firebase-emulator")
	if err != nil {
		t.Fatal(err)
	}
	out := fromEmulator(
		t,
		sized(Options{Spec: spec, Preset: preset, Values: map[string]string{"project": "demo-fetch", "emulator": host}}, 10),
	)
	if len(out.users) != 45 {
		t.Errorf("%d users", len(out.users))
	}
}
