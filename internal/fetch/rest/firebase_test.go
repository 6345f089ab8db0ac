package rest

import (
	"errors"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var firebase = provider{
	Provider: providertest.Firebase,
	denies: []denial{
		{path: "accounts:batchGet", needs: "firebaseauth.users.get"},
		{path: "/config", needs: "firebaseauth.configs.getHashConfig"},
	},
	check: func(t *testing.T, s *providertest.Simulator, out outcome) {
		if s.Quirks.Redacts {
			return
		}
		if p, err := password.ParseParams([]byte(out.params)); err != nil || len(p) != 5 {
			t.Errorf("the parameters are %v, %v", p, err)
		}
	},
}

// TestHashesThatAreWithheld: a mark in the place of a hash is a permission that is missing.
func TestHashesThatAreWithheld(t *testing.T) {
	s := providertest.New(t, 3, 0, providertest.Firebase.Serve)
	s.Quirks.Redacts = true
	_, err := fetchAll(t, s, firebase.options(t), 0)
	var denied *fetch.DeniedError
	if !errors.As(err, &denied) || !strings.Contains(denied.Needs, "getHashConfig") {
		t.Errorf("it ended with %v", err)
	}
	o := firebase.options(t)
	o.Without = []string{"hashes"}
	out, err := fetchAll(t, s, o, 0)
	whole(t, firebase, s, out, err)
	if len(out.manifest.Unavailable) < 2 {
		t.Errorf("it does not say that hashes were left out: %v", out.manifest.Unavailable)
	}
}
