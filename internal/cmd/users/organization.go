package users

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/bulk"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// organizationOptions are the flags of the verbs that work in an organization.
type organizationOptions struct {
	code, from, to, api, links string
	role, scope                []string
	orReset                    bool
	atMost                     int
}

func (o *organizationOptions) flags(verb bulk.Verb) []cli.Flag {
	switch verb {
	case bulk.Copy:
		return []cli.Flag{
			cli.StringFlag(&o.from, catWhat, "from-organization", "", "copy members from the organization with this `CODE`"),
			cli.StringFlag(&o.to, catWhat, "to-organization", "", "add them to the organization with this `CODE`, with the same roles"),
		}
	case bulk.Invite:
		return []cli.Flag{
			cli.StringFlag(&o.code, catWhat, "organization", "", "`CODE` of the organization to invite to"),
			cli.ListFlag(&o.role, catWhat, "role", "`KEY` of a role that they get; may be repeated"),
			cli.BoolFlag(
				&o.orReset,
				catWhat,
				"or-reset",
				"ask members for a new password at their next sign-in instead; the tenant sends them no e-mail",
			),
			cli.StringFlag(&o.links, catWhat, "links", "", "send no e-mails; write the links into `FILE` instead, for a mail merge"),
			cli.IntFlag(&o.atMost, catWhat, "at-most", 0, "invite `N` people in this run; the same command continues with the next ones"),
		}
	case bulk.AddScope, bulk.RemoveScope:
		return []cli.Flag{
			cli.StringFlag(&o.code, catWhat, "organization", "", "`CODE` of the organization in which they are members"),
			cli.StringFlag(&o.api, catWhat, "api", "", "id, audience or name of the `API`"),
			cli.ListFlag(&o.scope, catWhat, "scope", "`KEY` of a scope; may be repeated"),
		}
	}
	return nil
}

// fill takes the flags over into the change, and refuses what can't be meant.
func (o *organizationOptions) fill(verb bulk.Verb, c *bulk.Change) error {
	c.From, c.Organization, c.Roles, c.API, c.Scopes, c.OrReset, c.SendEmail = o.from, o.code, o.role, o.api, o.scope, o.orReset, o.links == ""
	switch verb {
	case bulk.Copy:
		c.Organization = o.to
		if o.from == "" || o.to == "" {
			return cli.Usagef("--from-organization org_1a2b --to-organization org_3c4d", "the organizations to copy from and to are missing")
		}
		if o.from == o.to {
			return cli.Usagef("use two different organizations", "members can't be copied from %s to itself", o.from)
		}
	case bulk.Invite:
		if o.code == "" {
			return cli.Usagef("--organization org_1a2b", "the organization to invite to is missing")
		}
		if o.atMost < 0 {
			return cli.Usagef("--at-most 200", "--at-most %d is less than nobody", o.atMost)
		}
	case bulk.AddScope, bulk.RemoveScope:
		if o.code == "" || o.api == "" || len(o.scope) == 0 {
			return cli.Usagef(
				"--organization org_1a2b --api https://api.example.com --scope read:logs",
				"--organization, --api and --scope are needed",
			)
		}
	}
	return nil
}

// pinned are the flags that decide what happens to the users.
func (o *organizationOptions) pinned() map[string]string {
	out := map[string]string{"organization": o.code, "from-organization": o.from, "to-organization": o.to, "api": o.api,
		"role": strings.Join(o.role, " "), "scope": strings.Join(o.scope, " ")}
	if o.orReset {
		out["or-reset"] = "true"
	}
	if o.links != "" {
		out["links"] = "true" // where they go does not matter
	}
	return out
}

// writeLinks writes the invitations of this job, for a mail merge. They are
// read from the tenant, so that a run that goes on with an earlier one has all.
func (o *organizationOptions) writeLinks(ctx context.Context, client *kinde.Client, store *checkpoint.Store) (n int, err error) {
	ours := map[string]bool{}
	for x, err := range store.Records(ctx, checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Updated, checkpoint.Unchanged}}) {
		if err != nil {
			return 0, err
		}
		ours[compare.Fold("email", x.Email)] = true
	}
	file, err := atomicfile.Create(o.links)
	if err != nil {
		return 0, fmt.Errorf("writing the links: %w", err)
	}
	defer file.Abort()
	w := csv.NewWriter(file)
	w.Write([]string{"email", "first_name", "last_name", "invite_link", "invited_on"}) // a failed write is Flush's to tell
	for i, err := range client.GetOrganizationInvites(ctx, o.code) {
		if err != nil {
			return 0, fmt.Errorf("reading the links: %w", err)
		}
		if ours[compare.Fold("email", i.Email)] {
			n++
			w.Write([]string{i.Email, i.FirstName, i.LastName, i.Link, i.CreatedOn.UTC().Format("2006-01-02T15:04:05Z")})
		}
	}
	if w.Flush(); w.Error() != nil {
		return 0, fmt.Errorf("writing the links: %w", w.Error())
	}
	return n, file.Commit()
}
