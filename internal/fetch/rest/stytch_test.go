package rest

import "github.com/kinde-migrate/kinde-migrate/internal/providertest"

var stytch = provider{
	Provider: providertest.Stytch,
	denies:   []denial{{path: "/v1/users/search", needs: "secret"}},
}

var stytchB2B = provider{Provider: providertest.StytchB2B, denies: []denial{{path: "/v1/b2b/organizations/search", needs: "secret"}}}
