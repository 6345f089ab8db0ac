// Package rest reads the users of a provider from its HTTP API into a folder, as the
// section "fetch" of a mapping says. It owns requests, credentials, pages and the proof
// that a list was read whole; it knows no provider.
//
// A list is over when the provider says so: a page that is short or empty is not the
// end. Pages that are counted from the start move when somebody joins or leaves, so
// such a list is read again until a reading brings nobody new. What a provider counts
// itself is compared with what was read.
//
// It never sends a credential anywhere but to the hosts that the section names, never
// follows a redirect, and never writes what a section strips.
package rest
