package tenant

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// alone is a tenant that shows the same of everybody by itself.
type alone struct {
	API
	identities                      []kinde.Identity
	factors                         []kinde.MFAFactor
	sessions                        []kinde.Session
	noIdentities, noMFA, noSessions error
	gone                            error // of the look-up of a user
	asked                           []string
}

func (a *alone) GetUserData(context.Context, string, ...string) (kinde.User, error) {
	return kinde.User{}, a.gone
}

func (a *alone) GetUserIdentities(_ context.Context, id string) iter.Seq2[kinde.Identity, error] {
	a.asked = append(a.asked, id)
	return listOf(a.identities, a.noIdentities)
}

func (a *alone) GetUsersMFA(context.Context, string) ([]kinde.MFAFactor, error) {
	return a.factors, a.noMFA
}

func (a *alone) GetUserSessions(context.Context, string) ([]kinde.Session, bool, error) {
	return a.sessions, a.sessions != nil, a.noSessions
}

var on = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// detailReader is a reader whose stage holds users with these ids.
func detailReader(t *testing.T, a *alone, p Parts, ids ...string) *reader {
	t.Helper()
	r := readerOf(t, nil)
	r.tenant, r.parts, r.opt.Now = a, p, func() time.Time { return on.In(time.FixedZone("", 3600)) }
	users := []kinde.User{}
	for _, id := range ids {
		users = append(users, kinde.User{ID: id})
	}
	if err := errors.Join(r.stage.remove(t.Context(), "kp_1"), r.stage.remove(t.Context(), "kp_2"),
		r.stage.putPage(t.Context(), viewListed, users, "", true)); err != nil {
		t.Fatal(err)
	}
	return r
}

func rowsOf(t *testing.T, r *reader) (rows []Row) {
	t.Helper()
	for row, err := range r.rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, *row)
	}
	return rows
}

// All that a user's own requests show is kept. Who has no list of factors or sessions has
// none; who is gone is left out; any other failure is told.
func TestDetailsAreRead(t *testing.T) {
	gone, refused := &kinde.Error{Class: kinde.ClassNotFound}, &kinde.Error{Class: kinde.ClassFinal}
	all, yes, no, later := Parts{Identities: true, Verified: true, MFA: true, Sessions: true}, true, false, on.Add(time.Hour)
	none := Row{ID: "kp_1", DetailsOn: &on, Identities: []Identity{}, MFA: []Factor{}, Sessions: []Session{}}
	listed, factors := []Row{{ID: "kp_1", Identities: []Identity{}}}, []Row{{ID: "kp_1", DetailsOn: &on, MFA: []Factor{}}}
	const failed = "reading the details of the user kp_1: "
	whole := Row{ID: "kp_1", DetailsOn: &on, SessionsCut: true,
		Identities: []Identity{
			{Type: "email", Value: "ana@example.com", Verified: &yes, Primary: &no},
			{Type: "social", Value: "7", ConnectionID: "conn_1", Verified: &no, Primary: &yes, Connection: ConnectionRef{"oauth2:google", "G"}},
			{Type: "phone", Value: "+15550100", Verified: &no, Primary: &no},
		},
		MFA: []Factor{{ID: "f", Type: "totp", Name: "Phone", IsVerified: true, CreatedOn: &on, LastUsedOn: &later}},
		Sessions: []Session{{ID: "s", OrgCode: "org_a", ClientID: "c", StartedOn: &on, ExpiresOn: &later, IPAddress: "192.0.2.1",
			UserAgent: "Browser"}},
	}
	for name, c := range map[string]struct {
		tenant alone
		parts  Parts
		want   []Row
		err    string
	}{
		"all": {alone{
			identities: []kinde.Identity{{Type: "email", Name: "ana@example.com", Email: "other@example.com", IsConfirmed: true},
				{Type: "oauth2:google", Name: "7", ConnectionID: "conn_1", IsPrimary: true}, {Type: "phone", Email: "+15550100"}},
			factors: []kinde.MFAFactor{{ID: "f", Type: "totp", Name: "Phone", IsVerified: true, CreatedOn: on, LastUsedOn: later}},
			sessions: []kinde.Session{{SessionID: "s", OrgCode: "org_a", ClientID: "c", StartedOn: on, ExpiresOn: later,
				InitialIPAddress: "192.0.2.9", LastIPAddress: "192.0.2.1", LastUserAgent: "Browser"}},
		}, all, []Row{whole}, ""},
		"none":                  {alone{}, all, []Row{none}, ""},
		"no list of them":       {alone{noMFA: gone, noSessions: gone}, all, []Row{none}, ""},
		"factors alone":         {alone{noIdentities: refused, noSessions: refused}, Parts{MFA: true}, factors, ""},
		"who is gone":           {alone{noIdentities: gone, gone: gone}, all, nil, ""},
		"who is there":          {alone{noIdentities: gone}, all, listed, failed},
		"refused identities":    {alone{noIdentities: refused}, all, listed, failed},
		"refused second factor": {alone{noMFA: refused}, all, listed, failed},
		"refused sessions":      {alone{noSessions: refused}, all, listed, failed},
	} {
		r := detailReader(t, &c.tenant, c.parts, "kp_1")
		err := r.readDetails(t.Context())
		if (err != nil) != (c.err != "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: %v", name, err)
		}
		linked, err := r.stage.meta(t.Context(), "linked")
		if err != nil || (linked != "") != (name == "all") {
			t.Errorf("%s: linked %q, %v", name, linked, err)
		}
		r.connections = map[string]kinde.Connection{"conn_1": {Strategy: "oauth2:google", Name: "G"}}
		shows(t, name, rowsOf(t, r), c.want)
	}
}

// slow is a tenant of forty users that takes a second for each of them.
type slow struct{ alone }

func (s *slow) BaseURL() string { return "https://example.com" }

func (s *slow) GetUsersPages(context.Context, kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	var page kinde.Page[kinde.User]
	for i := range 40 {
		page.Items = append(page.Items, kinde.User{ID: fmt.Sprintf("kp_%02d", i)})
	}
	return listOf([]kinde.Page[kinde.User]{page}, nil)
}

func (s *slow) GetUsersMFA(context.Context, string) ([]kinde.MFAFactor, error) {
	time.Sleep(time.Second)
	return nil, nil
}

// As many users are asked for at once as was said, or 16, and the details are of now.
func TestHowManyAreAskedForAtOnce(t *testing.T) {
	for at, want := range map[int]time.Duration{0: 3 * time.Second, 1: 40 * time.Second, 20: 2 * time.Second} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			x, err := Read(t.Context(), &slow{}, ReadOptions{Parts: Parts{MFA: true}, TempDir: dir, Concurrency: at})
			if err != nil {
				t.Fatal(err)
			}
			rows := rowsOf(t, x.r)
			if took := time.Since(begun); took != want || len(rows) != 40 || !rows[0].DetailsOn.Equal(begun) {
				t.Errorf("%d at once: %d in %s, want %s, the first of %s", at, len(rows), took, want, rows[0].DetailsOn)
			}
			if err := x.Close(true); err != nil {
				t.Error(err)
			}
		})
	}
}

// before is an earlier backup that knows each fourth user.
type before struct {
	asked []string
	fails error
}

func (b *before) DetailsOf(_ context.Context, row *Row) (*Details, error) {
	b.asked = append(b.asked, row.ID)
	if len(b.asked)%4 == 0 {
		return &Details{ReadOn: on.AddDate(0, 0, -1)}, b.fails
	}
	return nil, nil
}

// Everybody is looked for in the earlier backup once, in the order of ids, and whom it
// does not know is asked for once. What a run read before it was interrupted stays.
func TestDetailsAreCarriedOver(t *testing.T) {
	var ids, asked []string
	for i := range 409 { // two batches and a few
		ids = append(ids, fmt.Sprintf("kp_%03d", i))
		if i%4 != 0 {
			asked = append(asked, ids[i])
		}
	}
	a, b := &alone{}, &before{}
	var told []string
	r := detailReader(t, a, Parts{MFA: true, Verified: true}, ids...)
	r.opt.Before, r.progress.tell = b, func(p Progress) { told = append(told, fmt.Sprint(p)) }
	if err := r.stage.putDetail(t.Context(), ids[0], &Details{ReadOn: on}); err != nil {
		t.Fatal(err)
	}
	if err := r.readDetails(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.asked, ids[1:]) || !slices.Equal(a.asked, asked) {
		t.Errorf("looked for %q, asked for %q", b.asked, a.asked)
	}
	if want := []string{"{Reading details 201 409}", "{Reading details 401 409}", "{Reading details 409 409}"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	for i, row := range rowsOf(t, r) {
		want := on
		if i > 0 && i%4 == 0 {
			want = on.AddDate(0, 0, -1)
		}
		if row.ID != ids[i] || row.DetailsOn == nil || !row.DetailsOn.Equal(want) {
			t.Errorf("%s of %v, want %s of %s", row.ID, row.DetailsOn, ids[i], want)
		}
	}
	fails := errors.New("a disk")
	r = detailReader(t, a, Parts{MFA: true}, ids...)
	if r.opt.Before = (&before{fails: fails}); !errors.Is(r.readDetails(t.Context()), fails) {
		t.Error("an earlier backup that fails is not told of")
	}
}
