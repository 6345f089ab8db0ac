package restore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// rows are the lines of a backup's files by their kind; a string is a line as it is.
type rows map[string][]any

// laidDown is a backup with these lines and no proof of them.
func laidDown(t *testing.T, detail backup.Detail, files rows) *backup.Backup {
	t.Helper()
	b := &backup.Backup{Folder: t.TempDir(), Manifest: &backup.Manifest{Detail: detail}}
	for kind, list := range files {
		var text strings.Builder
		for _, row := range list {
			line, ok := row.(string)
			if !ok {
				data, err := json.Marshal(row)
				tenanttest.Must(t, err)
				line = string(data)
			}
			text.WriteString(line + "\n")
		}
		tenanttest.Must(t, os.WriteFile(filepath.Join(b.Folder, kind+".ndjson"), []byte(text.String()), 0o600))
		b.Manifest.Files = append(b.Manifest.Files, backup.FileRef{Name: kind + ".ndjson", Kind: kind})
	}
	return b
}

// restorationOf looks through a backup.
func restorationOf(t *testing.T, b *backup.Backup, o Options) *Restoration {
	t.Helper()
	o.TempDir = t.TempDir()
	r, err := New(t.Context(), b, o)
	tenanttest.Must(t, err)
	t.Cleanup(func() { r.Close() })
	return r
}

// wire is a way to a tenant that notes what is written, and may disturb a request.
type wire struct {
	next    http.RoundTripper
	mu      sync.Mutex
	written []string                                             // "POST /api/v1/roles {…}", of what was let through
	count   int                                                  // requests
	disturb func(n int, r *http.Request) (*http.Response, error) // of the n-th, from 1 on; nil and nil lets it through
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if answer, err := w.note(r); answer != nil || err != nil {
		return answer, err
	}
	return w.next.RoundTrip(r)
}

// note writes down a request; an answer or an error is what it gets instead.
func (w *wire) note(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	if w.disturb != nil {
		if answer, err := w.disturb(w.count, r); answer != nil || err != nil {
			return answer, err
		}
	}
	if r.Method != http.MethodGet {
		var body []byte
		if r.Body != nil {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		w.written = append(w.written, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, strings.TrimPrefix(r.URL.RequestURI(),
			"/api/v1"), body)))
	}
	return nil, nil
}

// target is a tenant without the demonstration's furniture, and a client that notes what it writes.
func target(t *testing.T, d sandbox.Definitions) (*sandbox.Tenant, *kinde.Client, *wire) {
	t.Helper()
	sb, err := sandbox.Open(sandbox.Options{BaseURL: tenanttest.Origin, Seed: 99, Definitions: &d})
	tenanttest.Must(t, err)
	t.Cleanup(func() { sb.Close() })
	w := &wire{next: sandbox.Transport(sb)}
	c, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(tenanttest.Origin), Tokens: kinde.StaticToken(sb.Token()), Transport: w})
	tenanttest.Must(t, err)
	return sb, c, w
}
