package cli

import (
	"time"

	urfave "github.com/urfave/cli/v2"
)

// Categories of flags, in help.
const (
	CatSource    = "Source"
	CatPolicy    = "What to do"
	CatState     = "State and results"
	CatTarget    = "Target"
	CatPace      = "Pace"
	CatOutput    = "Output"
	CatSelection = "Part of the source"
)

// The builders below bind a flag to a field of an options struct.

func StringFlag(to *string, category, name, value, usage string) *urfave.StringFlag {
	return &urfave.StringFlag{Name: name, Value: value, Usage: usage, Destination: to, Category: category}
}

func BoolFlag(to *bool, category, name, usage string, aliases ...string) *urfave.BoolFlag {
	return &urfave.BoolFlag{Name: name, Usage: usage, Destination: to, Category: category, Aliases: aliases}
}

func IntFlag(to *int, category, name string, value int, usage string) *urfave.IntFlag {
	return &urfave.IntFlag{Name: name, Value: value, Usage: usage, Destination: to, Category: category}
}

func FloatFlag(to *float64, category, name string, value float64, usage string) *urfave.Float64Flag {
	return &urfave.Float64Flag{Name: name, Value: value, Usage: usage, Destination: to, Category: category}
}

func DurationFlag(to *time.Duration, category, name string, value time.Duration, usage string) *urfave.DurationFlag {
	return &urfave.DurationFlag{Name: name, Value: value, Usage: usage, Destination: to, Category: category}
}

// ListFlag is repeatable; its values are never split at commas.
func ListFlag(to *[]string, category, name, usage string) *urfave.StringSliceFlag {
	return &urfave.StringSliceFlag{Name: name, Usage: usage, Category: category,
		Action: func(c *urfave.Context, v []string) error { *to = v; return nil }}
}

// TargetOptions names the tenant and the credentials. Empty fields come from
// the environment, then from the configuration file.
type TargetOptions struct {
	domain, clientID, clientSecretFile, tokenCommand, tokenCache, audience, caFile string
	config, profile                                                                string
	Sandbox                                                                        bool
	maxWait                                                                        time.Duration
}

func (o *TargetOptions) Flags() []urfave.Flag {
	return append([]urfave.Flag{
		StringFlag(&o.domain, CatTarget, "domain", "", "the tenant, `DOMAIN` such as acme.kinde.com (KINDE_DOMAIN)"),
		StringFlag(&o.clientID, CatTarget, "client-id", "", "`ID` of the M2M application (KINDE_MANAGEMENT_CLIENT_ID)"),
		StringFlag(&o.clientSecretFile, CatTarget, "client-secret-file", "", "`FILE` that holds its secret (or KINDE_MANAGEMENT_CLIENT_SECRET)"),
		StringFlag(&o.tokenCommand, CatTarget, "token-command", "", "`COMMAND` that prints an access token (or KINDE_ACCESS_TOKEN)"),
		StringFlag(&o.tokenCache, CatTarget, "token-cache", "", "`FILE` that keeps the application's token for the next run"),
		StringFlag(&o.audience, CatTarget, "audience", "", "`URL` that tokens are for; default https://<domain>/api (KINDE_AUDIENCE)"),
		StringFlag(&o.caFile, CatTarget, "ca-file", "", "`FILE` of certificates to trust in addition to the system's (KINDE_CA_FILE)"),
		DurationFlag(&o.maxWait, CatTarget, "max-wait", time.Hour, "`DURATION` to wait for a tenant that doesn't answer"),
	}, o.configFlags()...)
}

// DeleteProfileFlag also takes a person off the subscriber list.
func DeleteProfileFlag(to *bool, category string) urfave.Flag {
	return BoolFlag(to, category, "delete-profile", "also remove the person from the subscriber list")
}

func (o *TargetOptions) configFlags() []urfave.Flag {
	return []urfave.Flag{
		StringFlag(&o.config, CatTarget, "config", "", "configuration `FILE`"),
		&urfave.StringFlag{
			Name:        "profile",
			Aliases:     []string{"config-profile"},
			Usage:       "`NAME` of a profile in the configuration file",
			Destination: &o.profile,
			Category:    CatTarget,
		},
	}
}

func (o *TargetOptions) SandboxFlag() urfave.Flag {
	return BoolFlag(&o.Sandbox, CatTarget, "sandbox",
		"run against a tenant inside this process, stored in <first file>.sandbox.tenant; KINDE_* is ignored, and --create-missing is on")
}

// PaceOptions says how fast and how many at once.
type PaceOptions struct {
	rate, share string
	Concurrency int
}

func (o *PaceOptions) Flags(share string) []urfave.Flag {
	sf := StringFlag(&o.share, CatPace, "share", "", "`P%` of the learnt limit to use; the rest is left to the live application")
	sf.DefaultText = share
	return []urfave.Flag{
		StringFlag(&o.rate, CatPace, "rate", "auto", "requests per second, `N`; auto learns the limit"),
		sf,
		IntFlag(&o.Concurrency, CatPace, "concurrency", 0, "at most `N` requests in flight; 0 chooses by itself"),
	}
}

// OutputOptions says what is shown and where logs go.
type OutputOptions struct {
	JSON, Quiet, noColor, debug, Yes bool
	LogFile, LogFormat               string
	grace                            time.Duration
}

func (o *OutputOptions) Flags() []urfave.Flag {
	return append(
		o.QuietFlags(),
		BoolFlag(&o.Quiet, CatOutput, "quiet", "show no progress", "q"),
		StringFlag(&o.LogFile, CatOutput, "log-file", "", "append logs to `FILE` instead of showing warnings"),
		ChoiceFlag(
			StringFlag(&o.LogFormat, CatOutput, "log-format", "text", "`FORMAT` of logs: text or json"),
			[]Choice{{"text", "for people"}, {"json", "for programs"}},
		),
		DurationFlag(&o.grace, CatOutput, "grace", defaultGrace, "at most this `TIME` to end after Ctrl-C or SIGTERM"),
		BoolFlag(&o.debug, CatOutput, "debug", "log each request (method, operation, status, time; no personal data)"),
	)
}

// QuietFlags are those of a command that neither takes long nor talks to anybody.
func (o *OutputOptions) QuietFlags() []urfave.Flag {
	return []urfave.Flag{
		BoolFlag(&o.JSON, CatOutput, "json", "print one JSON document on stdout"),
		BoolFlag(&o.noColor, CatOutput, "no-color", "use no colours (or set NO_COLOR)"),
	}
}

func (o *OutputOptions) YesFlag() urfave.Flag {
	return BoolFlag(&o.Yes, CatOutput, "yes", "answer every question with yes", "y")
}

// FlagsOf joins groups of flags.
func FlagsOf(groups ...[]urfave.Flag) []urfave.Flag {
	var out []urfave.Flag
	for _, g := range groups {
		out = append(out, g...)
	}
	return out
}
