package sandbox

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeForKill is the process that TestKillLosesNothing kills.
func TestServeForKill(t *testing.T) {
	state := os.Getenv("SANDBOX_KILL_STATE")
	if state == "" {
		t.Skip("runs as a child of TestKillLosesNothing")
	}
	s, err := Listen(t.Context(), ListenOptions{Address: "127.0.0.1:0", Tenant: Options{State: state}})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("serving", s.URL, s.Tenant.Token())
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestKillLosesNothing(t *testing.T) {
	state := filepath.Join(t.TempDir(), "tenant")
	var known []string
	for round := range 3 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestServeForKill$")
		child.Env = append(os.Environ(), "SANDBOX_KILL_STATE="+state)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var base, token string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if fields := strings.Fields(lines.Text()); len(fields) == 3 && fields[0] == "serving" {
				base, token = fields[1], fields[2]
				break
			}
		}
		for n := range 200 {
			req, _ := http.NewRequest(
				"POST",
				base+apiPrefix+"user",
				strings.NewReader(fmt.Sprintf(`{"identities":[{"type":"email","details":{"email":"p%d-%d@example.com"}}]}`, round, n)),
			)
			req.Header.Set("Authorization", "Bearer "+token)
			resp, err := http.DefaultClient.Do(req)
			if err != nil || resp.StatusCode != 200 {
				t.Fatal(err, resp)
			}
			resp.Body.Close()
			known = append(known, fmt.Sprintf("p%d-%d@example.com", round, n))
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		child.Wait()
	}
	c := open(t, Options{State: state})
	for _, email := range known {
		if _, ok := c.tenant.Find(email); !ok {
			t.Errorf("%s was created, and is gone", email)
		}
	}
	if c.tenant.Count() != len(known) {
		t.Errorf("%d users, want %d", c.tenant.Count(), len(known))
	}
}
