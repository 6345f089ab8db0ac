package sandbox

import (
	"net/http"
	"time"
)

// Fault is one rule of what goes wrong.
type Fault struct {
	Kind string
}

// The kinds of faults.
const (
	FaultTokenExpired = "token-expired"
	FaultRevokeToken  = "revoke-token"
)

type rule struct{ Fault }

type faultEngine struct{}

func newFaultEngine([]Fault) (*faultEngine, error) { return &faultEngine{}, nil }

func (*faultEngine) plan(*call, time.Time) []*rule { return nil }

func (t *Tenant) before(http.ResponseWriter, *call, []*rule) (int, bool) { return 0, false }

func (t *Tenant) after(w http.ResponseWriter, c *call, plan []*rule, r response) int {
	return t.write(w, r)
}
