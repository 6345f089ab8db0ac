package bench

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

// BenchmarkFetchProvider fetches from a simulated API that tells no count, so that the
// list is read until a reading brings nobody new, and reports resident memory at the most.
//
//	go test ./bench -run - -bench FetchProvider -benchtime 1x
func BenchmarkFetchProvider(b *testing.B) {
	tool, p := build(b), providertest.Firebase
	for _, users := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			certificate := filepath.Join(b.TempDir(), "ca.pem")
			env := providertest.New(b, users, 0, p.Serve).Proxied(b, certificate, 0)
			env = append(env, "GOOGLE_CLOUD_PROJECT="+p.Values["project"], "FIREBASE_SERVICE_ACCOUNT="+p.Values["key"])
			fetched(b, tool, env, users, p.Name, "--ca-file", certificate, "--rate", "10000")
		})
	}
}
