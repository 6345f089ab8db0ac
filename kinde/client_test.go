package kinde_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func TestWireOverSockets(t *testing.T) {
	t.Parallel()
	var tokens int
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/oauth2/token":
			tokens++
			if r.FormValue("audience") == "" || r.FormValue("client_secret") != "s3cret" {
				t.Errorf("token request without audience or secret: %v", r.Form)
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"access_token":"tok","token_type":"bearer","expires_in":3600}`)
		case "/api/v1/user":
			b, _ := io.ReadAll(r.Body)
			if got, want := string(b), `{"provided_id":"p1","identities":[{"type":"email","is_verified":true,"details":{"email":"ana@example.com"}}]}`; got != want {
				t.Errorf("body\n got %s\nwant %s", got, want)
			}
			if r.Header.Get("Authorization") != "Bearer tok" {
				t.Errorf("Authorization = %q", r.Header.Get("Authorization"))
			}
			fmt.Fprint(w, `{"id":"kp_1","created":true,"identities":[{"type":"email","result":{"created":true}}]}`)
		default:
			w.Header().Set("Content-Encoding", "identity")
			fmt.Fprint(
				w,
				`{"code":"OK","users":[{"id":"kp_1","email":"ana@example.com","total_sign_ins":"3","created_on":"2026-01-28T14:26:02.448856+00:00"}],"next_token":null}`,
			)
		}
	}))
	defer srv.Close()
	tok, err := kinde.NewClientCredentials(kinde.BaseURL(srv.URL), kinde.ClientCredentials{ClientID: "id", ClientSecret: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(srv.URL), Tokens: tok})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdle()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	u, err := c.CreateUser(
		ctx,
		kinde.CreateUserRequest{ProvidedID: "p1", Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana@example.com", true)}},
	)
	if err != nil || u.ID != "kp_1" {
		t.Fatalf("CreateUser = %+v, %v", u, err)
	}
	for u, err := range c.GetUsers(ctx, kinde.GetUsersRequest{Emails: []string{"ana@example.com"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if u.ID != "kp_1" || u.TotalSignIns != 3 || u.CreatedOn.IsZero() {
			t.Errorf("GetUsers gave %+v", u)
		}
	}
	if tokens != 1 {
		t.Errorf("%d token requests, want 1", tokens)
	}
}
