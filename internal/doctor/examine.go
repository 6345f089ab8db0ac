package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Tenant is what is looked at. A *kinde.Client is one.
type Tenant interface {
	importer.Target
	GetUsers(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.User, error]
	GetOrganizations(ctx context.Context, r kinde.ListRequest) iter.Seq2[kinde.Organization, error]
	GetWebHooks(ctx context.Context) ([]kinde.WebHook, error)
}

// Options says what to look at.
type Options struct {
	Tenant   Tenant
	Audience string // that a token should be for
	Commands []string
	Token    func(context.Context) (string, error)              // nil: not looked at
	Source   *importer.References                               // nil: without a source
	IDs      func(context.Context) (importer.Collisions, error) // compares the ids of the source with the tenant's; nil: not looked at
	// Advise says what is to be done about a domain that does not let one in, where more
	// is known than the usual; "" where not. It may be nil.
	Advise func(error) string
	// ClockOffset is how far the tenant's clock is ahead, by its last answer; ok is false when it did not say.
	ClockOffset func() (offset time.Duration, ok bool)
	// Throttled is how many answers were 429, Believed what the tenant is
	// believed to allow in requests per second; 0 unknown.
	Throttled func() int64
	Believed  func() float64
	// Free is how many bytes are free where the checkpoint will lie; an error means unknown.
	Free func() (bytes uint64, folder string, err error)
}

// examination is one look at a tenant.
type examination struct {
	*Options
	*Findings
	granted map[string]bool // scopes that the token says it has; nil: it does not say
	refused map[string]bool // scopes that were found missing by trying
}

// Examine makes all checks. A finding is no error: the error tells that the
// examination itself could not go on.
func Examine(ctx context.Context, o Options) (*Findings, error) {
	x := &examination{Options: &o, Findings: &Findings{}, refused: map[string]bool{}}
	ok, err := x.door(ctx)
	if err == nil && ok {
		err = x.inside(ctx)
	}
	x.Cut = !ok
	if err == nil {
		x.disk()
	}
	return x.Findings, err
}

// door checks whether one gets in: domain, token, audience, scopes, environment.
func (x *examination) door(ctx context.Context) (bool, error) {
	var c claims
	readable := false
	if x.Token != nil {
		token, err := x.Token(ctx)
		if err != nil {
			return false, x.shut(ctx, err)
		}
		c, readable = readToken(token)
	}
	x.add("domain", Green, x.Tenant.BaseURL()+" answers", "")
	if x.Token != nil {
		x.tokenFinding(c, readable)
	}
	environment, err := x.Tenant.GetEnvironment(ctx)
	switch kinde.ClassOf(err) {
	case kinde.ClassNone:
		x.Environment = environment
		name := environment.Name
		if name == "" {
			name = "environment without a name"
		}
		if environment.IsLive {
			x.add(
				"environment",
				Yellow,
				name+" is live: people sign in here",
				"Rehearse in a development environment first. Writing commands ask before they start.",
			)
		} else {
			x.add("environment", Green, name+" is not live", "")
		}
	case kinde.ClassAuth:
		x.Denied = true
		if e, ok := errors.AsType[*kinde.Error](err); ok && e.Status == 401 {
			x.List = x.List[:1]
			x.add(
				"token",
				Red,
				"the tenant does not accept the token: "+e.Message,
				"Check that the token is for "+x.Audience+" and has not expired.",
			)
			return false, nil
		}
		f := x.add(
			"environment",
			Red,
			"the tenant doesn't say which environment it is",
			"Enable the scope read:environments for the M2M application in Kinde.",
		)
		f.Scopes = []string{"read:environments"}
		x.refused["read:environments"] = true
	case kinde.ClassNotFound, kinde.ClassFinal:
		x.add("environment", Yellow, "the tenant doesn't say which environment it is", "Check that this is the right domain.")
	default:
		return false, x.shut(ctx, err)
	}
	x.clock()
	return true, x.scopes(ctx, c, readable)
}

// shut says why one does not get in; an error when the examination was ended from outside.
func (x *examination) shut(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("looking at the tenant: %w", context.Cause(ctx))
	}
	x.Cut = true
	advice := ""
	if x.Advise != nil {
		advice = x.Advise(err)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		advice = cmp.Or(advice, "Check the spelling of the domain (KINDE_DOMAIN), and that this machine can look up names.")
	}
	if kinde.ClassOf(err) == kinde.ClassAuth {
		x.Denied = true
		x.add("domain", Green, x.Tenant.BaseURL()+" answers", "")
		x.add(
			"token",
			Red,
			err.Error(),
			cmp.Or(
				advice,
				"Check the client id, the client secret and the audience "+x.Audience+", and that the M2M application is authorized for the Kinde Management API.",
			),
		)
		return nil
	}
	x.add(
		"domain",
		Red,
		x.Tenant.BaseURL()+" can't be reached: "+err.Error(),
		cmp.Or(advice, "Check the domain, the network, the proxy and --ca-file."),
	)
	return nil
}

func (x *examination) tokenFinding(c claims, readable bool) {
	if !readable {
		x.add("token", Green, "the tenant gave a token that can't be read", "")
		return
	}
	text := "the tenant gave a token"
	if !c.Expires.IsZero() {
		text += fmt.Sprintf(", valid until %s", c.Expires.UTC().Format("15:04 MST"))
	}
	x.add("token", Green, text, "")
	switch {
	case len(c.Audience) == 0:
		x.add("audience", Yellow, "the token doesn't say what it is for", "Use the audience "+x.Audience+".")
	case slices.Contains(c.Audience, x.Audience):
		x.add("audience", Green, "the token is for "+x.Audience, "")
	default:
		x.add(
			"audience",
			Yellow,
			fmt.Sprintf("the token is for %s, not for %s", strings.Join(c.Audience, ", "), x.Audience),
			"Set KINDE_AUDIENCE, or use the domain that the application belongs to.",
		)
	}
}

// The tenant's clock is compared when evidence by time is weighed: a few
// seconds do no harm.
const (
	skewKnown = 5 * time.Second
	skewHarm  = 5 * time.Minute
)

func (x *examination) clock() {
	if x.ClockOffset == nil {
		return
	}
	offset, ok := x.ClockOffset()
	size := offset.Abs().Round(time.Second)
	direction := "behind"
	if offset < 0 {
		direction = "ahead of"
	}
	switch {
	case !ok:
		x.add(
			"clock",
			Yellow,
			"the tenant doesn't send the time, so the clocks can't be compared",
			"Make sure that this machine's clock is right.",
		)
	case size <= skewKnown:
		x.add("clock", Green, "this machine's clock agrees with the tenant's", "")
	case size <= skewHarm:
		x.add(
			"clock",
			Yellow,
			fmt.Sprintf("this machine's clock is %s %s the tenant's", size, direction),
			"Synchronise it. The difference is taken into account.",
		)
	default:
		x.add(
			"clock",
			Red,
			fmt.Sprintf("this machine's clock is %s %s the tenant's", size, direction),
			"Synchronise it before you start: tokens and evidence depend on it.",
		)
	}
}

// bytesPerRecord is what a checkpoint and its reports take for one record,
// measured generously.
const bytesPerRecord = 4 << 10

func (x *examination) disk() {
	if x.Free == nil {
		return
	}
	free, folder, err := x.Free()
	if err != nil {
		x.add("disk", Yellow, "the free space on the disk of the checkpoint is unknown", "Check the free space yourself.")
		return
	}
	want := uint64(64 << 20)
	if x.Source != nil {
		want += uint64(x.Source.Records) * bytesPerRecord
	}
	text := fmt.Sprintf("%s free in %s, about %s needed", size(free), folder, size(want))
	if free < want {
		x.add("disk", Red, text, "Free some space, or choose another place with --checkpoint and --report.")
		return
	}
	x.add("disk", Green, text, "")
}

func size(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	default:
		return fmt.Sprintf("%.0f MB", float64(n)/(1<<20))
	}
}
