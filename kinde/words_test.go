package kinde

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
)

// TestTransportErrorsInPlainWords: no address of a name server, no call of the
// system and no word of the language reaches a person.
func TestTransportErrorsInPlainWords(t *testing.T) {
	dial := func(err error) error {
		return fmt.Errorf("Post %q: %w", "https://acme.kinde.com/oauth2/token", &net.OpError{Op: "dial", Net: "tcp", Err: err})
	}
	for want, err := range map[string]error{
		"there is no host acme.kinde.com": dial(&net.DNSError{Err: "no such host",
			Name: "acme.kinde.com", Server: "10.0.0.53:53", IsNotFound: true}),
		"the name of the host acme.kinde.com can't be looked up": dial(&net.DNSError{Err: "server misbehaving",
			Name: "acme.kinde.com", Server: "10.0.0.53:53"}),
		"the connection was refused":      dial(syscall.ECONNREFUSED),
		"the network does not lead there": dial(syscall.ENETUNREACH),
		"its certificate is not trusted: x509: certificate signed by unknown authority": dial(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}),
		"the connection was reset": dial(syscall.ECONNRESET),
	} {
		if got := describe(err, secrets{}); got != want || strings.Contains(got, "dial") {
			t.Errorf("%v:\n got %q\nwant %q", err, got, want)
		}
	}
	if !nowhere(dial(&net.DNSError{IsNotFound: true})) || nowhere(dial(&net.DNSError{})) || nowhere(errors.New("x")) {
		t.Error("only a name that the name service does not know is nowhere")
	}
}
