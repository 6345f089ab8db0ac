package sandbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// issueCertificate makes an authority and a certificate for loopback names and host,
// and writes the authority's certificate to caFile. The keys are never
// written: each start has its own authority.
func issueCertificate(caFile, host string) (tls.Certificate, error) {
	if caFile == "" {
		return tls.Certificate{}, errors.New("TLS needs a file for the authority's certificate")
	}
	certificate, ca, err := newCertificate(time.Now(), host)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the sandbox's certificate: %w", err)
	}
	if err := atomicfile.WriteFile(caFile, ca); err != nil {
		return tls.Certificate{}, fmt.Errorf("writing the sandbox's authority: %w", err)
	}
	return certificate, nil
}

func newCertificate(now time.Time, host string) (server tls.Certificate, caPEM []byte, err error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return server, nil, err
	}
	authority := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "kinde-migrate sandbox authority"}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.AddDate(1, 0, 0),
		IsCA:     true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	if err != nil {
		return server, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return server, nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = append(leaf.IPAddresses, ip)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, authorityKey)
	if err != nil {
		return server, nil, err
	}
	var out bytes.Buffer
	if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: authorityDER}); err != nil {
		return server, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, out.Bytes(), nil
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return big.NewInt(1)
	}
	return n
}
