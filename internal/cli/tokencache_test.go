package cli

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestTokenCacheIsBoundAndPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens", "token.json")
	log := slog.New(slog.DiscardHandler)
	open := func(path, origin, audience, id string) *tokenCache {
		t.Helper()
		c, err := openTokenCache(path, origin, audience, id, log)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := open(path, "https://a.example.com", "aud", "id")
	expiry := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	c.Save("token-1", expiry)
	if token, at := open(path, "https://a.example.com", "aud", "id").Load(); token != "token-1" || !at.Equal(expiry) {
		t.Errorf("got %q, %v", token, at)
	}
	for _, other := range [][3]string{{"https://b.example.com", "aud", "id"}, {"https://a.example.com", "other", "id"},
		{"https://a.example.com", "aud", "jd"}} {
		if token, _ := open(path, other[0], other[1], other[2]).Load(); token != "" {
			t.Errorf("%v gets the token of another", other)
		}
	}
	c.Drop("token-0")
	if token, _ := c.Load(); token == "" {
		t.Error("another token than the refused one was dropped")
	}
	c.Drop("token-1")
	if token, _ := c.Load(); token != "" {
		t.Error("a refused token is kept")
	}
	if runtime.GOOS == "windows" {
		return
	}
	c.Save("token-2", expiry)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openTokenCache(path, "o", "a", "i", log); err == nil {
		t.Error("a file that others can read is used")
	}
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := openTokenCache(filepath.Join(shared, "t"), "o", "a", "i", log); err == nil {
		t.Error("a folder that others can write to is used")
	}
}
