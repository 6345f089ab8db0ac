package rest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
	"golang.org/x/sync/errgroup"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestOneTokenForAllWhoWereRefused: requests that are under way together when a token ends
// ask for one new token, not for one each, the last of which would end the others.
func TestOneTokenForAllWhoWereRefused(t *testing.T) {
	var issued atomic.Int64
	asked, answer := make(chan bool, 8), make(chan bool, 8)
	b, err := newAuthority(
		mapping.FetchAuth{Kind: "client_credentials", Token: "https://id.example.com/token", ID: "fetch", Secret: "0123456789"},
		values{variables: map[string]string{}},
		roundTripper(func(*http.Request) (*http.Response, error) {
			n := issued.Add(1)
			asked <- true
			<-answer
			rec := httptest.NewRecorder()
			providertest.AnswerJSON(rec, 200, map[string]any{"access_token": fmt.Sprint("token-", n), "token_type": "Bearer", "expires_in": 3600})
			return rec.Result(), nil
		}),
		nil,
	)
	if err != nil {
		t.Fatal(err)
	}
	sign := func() (string, error) {
		req := httptest.NewRequest(http.MethodGet, "https://api.example.com/users", nil)
		err := b.sign(t.Context(), req, nil)
		return req.Header.Get("Authorization"), err
	}
	answer <- true
	first, err := sign()
	if err != nil || first != "Bearer token-1" {
		t.Fatalf("%q %v", first, err)
	}
	<-asked
	var g errgroup.Group
	again := func() error {
		b.renew(first)
		second, err := sign()
		if err == nil && second != "Bearer token-2" {
			err = fmt.Errorf("it bears %q", second)
		}
		return err
	}
	g.Go(again)
	<-asked // the others are refused while the new token is on its way
	for range 4 {
		g.Go(again)
	}
	for range 5 {
		answer <- true
	}
	if err := g.Wait(); err != nil || issued.Load() != 2 {
		t.Errorf("%d tokens were issued, want 2: %v", issued.Load(), err)
	}
}
