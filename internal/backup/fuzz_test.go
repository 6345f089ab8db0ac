package backup

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzBackup reads a backup whose manifest and users are any bytes, with the
// manifest's hash as it should be. It is refused as damaged, or its manifest names
// nothing outside its folder and its users are as many as it says.
func FuzzBackup(f *testing.F) {
	f.Add(
		[]byte(`{"schema":"kinde-migrate.backup/1","files":[{"kind":"users","name":"users.ndjson","records":1}]}`),
		[]byte(`{"id":"kp_1"}`+"\n"),
	)
	f.Add([]byte(`{"schema":"kinde-migrate.backup/1","files":[{"kind":"users","name":"../users.ndjson"}]}`), []byte("{}"))
	f.Add(
		[]byte(`{"schema":"kinde-migrate.backup/1","files":[{"name":"C:x"},{"name":""},{"name":"."},{"name":".."}]}`),
		[]byte{0x28, 0xb5, 0x2f, 0xfd},
	)
	f.Fuzz(func(t *testing.T, manifest, users []byte) {
		dir := t.TempDir()
		for name, data := range map[string][]byte{ManifestFile: manifest, ManifestSumFile: sumLine(hashOf(manifest)), "users.ndjson": users,
			"users.ndjson.zst": users} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m, _, err := ReadManifest(dir)
		if err != nil {
			if damaged := (*DamagedError)(nil); !errors.As(err, &damaged) {
				t.Errorf("not damaged, but %v", err)
			}
			return
		}
		for _, f := range m.Files {
			if in, err := filepath.Rel(dir, filepath.Join(dir, f.Name)); err != nil || in != f.Name || !filepath.IsLocal(f.Name) || f.Name == "." {
				t.Errorf("the manifest may name %q", f.Name)
			}
		}
	})
}
