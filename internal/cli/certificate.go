package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// certificate makes a certificate for loopback that lives for a week, and
// writes its public half where clients can be told to trust it. cleanup removes
// that file when it lies in a temporary folder.
func (o *sandboxOptions) certificate(host string) (c tls.Certificate, caFile string, cleanup func(), err error) {
	cleanup = func() {}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, "", cleanup, fmt.Errorf("making a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return c, "", cleanup, fmt.Errorf("making a certificate: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "kinde-migrate sandbox"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(7 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = append(template.IPAddresses, ip)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return c, "", cleanup, fmt.Errorf("making a certificate: %w", err)
	}
	dir := o.tlsDir
	switch {
	case dir != "":
	case o.state != "":
		dir = filepath.Dir(o.state)
	default:
		if dir, err = os.MkdirTemp("", "kinde-migrate-sandbox-"); err != nil {
			return c, "", cleanup, fmt.Errorf("making a folder for the certificate: %w", err)
		}
		temporary := dir
		cleanup = func() { _ = os.RemoveAll(temporary) }
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return c, "", cleanup, fmt.Errorf("finding the folder for the certificate: %w", err)
	}
	caFile = filepath.Join(dir, "sandbox-ca.pem")
	if err := atomicfile.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})); err != nil {
		cleanup()
		return c, "", func() {}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, caFile, cleanup, nil
}
