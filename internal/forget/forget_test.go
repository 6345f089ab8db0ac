package forget

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

func ana() *erasure.People {
	p := erasure.NewPeople(&erasure.Person{})
	p.Learn(0, &erasure.Names{Emails: []string{"ana@example.com"}}, true)
	return p
}

// forgetIn lays files down, erases Ana in the folder, and returns what the files hold then.
func forgetIn(t *testing.T, files map[string]string) (map[string]string, *erasure.People, []*Place) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	places, err := Find([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	people, ctx := ana(), context.Background()
	if _, err := Learn(ctx, places, people); err != nil {
		t.Fatal(err)
	}
	for _, p := range InOrder(places) {
		if _, err := p.Erase(ctx, people, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	out := map[string]string{}
	for name := range files {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(data)
	}
	return out, people, places
}

func TestEraseInFiles(t *testing.T) {
	z, _ := zstd.NewWriter(nil)
	packed := func(text string) string { return string(z.EncodeAll([]byte(text), nil)) }
	b64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	files := map[string][2]string{ // before and after
		"users.csv": {
			"id,email,name\r\n17,Ana@example.com,\"Ana\r\nQuimby\"\r\n18,joana@example.com,Jo\r\n",
			"id,email,name\r\n18,joana@example.com,Jo\r\n",
		},
		"last.csv": {"id,email\n18,bo@example.com\n17,ana@example.com", "id,email\n18,bo@example.com\n"},
		"users.ndjson": {
			`{"id":"auth0|5f7c8ec7c33c","email":"ana@example.com","phone":"+12025550141","name":"Ana"}` + "\n" + `{"id":"b","email":"bo@example.com","invited_by":"ana@example.com","phone":"+12025550142"}` + "\n",
			`{"id":"b","email":"bo@example.com","invited_by":"[erased]","phone":"+12025550142"}` + "\n",
		},
		// Known by the id that another file told.
		"later.ndjson": {
			`{"id":"auth0|5f7c8ec7c33c","email":"new@example.com","name":"Ana"}` + "\n" + `{"id":"c","email":"cy@example.com"}` + "\n",
			`{"id":"c","email":"cy@example.com"}` + "\n",
		},
		"list.json": {
			"[\n {\"email\":\"bo@example.com\"},\n {\"email\":\"ana@example.com\",\"name\":\"Ana\"}\n]\n",
			"[\n  {\n    \"email\": \"bo@example.com\"\n  }\n]\n",
		},
		"wrapped.json": {
			`{"users":[{"localId":"1","email":"ana@example.com"},{"localId":"2","email":"di@example.com"}],"note":"for new@example.com"}`,
			`{"users":[{"localId":"2","email":"di@example.com"}],"note":"for [erased]"}` + "\n",
		},
		"people.ldif": {
			"dn: uid=ana,dc=example\nuid: ana\nmail:: " + b64(
				"ana@example.com",
			) + "\ncn: Ana\n\ndn: uid=bo,dc=example\nuid: bo\nmail: bo@example.com\n",
			"dn: uid=bo,dc=example\nuid: bo\nmail: bo@example.com\n",
		},
		"run.log": {
			"created ana@example.com as user?email=ana%40example.com\nand joana@example.com\n",
			"created [erased] as user?email=[erased]\nand joana@example.com\n",
		},
		"nobody.csv": {"id,email\n5,eve@example.com\n", "id,email\n5,eve@example.com\n"},
		// Somebody alone in a file, and documents that follow each other.
		"one.ndjson": {`{"id":"1","email":"ana@example.com","name":"Ana"}` + "\n", ""},
		"one.json":   {"{\n \"id\": \"1\",\n \"email\": \"ana@example.com\",\n \"name\": \"Ana\"\n}\n", ""},
		"pages.json": {
			"{\"users\":[\n{\"email\":\"ana@example.com\"}]}\n\n{\"users\":[\n{\"email\":\"bo@example.com\"}]}",
			"{\"users\":[]}\n{\"users\":[{\"email\":\"bo@example.com\"}]}\n",
		},
		"old.zst": {packed("id,email\n17,ana@example.com\n18,bo@example.com\n"), ""},
	}
	before := map[string]string{}
	for name, f := range files {
		before[name] = f[0]
	}
	after, _, _ := forgetIn(t, before)
	for name, f := range files {
		if name != "old.zst" && after[name] != f[1] {
			t.Errorf("%s holds\n%s\nwant\n%s", name, after[name], f[1])
		}
	}
	r, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := r.DecodeAll([]byte(after["old.zst"]), nil); err != nil || string(text) != "id,email\n18,bo@example.com\n" {
		t.Errorf("%v %s", err, text)
	}
}

// What the readers open, forget opens, and leaves in the same layers.
func TestEraseInWhatIsCompressedTwice(t *testing.T) {
	z, _ := zstd.NewWriter(nil)
	packed := func(text string) string { return string(z.EncodeAll([]byte(text), nil)) }
	zipped := func(text string) string {
		var b strings.Builder
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.String()
	}
	after, _, _ := forgetIn(t, map[string]string{
		"users.csv.zst.gz":      zipped(packed("id,email\n17,ana@example.com\n18,bo@example.com\n")),
		"people.ndjson.zst.zst": packed(packed(`{"email":"ana@example.com"}` + "\n" + `{"email":"bo@example.com"}` + "\n")),
	})
	for name, want := range map[string]string{"users.csv.zst.gz": "id,email\n18,bo@example.com\n",
		"people.ndjson.zst.zst": `{"email":"bo@example.com"}` + "\n"} {
		r, layers, err := source.Decompress(bufio.NewReader(strings.NewReader(after[name])))
		if err != nil || len(layers) != 2 || layers[1] != source.Zstd || (layers[0] == source.Gzip) != strings.HasSuffix(name, ".gz") {
			t.Errorf("%s: %v %v", name, layers, err)
			continue
		}
		if text, err := io.ReadAll(r); err != nil || string(text) != want {
			t.Errorf("%s holds %q, want %q; %v", name, text, want, err)
		}
	}
}

// A report speaks of records by numbers and ids that mean nothing elsewhere.
func TestEraseInAReport(t *testing.T) {
	outcomes := "record,line,source_id,kinde_id,email,outcome,sign_in,problem_code,problem\n1,2,17,kp_a,ana@example.com,created,code,,\n2,3,18,kp_b,bo@example.com,created,code,,\n"
	report := `{"schema":"kinde-migrate.report/1","problems":{"items":[{"record":1,"source_id":"17","message":"Ana"},{"record":2,"source_id":"18","message":"is not ana@example.com"}]},` +
		`"reconciliation":{"differences":[{"source_id":"17","kinde_id":"","expected":"Anastasia"},{"source_id":"18","kinde_id":"kp_b","expected":"Bo"}]}}`
	page := "<table><tr><td>x line 2, record 1</td><td>a***</td></tr><tr><td>x line 3, record 2</td><td>b***</td></tr><tr><td><bdi>kp_a</bdi></td></tr></table>"
	other := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(outcomes, "ana@", "eve@"), "kp_a", "kp_e"), "kp_b", "kp_f")
	after, _, _ := forgetIn(
		t,
		map[string]string{
			"a/outcomes.csv": outcomes,
			"a/report.json":  report,
			"a/report.html":  page,
			"b/outcomes.csv": other,
			"b/report.json":  report,
		},
	)
	if after["b/outcomes.csv"] != other || !strings.Contains(after["b/report.json"], `"Anastasia"`) {
		t.Errorf("number 17 of another source is somebody else:\n%s\n%s", after["b/outcomes.csv"], after["b/report.json"])
	}
	for name, want := range map[string]string{
		"a/outcomes.csv": "record,line,source_id,kinde_id,email,outcome,sign_in,problem_code,problem\n2,3,18,kp_b,bo@example.com,created,code,,\n",
		"a/report.json": `{"schema":"kinde-migrate.report/1","problems":{"items":[{"record":2,"source_id":"18","message":"is not [erased]"}]},` +
			`"reconciliation":{"differences":[{"source_id":"18","kinde_id":"kp_b","expected":"Bo"}]}}` + "\n",
		"a/report.html": "<table><tr><td>x line 3, record 2</td><td>b***</td></tr></table>",
	} {
		if after[name] != want {
			t.Errorf("%s holds\n%s\nwant\n%s", name, after[name], want)
		}
	}
}

func TestWhatOthersHaveStays(t *testing.T) {
	files := map[string]string{
		"users.csv": "id,email,phone\n17,ana@example.com,+12025550141\n18,bo@example.com,+12025550141\n",
		"notes.txt": "call +12025550141\n",
	}
	after, people, _ := forgetIn(t, files)
	if after["users.csv"] != "id,email,phone\n18,bo@example.com,+12025550141\n" || after["notes.txt"] != files["notes.txt"] ||
		people.Shared() != 1 {
		t.Errorf("%v, %d shared", after, people.Shared())
	}
}

func TestWhatCantBeReadIsNamed(t *testing.T) {
	_, _, places := forgetIn(t, map[string]string{
		"age.bin": "age-encryption.org/v1\n", "export.dat": "Salted__12345678", "a.tenant": `{"head":{"ana":"ana@example.com"}}` + "\n",
		"photo": "\x00\x01", "odd.csv": "\xff\xfei\x00d\x00\n\x00\x00\xd8x\x00", "lost.checkpoint-wal": "\x37\x7f\x06\x82\x00\x00",
		"fetched/fetch.json": "{}", "fetched/users.ndjson": `{"email":"ana@example.com"}`,
	})
	kinds := map[string]Kind{}
	for _, p := range places {
		kinds[filepath.Base(p.Path)] = p.Kind
		if (p.Kind == Unread) != (p.Why != "") {
			t.Errorf("%s: %s %q", p.Path, p.Kind, p.Why)
		}
	}
	for name, want := range map[string]Kind{"age.bin": Encrypted, "export.dat": Encrypted, "a.tenant": Unread, "photo": Unread,
		"odd.csv": Unread, "lost.checkpoint-wal": Unread, "fetched": Unread} {
		if kinds[name] != want {
			t.Errorf("%s is %s, want %s", name, kinds[name], want)
		}
	}
}

// The proof is one: a file that still holds somebody fails.
func TestProofFindsWhatStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "left.txt")
	if err := os.WriteFile(path, []byte("x ana@example.com y"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := proveFile(path, ana().Text()); err == nil {
		t.Error("nothing was found")
	}
}
