package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// eavesdropper is a proxy that remembers each byte that goes through it. It
// leads every CONNECT to one server.
type eavesdropper struct {
	to string

	mu    sync.Mutex
	heard bytes.Buffer
	asked []string // the first line of each request
}

func (p *eavesdropper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard.Write(b)
}

// serve handles one connection to the proxy.
func (p *eavesdropper) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(io.TeeReader(conn, p))
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, request.Method+" "+request.Host)
	p.mu.Unlock()
	if request.Method != http.MethodConnect {
		io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	back := make(chan struct{})
	go func() {
		defer close(back)
		io.Copy(io.MultiWriter(conn, p), server)
		conn.Close()
	}()
	io.Copy(server, in)
	server.Close()
	<-back
}

// TestAProxySeesNoSecret runs the program behind a proxy from the environment.
func TestAProxySeesNoSecret(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "kinde-migrate")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, binary); err != nil {
		t.Skip("no symbolic links here")
	}
	tenant, err := sandbox.Open(sandbox.Options{Seed: 1, Demo: true, BaseURL: "https://example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	secure, plain := httptest.NewTLSServer(tenant), httptest.NewUnstartedServer(nil)
	defer secure.Close()
	near, err := sandbox.Open(sandbox.Options{Seed: 1, Demo: true, BaseURL: "http://" + plain.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	plain.Config.Handler = near
	plain.Start()
	defer plain.Close()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	proxy := &eavesdropper{to: secure.Listener.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { proxy.serve(conn) })
		}
	})
	list := func(domain string) (string, int) {
		cmd := exec.CommandContext(t.Context(), binary, "users", "list", "--json")
		cmd.Dir = dir
		at := "http://" + listener.Addr().String()
		cmd.Env = append(
			os.Environ(),
			"HTTP_PROXY="+at,
			"http_proxy="+at,
			"HTTPS_PROXY="+at,
			"https_proxy="+at,
			"NO_PROXY=",
			"no_proxy=",
			"HOME="+dir,
			"XDG_CONFIG_HOME="+filepath.Join(
				dir,
				"config",
			),
			"KINDE_DOMAIN="+domain,
			"KINDE_MANAGEMENT_CLIENT_ID="+tenant.ClientID,
			"KINDE_MANAGEMENT_CLIENT_SECRET="+tenant.ClientSecret,
			"KINDE_CA_FILE="+ca,
		)
		out, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	proxied := func() int {
		proxy.mu.Lock()
		defer proxy.mu.Unlock()
		return len(proxy.asked)
	}

	if out, code := list("https://example.com"); code != 0 || proxied() == 0 {
		t.Errorf("behind the proxy: exit %d, %d requests through it\n%s", code, proxied(), out)
	}
	n := proxied()
	if out, code := list(plain.URL); code != 0 || proxied() != n {
		t.Errorf("http to this machine: exit %d, through the proxy %v\n%s", code, proxy.asked[n:], out)
	}
	if out, code := list("http://example.com"); code != 2 || proxied() != n ||
		!strings.Contains(out, "http is allowed only for this machine") {
		t.Errorf("http to elsewhere: exit %d, through the proxy %v\n%s", code, proxy.asked[n:], out)
	}
	listener.Close()
	serving.Wait()
	for _, line := range proxy.asked {
		if line != "CONNECT example.com:443" {
			t.Errorf("the proxy was asked for %s", line)
		}
	}
	heard := proxy.heard.String()
	for _, secret := range []string{tenant.ClientSecret, tenant.ClientID, tenant.Token(), "Bearer", "Authorization",
		base64.StdEncoding.EncodeToString([]byte(tenant.ClientSecret)), "client_credentials", "/api/v1"} {
		if strings.Contains(heard, secret) {
			t.Errorf("the proxy heard %.12s…", secret)
		}
	}
}
