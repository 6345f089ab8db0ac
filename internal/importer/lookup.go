package importer

import (
	"net/url"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A filter takes as many values as an address of a request may hold: servers
// and proxies commonly refuse more than 8 KiB, so half of that is plenty.
const (
	maxFilterBytes  = 4000
	maxFilterValues = 200
	// maxFilterIDs is how many ids one request asks for.
	maxFilterIDs = 100
)

// batches cuts values into pieces that fit into one request each.
func batches(values []string) [][]string {
	var out [][]string
	var piece []string
	size := 0
	for _, v := range values {
		n := len(url.QueryEscape(v)) + 3
		if len(piece) == maxFilterValues || size+n > maxFilterBytes && len(piece) > 0 {
			out, piece, size = append(out, piece), nil, 0
		}
		piece, size = append(piece, v), size+n
	}
	if len(piece) > 0 {
		out = append(out, piece)
	}
	return out
}

// lookUps returns the requests that find who has these identities. A filter may
// compare byte by byte, so an address is asked for as it is written and folded.
func lookUps(identities []mapping.Identity) []kinde.GetUsersRequest {
	var emails, phones, usernames []string
	for _, i := range identities {
		if strings.Contains(i.Value, ",") {
			continue // the filter's separator; a create tells whether the user exists
		}
		switch i.Type {
		case mapping.Email:
			emails = append(emails, i.Value)
			if folded := compare.Fold("email", i.Value); folded != i.Value {
				emails = append(emails, folded)
			}
		case mapping.Phone:
			phones = append(phones, i.Value)
		case mapping.Username:
			usernames = append(usernames, i.Value)
			if folded := compare.Fold("username", i.Value); folded != i.Value {
				usernames = append(usernames, folded)
			}
		}
	}
	expand := []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}
	var requests []kinde.GetUsersRequest
	for _, b := range batches(emails) {
		requests = append(requests, kinde.GetUsersRequest{Emails: b, Expand: expand})
	}
	for _, b := range batches(phones) {
		requests = append(requests, kinde.GetUsersRequest{Phones: b, Expand: expand})
	}
	for _, b := range batches(usernames) {
		requests = append(requests, kinde.GetUsersRequest{Usernames: b, Expand: expand})
	}
	return requests
}

// lookUpCost estimates how many requests look-ups need for so many users, from
// how many identities of which kinds a record has.
func lookUpCost(emails, phones, usernames int64) int64 {
	pieces := func(n, size int64) int64 { return (n + size - 1) / size }
	return pieces(emails, 140) + pieces(phones, 200) + pieces(usernames, 200)
}
