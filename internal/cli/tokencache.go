package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// tokenCache is the file of --token-cache: the token of one application for one
// tenant and audience, for as long as it lives.
type tokenCache struct {
	path, owner string // owner: for whom the token is
	log         *slog.Logger

	mu sync.Mutex
}

// cachedToken is the content of the file.
type cachedToken struct {
	For    string    `json:"for"`
	Token  string    `json:"access_token"`
	Expiry time.Time `json:"expires_at"`
}

// openTokenCache refuses a place where others could put a token of their own or
// read ours.
func openTokenCache(path, origin, audience, clientID string, log *slog.Logger) (*tokenCache, error) {
	const hint = "keep the token cache in a folder that only you can write to, such as ~/.cache/kinde-migrate"
	if err := atomicfile.Trusted(path); err != nil {
		return nil, Usagef(hint, "using the token cache: %w", err)
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, Failf("", "making the folder of the token cache: %w", err)
	}
	if atomicfile.Shared(folder) {
		return nil, Usagef(hint, "using the token cache: others can write to %s", folder)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, Failf("", "using the token cache: %w", err)
	case !info.Mode().IsRegular():
		return nil, Usagef(hint, "using the token cache: %s is not a regular file", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, Usagef("chmod 600 "+path, "using the token cache: others can read %s", path)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{origin, audience, clientID}, "\x00")))
	return &tokenCache{path: path, owner: hex.EncodeToString(sum[:]), log: log}, nil
}

// Load implements kinde.TokenCache.
func (c *tokenCache) Load() (string, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.read()
	return t.Token, t.Expiry
}

func (c *tokenCache) read() (t cachedToken) {
	data, err := os.ReadFile(c.path)
	if err != nil || json.Unmarshal(data, &t) != nil || t.For != c.owner {
		return cachedToken{}
	}
	return t
}

// Save implements kinde.TokenCache.
func (c *tokenCache) Save(token string, expiry time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, err := json.Marshal(cachedToken{c.owner, token, expiry.UTC()})
	if err == nil {
		err = atomicfile.WriteFile(c.path, append(data, '\n'))
	}
	if err != nil {
		c.log.Warn("the token could not be stored for the next run", "error", err)
	}
}

// Drop implements kinde.TokenCache.
func (c *tokenCache) Drop(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read().Token != token {
		return
	}
	if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.log.Warn("the refused token could not be removed from the token cache", "error", err)
	}
}
