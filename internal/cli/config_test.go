package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// place is a working directory, a configuration folder and an environment.
func place(t *testing.T, local, own string, vars map[string]string) *Env {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	config := filepath.Join(dir, "config")
	if err := os.MkdirAll(filepath.Join(config, Program), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{configName: local, filepath.Join(config, Program, configName): own} {
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &Env{IO: ui.NewIO(strings.NewReader(""), &strings.Builder{}, &strings.Builder{}), lookup: func(k string) (string, bool) {
		if k == "XDG_CONFIG_HOME" {
			return config, true
		}
		v, ok := vars[k]
		return v, ok
	}}
}

// given is an invocation with these flags.
func given(flags map[string]string) *Invocation {
	return &Invocation{Set: func(f string) bool { _, ok := flags[f]; return ok }, value: func(f string) string { return flags[f] }}
}

const twoProfiles = "profile: staging\nrate: 20\nprofiles:\n  staging:\n    domain: staging.example.com\n    client_id: s\n    client_secret_file: /s\n  live:\n    domain: live.example.com\n    token_command: print-token\n"

func TestSettingsAreResolvedInOrder(t *testing.T) {
	for name, c := range map[string]struct {
		own, local, profile string
		vars, flags         map[string]string
		key, value, origin  string
	}{
		"nothing": {key: "domain", origin: "default"},
		"the environment": {vars: map[string]string{"KINDE_DOMAIN": "a.example.com"}, key: "domain", value: "a.example.com",
			origin: "KINDE_DOMAIN"},
		"a flag beats it": {vars: map[string]string{"KINDE_DOMAIN": "a.example.com"},
			flags: map[string]string{"domain": "b.example.com"}, key: "domain", value: "b.example.com", origin: "--domain"},
		"the default profile":       {own: twoProfiles, key: "domain", value: "staging.example.com", origin: "profile staging"},
		"a chosen profile":          {own: twoProfiles, profile: "live", key: "domain", value: "live.example.com", origin: "profile live"},
		"the file's own settings":   {own: twoProfiles, key: "rate", value: "20", origin: configName},
		"a local file may set pace": {own: twoProfiles, local: "rate: 5\n", key: "rate", value: "5", origin: configName},
		"an id from the profile":    {own: twoProfiles, key: "client_id", value: "s", origin: "profile staging"},
	} {
		t.Run(name, func(t *testing.T) {
			e := place(t, c.local, c.own, c.vars)
			r, err := e.Resolve(&TargetOptions{profile: c.profile}, given(c.flags))
			if err != nil {
				t.Fatal(err)
			}
			if got := r[c.key]; got.Value != c.value || !strings.HasSuffix(got.origin, c.origin) {
				t.Errorf("%s is %q from %q, want %q from %q", c.key, got.Value, got.origin, c.value, c.origin)
			}
		})
	}
}

func TestConfigurationThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		own, local, profile string
		vars                map[string]string
		want                string
	}{
		"a local domain":                {local: "domain: evil.example.com\n", want: "may not set domain"},
		"a local command":               {local: "token_command: rm -rf /\n", want: "may not set token_command"},
		"a local secret":                {local: "client_secret_file: /etc/passwd\n", want: "may not set client_secret_file"},
		"local profiles":                {local: "profiles:\n  x:\n    domain: evil.example.com\n", want: "may not set profiles"},
		"a local choice of the profile": {local: "profile: live\n", own: twoProfiles, want: "may not set profile"},
		"a local CA":                    {local: "ca_file: ca.pem\n", want: "may not set ca_file"},
		"an unknown profile":            {own: twoProfiles, profile: "prod", want: `no profile "prod"`},
		"a profile and another domain": {own: twoProfiles, vars: map[string]string{"KINDE_DOMAIN": "live.example.com"},
			want: "KINDE_DOMAIN says"},
		"an unknown key": {own: "domian: x\n", want: "domian"},
		"no YAML":        {own: "a: [", want: "reading the configuration file"},
	} {
		t.Run(name, func(t *testing.T) {
			e := place(t, c.local, c.own, c.vars)
			_, err := e.Resolve(&TargetOptions{profile: c.profile}, given(nil))
			v := judge(t.Context(), err)
			if v.code != ExitUsage || !strings.Contains(v.message, c.want) {
				t.Errorf("exit %d, %q, want exit 2 and %q", v.code, v.message, c.want)
			}
		})
	}
}

func TestTheSameTenantInOtherWordsIsNoConflict(t *testing.T) {
	e := place(t, "", twoProfiles, map[string]string{"KINDE_DOMAIN": "https://STAGING.example.com/"})
	if _, err := e.Resolve(&TargetOptions{}, given(nil)); err != nil {
		t.Error(err)
	}
}

func TestMissingCredentialsAreNamed(t *testing.T) {
	e := place(t, "", "", map[string]string{"KINDE_DOMAIN": "a.example.com", "KINDE_MANAGEMENT_CLIENT_ID": "x"})
	_, err := Connect(e, ConnectOptions{Target: &TargetOptions{}, Pace: &PaceOptions{}, Output: &OutputOptions{}, In: given(nil)})
	v := judge(t.Context(), err)
	if v.code != ExitUsage || !strings.Contains(v.message, "KINDE_MANAGEMENT_CLIENT_SECRET") || strings.Contains(v.message, "CLIENT_ID") {
		t.Errorf("exit %d, %q", v.code, v.message)
	}
}

func TestPlainHTTPIsForThisMachine(t *testing.T) {
	for domain, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost:1": true, "http://[::1]:1": true,
		"http://acme.kinde.com": false, "http://192.168.0.1": false, "https://192.168.0.1": true, "ftp://x": false, "https://u:p@x": false,
	} {
		if _, err := BaseURL(domain); (err == nil) != ok {
			t.Errorf("%s: %v", domain, err)
		}
	}
}
