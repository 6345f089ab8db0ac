// Package sandbox is a local tenant: an http.Handler that serves the part of
// Kinde's Management API that a migration uses, with the status codes and the
// shapes of Kinde's OpenAPI description, its rules, its throttling and, on
// demand, the faults of a real network. It is what `kinde-migrate sandbox`
// runs and what the tests of every other package talk to.
//
// It keeps its whole state in memory and, when asked, in an append-only
// journal that survives a kill of the process. It never talks to anybody, and
// it is not the vendor: where the vendor's description is silent it takes the
// reading that is documented in docs/sandbox.md.
package sandbox
