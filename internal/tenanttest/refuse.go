package tenanttest

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Refused is the answer to a request that isn't worth another try, with a status of 4xx.
func Refused(r *http.Request, status int) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"errors":[{"code":"REFUSED","message":"Not today."}]}`))}
}

// Refuser is a way to a tenant on which one request is refused. Several requests may be
// on their way at once.
type Refuser struct {
	next   http.RoundTripper
	status int
	nth    atomic.Int64
	count  atomic.Int64
}

// Refusing is a client of a tenant, and what refuses its requests with a status.
func Refusing(t *testing.T, sb *sandbox.Tenant, status int) (*kinde.Client, *Refuser) {
	t.Helper()
	x := &Refuser{next: sandbox.Transport(sb), status: status}
	c, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(sb.BaseURL()), Tokens: kinde.StaticToken(sb.Token()), Transport: x})
	Must(t, err)
	return c, x
}

// Refuse begins to count anew, and refuses the nth request, from 1 on; 0 refuses none.
func (x *Refuser) Refuse(nth int64) {
	x.count.Store(0)
	x.nth.Store(nth)
}

// Count is how many requests there were since.
func (x *Refuser) Count() int64 { return x.count.Load() }

func (x *Refuser) RoundTrip(r *http.Request) (*http.Response, error) {
	if x.count.Add(1) == x.nth.Load() {
		return Refused(r, x.status), nil
	}
	return x.next.RoundTrip(r)
}
