// Package providertest simulates the APIs of identity providers for tests, as the
// vendors document them: what they answer, page by page, and how they refuse,
// throttle, forget cursors and let people come and go meanwhile.
//
// Paths, query parameters and members were compared with the vendors' own
// descriptions for clerk/openapi-specs (bapi 2026-05-12), workos/openapi-spec and
// okta/okta-management-openapi-spec; the members of a user for supabase/auth
// (openapi.yaml), the paths for supertokens/core-driver-interface (5.2). The others
// follow what the vendors' documentation, sources and clients show.
//
// It ships in no binary, and knows nothing of who reads it.
package providertest

import (
	"fmt"
	"net/http"
)

// Provider is one that is simulated, and what it takes to read it.
type Provider struct {
	Name    string
	Serve   Serve
	Values  map[string]string                    // variables of the preset's section fetch
	With    []string                             // lists that are read on request
	Alone   bool                                 // it has no organizations
	Cursors bool                                 // it has cursors that expire
	Empties bool                                 // it may give empty pages
	Secret  string                               // what must never be shown
	Forms   map[string]func(http.ResponseWriter) // of throttling
}

// All are the providers that are simulated.
var All = []Provider{Auth0, Okta, Cognito, Clerk, Firebase, Entra, AzureB2C, Keycloak, WorkOS, Supabase, Kratos, Logto,
	FusionAuth, FusionAuthDB, Zitadel, Stytch, StytchB2B, SuperTokens}

// Email is the address of a person.
func Email(id string) string { return fmt.Sprintf("%s@example.com", id) }
