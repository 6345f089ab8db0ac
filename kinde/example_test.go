package kinde_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A tenant that knows one user stands in for the real one.
func tenant() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"a","token_type":"bearer","expires_in":86400}`)
	})
	mux.HandleFunc("POST /api/v1/user", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"id":"kp_1","created":true}`)
	})
	mux.HandleFunc("GET /api/v1/users", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"users":[{"id":"kp_1","email":"ana@example.com"}]}`)
	})
	return httptest.NewServer(mux)
}

func Example() {
	srv := tenant()
	defer srv.Close()

	base, err := kinde.ParseBaseURL(srv.URL) // "acme.kinde.com"
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := kinde.New(
		kinde.Config{BaseURL: base, Credentials: kinde.ClientCredentials{ClientID: "app", ClientSecret: "from the environment"}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()

	created, err := client.CreateUser(ctx, kinde.CreateUserRequest{
		Profile:    &kinde.Profile{GivenName: "Ana"},
		Identities: []kinde.NewIdentity{kinde.EmailIdentity("ana@example.com", true)},
	})
	switch {
	case err == nil:
		fmt.Println("created", created.ID)
	case errors.Is(err, kinde.ErrExists):
		fmt.Println("somebody has that address already")
	case kinde.ClassOf(err) == kinde.ClassInDoubt:
		fmt.Println("look the user up before trying again")
	default:
		fmt.Println(err)
	}

	for user, err := range client.GetUsers(ctx, kinde.GetUsersRequest{Emails: []string{"ana@example.com"}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("found", user.ID, user.Email)
	}
	// Output:
	// created kp_1
	// found kp_1 ana@example.com
}
