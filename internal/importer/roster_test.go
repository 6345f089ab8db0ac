package importer

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// organization counts how it is asked for the roles of members.
type organization struct {
	Target
	members, pages, singles int
}

func (c *organization) GetOrganizationUsersPages(
	context.Context,
	string,
	kinde.GetOrganizationUsersRequest,
) iter.Seq2[kinde.Page[kinde.Member], error] {
	return func(yield func(kinde.Page[kinde.Member], error) bool) {
		for n := 0; n < c.members; n += membersPerPage {
			var page kinde.Page[kinde.Member]
			for i := n; i < min(n+membersPerPage, c.members); i++ {
				page.Items = append(page.Items, kinde.Member{ID: fmt.Sprint(i)})
			}
			c.pages++
			if !yield(page, nil) {
				return
			}
		}
	}
}

func (c *organization) GetOrganizationUserRoles(context.Context, string, string) iter.Seq2[kinde.Role, error] {
	c.singles++
	return func(func(kinde.Role, error) bool) {}
}

// TestRostersCostLittle asks for a few members of a large organization one by
// one, and lists a small one.
func TestRostersCostLittle(t *testing.T) {
	for _, c := range []struct{ members, asked, most int }{
		{400, 300, 4}, {100_000, 50, 50}, {100_000, 5000, 400}, {0, 3, 3},
	} {
		target := &organization{members: c.members}
		r := &rosters{sizes: func(context.Context) (map[string]checkpoint.StepTotals, error) {
			return map[string]checkpoint.StepTotals{"org_a": {Done: int64(c.members)}}, nil
		}}
		for i := range c.asked {
			if _, err := r.roles(t.Context(), target, "org_a", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		if n := target.pages + target.singles; n > c.most {
			t.Errorf("%d of %d members cost %d requests, want %d at most", c.asked, c.members, n, c.most)
		}
	}
}
