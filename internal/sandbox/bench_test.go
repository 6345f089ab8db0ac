package sandbox

import (
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

func BenchmarkCreateUser(b *testing.B) {
	b.Run("memory", func(b *testing.B) { createUsers(b, Options{}) })
	b.Run("journal", func(b *testing.B) { createUsers(b, Options{State: filepath.Join(b.TempDir(), "state")}) })
}

func createUsers(b *testing.B, opt Options) {
	c := open(b, opt)
	transport := Transport(c.tenant)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		body := fmt.Sprintf(
			`{"profile":{"given_name":"Ana","family_name":"Silva"},"provided_id":"auth0|%d","identities":[{"type":"email","is_verified":true,"details":{"email":"person%d@example.com"}}]}`,
			n,
			n,
		)
		req, _ := http.NewRequest("POST", testBase+apiPrefix+"user", strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := transport.RoundTrip(req)
		if err != nil || resp.StatusCode != 200 {
			b.Fatal(err, resp)
		}
	}
}

func BenchmarkPageOf500(b *testing.B) {
	c := open(b, Options{SeedUsers: 20_000})
	for b.Loop() {
		c.do(200, "GET", "users?page_size=500&expand=identities,organizations", nil)
	}
}

// BenchmarkMemory tells the bytes that a user with a password, a property and
// a role costs.
func BenchmarkMemory(b *testing.B) {
	const users = 100_000
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		c := open(b, Options{SeedUsers: users, Definitions: &Definitions{Properties: []PropertyDefinition{{Key: "town"}}}})
		town := c.tenant.properties.list[0].ID
		for n, u := range c.tenant.order.items {
			u.item.properties = setPair(nil, town, fmt.Sprint("town", n))
			u.item.password = &password.Body{HashingMethod: "bcrypt", HashedPassword: bcryptHash[:50] + fmt.Sprintf("%010d", n)}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(c)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/users, "bytes/user")
}
