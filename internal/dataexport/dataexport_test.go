package dataexport

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	iv  = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
)

// sealed is an export with these files, in pairs of name and content.
func sealed(t *testing.T, files ...string) string {
	t.Helper()
	var plain bytes.Buffer
	z := zip.NewWriter(&plain)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = w.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	k, _ := hex.DecodeString(key)
	v, _ := hex.DecodeString(iv)
	block, err := aes.NewCipher(k)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, plain.Len())
	cipher.NewCTR(block, v).XORKeyStream(out, plain.Bytes())
	path := filepath.Join(t.TempDir(), "kinde_export.dat")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExtract(t *testing.T) {
	secret, err := ParseSecret(" "+strings.ToUpper(key)+"\n", iv)
	if err != nil {
		t.Fatal(err)
	}
	path, dir := sealed(t, "export/users.ndjson", `{"id":"kp_1"}`+"\n", "organizations.ndjson", ""), filepath.Join(t.TempDir(), "out")
	list, err := Extract(t.Context(), path, secret, dir, "")
	if err != nil || len(list) != 2 {
		t.Fatalf("%v %v", list, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "users.ndjson"))
	if err != nil || string(data) != `{"id":"kp_1"}`+"\n" {
		t.Errorf("%q %v", data, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "users.ndjson")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// The vendor's command opens the same file.
func TestAsOpenSSLDoes(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip(err)
	}
	path := sealed(t, "users.ndjson", "x")
	out, err := exec.Command(openssl, "aes-256-ctr", "-d", "-in", path, "-nosalt", "-K", key, "-iv", iv).Output()
	if err != nil || !bytes.HasPrefix(out, []byte("PK\x03\x04")) {
		t.Errorf("%q %v", out, err)
	}
}

func TestExtractRefuses(t *testing.T) {
	secret, _ := ParseSecret(key, iv)
	other, _ := ParseSecret(strings.Repeat("0", 64), iv)
	if _, err := Extract(t.Context(), sealed(t, "users.ndjson", "x"), other, t.TempDir(), ""); !errors.Is(err, ErrWrongSecret) {
		t.Errorf("another key: %v", err)
	}
	dir := t.TempDir()
	if _, err := Extract(t.Context(), sealed(t, "../../users.ndjson", "x"), secret, filepath.Join(dir, "in"), ""); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "in", "users.ndjson")); err != nil {
		t.Errorf("a member names a place elsewhere: %v", err)
	}
	if _, err := Extract(t.Context(), sealed(t, "a/users.ndjson", "x", "b/users.ndjson", "y"), secret, t.TempDir(), ""); err == nil {
		t.Error("two members became one file")
	}
	damaged := sealed(t, "users.ndjson", strings.Repeat("some text ", 1000))
	data, _ := os.ReadFile(damaged)
	data[60] ^= 1
	if err := os.WriteFile(damaged, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := Extract(t.Context(), damaged, secret, t.TempDir(), ""); err == nil {
		t.Errorf("a damaged file came out whole: %v", list)
	}
	for _, bad := range [][2]string{{key[1:], iv}, {key, key}, {"", ""}, {strings.Repeat("z", 64), iv}} {
		if _, err := ParseSecret(bad[0], bad[1]); !errors.Is(err, ErrSecret) || len(bad[0]) > 8 && strings.Contains(err.Error(), bad[0]) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
