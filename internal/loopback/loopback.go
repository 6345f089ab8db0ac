// Package loopback knows which hosts are this machine, where nothing that is
// sent leaves it. It never asks a name server.
package loopback

import (
	"net/netip"
	"strings"
)

// Host tells whether a host without port and brackets is this machine:
// localhost and the names below it (RFC 6761), or a loopback address, also one
// of IPv4 that is written as IPv6.
func Host(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
