package rest

import "github.com/kinde-migrate/kinde-migrate/internal/providertest"

var clerk = provider{
	Provider: providertest.Clerk,
	denies:   []denial{{path: "/v1/users", needs: "secret key"}},
}
