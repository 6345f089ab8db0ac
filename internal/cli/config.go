package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/yamlguard"
)

// configName is the file looked for in the working directory.
const configName = Program + ".yaml"

// configFile is the content of a configuration file.
type configFile struct {
	Profile      string `yaml:"profile,omitempty"`
	ConfigValues `yaml:",inline"`
	Profiles     map[string]ConfigValues `yaml:"profiles,omitempty"`

	path    string      // where it was read from
	overlay *configFile // the file in the working directory, harmless
	options *configFile // what the options file says of the tenant
}

// ConfigValues are the settings of the file as a whole, or of one profile. The
// YAML library needs the name exported to embed it.
type ConfigValues struct {
	Domain           string `yaml:"domain,omitempty"`
	ClientID         string `yaml:"client_id,omitempty"`
	ClientSecretFile string `yaml:"client_secret_file,omitempty"`
	TokenCommand     string `yaml:"token_command,omitempty"`
	TokenCache       string `yaml:"token_cache,omitempty"`
	Audience         string `yaml:"audience,omitempty"`
	CAFile           string `yaml:"ca_file,omitempty"`
	Rate             string `yaml:"rate,omitempty"`
	Share            string `yaml:"share,omitempty"`
	Concurrency      string `yaml:"concurrency,omitempty"`
	MaxWait          string `yaml:"max_wait,omitempty"`
	ErasureList      string `yaml:"erasure_list,omitempty"`
	LogFile          string `yaml:"log_file,omitempty"`
	LogFormat        string `yaml:"log_format,omitempty"`
}

// settings lists every setting: its key in the file, the flag and the variable
// that beat it, and whether a file in the working directory may set it.
var settings = []struct {
	key, flag, env string
	trusted        bool // only from a file that the user chose or keeps in the own folder
	get            func(*ConfigValues) *string
}{
	{"domain", "domain", "KINDE_DOMAIN", true, func(v *ConfigValues) *string { return &v.Domain }},
	{"client_id", "client-id", "KINDE_MANAGEMENT_CLIENT_ID", true, func(v *ConfigValues) *string { return &v.ClientID }},
	{"client_secret_file", "client-secret-file", "", true, func(v *ConfigValues) *string { return &v.ClientSecretFile }},
	{"token_command", "token-command", "", true, func(v *ConfigValues) *string { return &v.TokenCommand }},
	{"token_cache", "token-cache", "", true, func(v *ConfigValues) *string { return &v.TokenCache }},
	{"audience", "audience", "KINDE_AUDIENCE", true, func(v *ConfigValues) *string { return &v.Audience }},
	{"ca_file", "ca-file", "KINDE_CA_FILE", true, func(v *ConfigValues) *string { return &v.CAFile }},
	{"rate", "rate", "", false, func(v *ConfigValues) *string { return &v.Rate }},
	{"share", "share", "", false, func(v *ConfigValues) *string { return &v.Share }},
	{"concurrency", "concurrency", "", false, func(v *ConfigValues) *string { return &v.Concurrency }},
	{"max_wait", "max-wait", "", false, func(v *ConfigValues) *string { return &v.MaxWait }},
	{"erasure_list", "erasure-list", "", true, func(v *ConfigValues) *string { return &v.ErasureList }},
	{"log_file", "log-file", "", true, func(v *ConfigValues) *string { return &v.LogFile }},
	{"log_format", "log-format", "", false, func(v *ConfigValues) *string { return &v.LogFormat }},
}

// secretVariables hold credentials and are read from the environment only.
var secretVariables = []string{"KINDE_MANAGEMENT_CLIENT_SECRET", "KINDE_ACCESS_TOKEN"}

// setting is a value and where it comes from.
type setting struct {
	Value  string
	origin string // "--domain", "KINDE_DOMAIN", "acme.yaml, profile staging", "default"
}

// resolved holds every setting by its key.
type resolved map[string]setting

// Resolve gathers the settings: flag beats environment beats configuration
// file. A profile that names another domain than KINDE_DOMAIN is refused: one
// of the two is a mistake, and the wrong tenant is the costliest one.
func (e *Env) Resolve(o *TargetOptions, in *Invocation) (resolved, error) {
	file, err := e.loadConfig(o.config)
	if err != nil {
		return nil, err
	}
	if e.options != nil {
		file.options = &e.options.settings
	}
	values, profile, err := file.pick(o.profile)
	if err != nil {
		return nil, err
	}
	if err := e.oneTenant(file, values, profile, in); err != nil {
		return nil, err
	}
	out := resolved{"profile": {profile, "default"}}
	if profile != "" {
		out["profile"] = setting{profile, file.path}
		if o.profile != "" {
			out["profile"] = setting{profile, "--profile"}
		}
	}
	for _, s := range settings {
		switch {
		case in.Set(s.flag):
			out[s.key] = setting{in.value(s.flag), "--" + s.flag}
		case s.env != "" && e.getenv(s.env) != "":
			out[s.key] = setting{e.getenv(s.env), s.env}
		case values[s.key].Value != "":
			out[s.key] = values[s.key]
		default:
			out[s.key] = setting{"", "default"}
		}
	}
	return out, nil
}

// Setting returns the value of one setting.
func (e *Env) Setting(o *TargetOptions, in *Invocation, key string) (string, error) {
	settings, err := e.Resolve(o, in)
	return settings[key].Value, err
}

// oneTenant refuses a run for which a profile, the options file and the environment
// name different tenants.
func (e *Env) oneTenant(file *configFile, values resolved, profile string, in *Invocation) error {
	if in.Set("domain") {
		return nil
	}
	if own, ok := file.Profiles[profile]; ok && file.options != nil && own.Domain != "" && file.options.Domain != "" &&
		!sameOrigin(own.Domain, file.options.Domain) {
		return Usagef(
			"correct the one that is wrong",
			"%s is for %s, but profile %s is for %s",
			file.options.path,
			file.options.Domain,
			profile,
			own.Domain,
		)
	}
	domain, d := values["domain"].Value, e.getenv("KINDE_DOMAIN")
	if d == "" || domain == "" || sameOrigin(d, domain) {
		return nil
	}
	switch {
	case file.options != nil && file.options.Domain != "":
		return Usagef(
			"unset KINDE_DOMAIN, or choose the tenant with --domain",
			"%s is for %s, but KINDE_DOMAIN says %s",
			file.options.path,
			domain,
			d,
		)
	case profile != "":
		return Usagef(
			"unset KINDE_DOMAIN, or choose the profile that belongs to it",
			"profile %s is for %s, but KINDE_DOMAIN says %s",
			profile,
			domain,
			d,
		)
	}
	return nil
}

// listedSetting is a setting as config show lists it.
type listedSetting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// masked stands for a secret.
const masked = "********"

// ListSettings returns every setting with its origin, and masks what may hold a secret.
func (e *Env) ListSettings(o *TargetOptions, in *Invocation) ([]listedSetting, error) {
	r, err := e.Resolve(o, in)
	if err != nil {
		return nil, err
	}
	rows := []listedSetting{{"profile", r["profile"].Value, r["profile"].origin}}
	for _, s := range settings {
		value := r[s.key].Value
		if s.key == "token_command" && value != "" {
			value = masked
		}
		rows = append(rows, listedSetting{s.key, value, r[s.key].origin})
	}
	for _, name := range secretVariables {
		if e.getenv(name) != "" {
			rows = append(rows, listedSetting{name, masked, "environment"})
		} else {
			rows = append(rows, listedSetting{name, "", "not set"})
		}
	}
	return rows, nil
}

// loadConfig reads the file named by --config, else the one in the user's
// configuration folder, and lays the harmless settings of a file in the working
// directory over it.
func (e *Env) loadConfig(named string) (*configFile, error) {
	if named != "" {
		f, err := readConfig(named)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, Usagef("", "the configuration file %s does not exist", named)
		}
		return f, err
	}
	own := e.UserConfigPath()
	f := &configFile{}
	if own != "" {
		u, err := readConfig(own)
		if err == nil {
			f = u
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	local := &configFile{}
	err := atomicfile.Regular(configName) // nobody asked for it, so a pipe that somebody laid there is not waited for
	if err == nil {
		local, err = readConfig(configName)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, err
	case own != "" && sameFile(own, configName):
		return f, nil
	}
	if err := local.harmless(); err != nil {
		return nil, err
	}
	f.overlay = local
	return f, nil
}

// UserConfigPath is the configuration file in the user's own folder, "" when there is no such folder.
func (e *Env) UserConfigPath() string {
	dir := e.getenv("XDG_CONFIG_HOME")
	if dir == "" {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return ""
		}
	}
	return filepath.Join(dir, Program, configName)
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// maxConfig bounds a configuration file, in bytes.
const maxConfig = 1 << 20

func readConfig(path string) (*configFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the configuration file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration file %s: %w", path, err)
	}
	c := &configFile{path: path}
	err = yamlguard.Do(func() error { return yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(c) })
	if errors.Is(err, yamlguard.ErrUnreadable) {
		return nil, Usagef("correct the file, or choose another one with --config", "the configuration file %s is not valid YAML", path)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, Usagef(
			"correct the file, or choose another one with --config",
			"reading the configuration file %s: %s",
			path,
			yaml.FormatError(err, false, true),
		)
	}
	return c, nil
}

// harmless refuses what a file that merely lies in the working directory must not decide.
func (c *configFile) harmless() error {
	refuse := func(key string) error {
		return Usagef(
			fmt.Sprintf(
				"pass the file with --config, or move the setting to your own configuration folder (%s config show says where that is)",
				Program,
			),
			"%s in the working directory may not set %s: a file that happens to be there must not choose the tenant, credentials or a command to run",
			configName,
			key,
		)
	}
	for _, s := range settings {
		if s.trusted && *s.get(&c.ConfigValues) != "" {
			return refuse(s.key)
		}
	}
	if c.Profile != "" {
		return refuse("profile")
	}
	if len(c.Profiles) > 0 {
		return refuse("profiles")
	}
	return nil
}

// pick returns the values of the wanted profile laid over those of the file,
// each with its origin.
func (c *configFile) pick(wanted string) (resolved, string, error) {
	name := wanted
	if name == "" {
		name = c.Profile
	}
	values := resolved{}
	lay := func(from *ConfigValues, origin string) {
		for _, s := range settings {
			if v := *s.get(from); v != "" {
				values[s.key] = setting{v, origin}
			}
		}
	}
	lay(&c.ConfigValues, c.path)
	if name != "" {
		p, ok := c.Profiles[name]
		if !ok {
			return nil, "", c.unknownProfile(name)
		}
		// Credentials of one kind replace those of the other kind.
		if p.TokenCommand != "" {
			delete(values, "client_id")
			delete(values, "client_secret_file")
		} else if p.ClientID != "" {
			delete(values, "token_command")
		}
		lay(&p, c.path+", profile "+name)
	}
	if c.overlay != nil {
		lay(&c.overlay.ConfigValues, configName)
	}
	if c.options != nil {
		lay(&c.options.ConfigValues, c.options.path)
	}
	return values, name, nil
}

func (c *configFile) unknownProfile(name string) error {
	if len(c.Profiles) == 0 {
		return Usagef(Program+" init writes a configuration file", "there is no profile %q: no configuration file has profiles", name)
	}
	names := slices.Sorted(maps.Keys(c.Profiles))
	return Usagef("the profiles are "+strings.Join(names, ", "), "there is no profile %q in %s", name, c.path)
}

// TenantDomain is the tenant that a command would talk to without any flag, "" when
// nothing names one.
func (e *Env) TenantDomain() string {
	if domain := e.getenv("KINDE_DOMAIN"); domain != "" {
		return domain
	}
	file, err := e.loadConfig("")
	if err != nil {
		return "" // whoever connects is told
	}
	values, _, err := file.pick("")
	if err != nil {
		return ""
	}
	return values["domain"].Value
}

// WriteProfile puts a profile into a configuration file; the first one becomes
// the default. One of this name is replaced only by force.
func WriteProfile(path, name string, values ConfigValues, force bool) error {
	file, err := readConfig(path)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = &configFile{}, nil
	}
	if err != nil {
		return err
	}
	if _, exists := file.Profiles[name]; exists && !force {
		return Usagef("choose another name with --profile, or replace it with --force", "%s has a profile %q already", path, name)
	}
	if file.Profiles == nil {
		file.Profiles = map[string]ConfigValues{}
	}
	if len(file.Profiles) == 0 && file.Profile == "" {
		file.Profile = name
	}
	file.Profiles[name] = values
	data, err := yaml.Marshal(file)
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the configuration folder: %w", err)
	}
	return atomicfile.WriteFile(path, data)
}
