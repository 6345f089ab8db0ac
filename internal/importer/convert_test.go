package importer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// convert writes the people as files, and returns them with what is left.
func (w *world) convert(p *people, format importfile.Format, max int64) ([]importfile.Shard, Converted) {
	w.t.Helper()
	store, _, err := checkpoint.Open(w.t.Context(), w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	files := importfile.New(w.t.TempDir(), format, max)
	defer files.Abort()
	out, err := Convert(w.t.Context(), Job{Source: p, Checkpoint: store}, Options{}, format, files.Put)
	if err != nil {
		w.t.Fatal(err)
	}
	shards, err := files.Commit()
	if err != nil {
		w.t.Fatal(err)
	}
	return shards, out
}

// portrait is what the tenant holds, without ids and times.
func (w *world) portrait() (lines []string) {
	for _, u := range w.tenant.Snapshot() {
		var identities, members []string
		for _, i := range u.Identities {
			identities = append(identities, fmt.Sprint(i.Type, i.Value, i.Connection != ""))
		}
		for code, m := range u.Memberships {
			members = append(members, fmt.Sprint(code, slices.Sorted(slices.Values(m.Roles)), m.Permissions))
		}
		slices.Sort(identities)
		slices.Sort(members)
		lines = append(
			lines,
			fmt.Sprint(
				u.ProvidedID,
				u.GivenName,
				u.FamilyName,
				u.Picture,
				u.Suspended,
				u.PasswordResetRequested,
				identities,
				u.Properties,
				u.Flags,
				*u.Password,
				members,
			),
		)
	}
	slices.Sort(lines)
	return lines
}

// load imports files as the dashboard does.
func (w *world) load(shards []importfile.Shard) (refused int) {
	w.t.Helper()
	for _, s := range shards {
		format := strings.TrimPrefix(filepath.Ext(s.Path), ".")
		if filepath.Base(s.Path) == importfile.OrganizationsFile {
			format = "organizations"
		}
		f, err := os.Open(s.Path)
		if err != nil {
			w.t.Fatal(err)
		}
		out, err := w.tenant.LoadFile(format, f)
		f.Close()
		if err != nil {
			w.t.Fatal(err)
		}
		if format != "organizations" {
			refused += len(out.Refused)
		}
	}
	return refused
}

// set counts the passwords that count as set.
func set(t *testing.T, r *checkpoint.Reader) (n int64) {
	t.Helper()
	byMethod, err := r.PasswordsSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range byMethod {
		n += k
	}
	return n
}

// TestFilesAndAPITogether imports people by files and completes them by the API:
// the tenant holds what an import by the API alone leaves there.
func TestFilesAndAPITogether(t *testing.T) {
	for _, format := range []importfile.Format{importfile.NDJSON, importfile.CSV} {
		t.Run(string(format), func(t *testing.T) {
			const n = 400
			p := invent(n)
			for _, u := range p.users {
				for i := range u.Memberships {
					if u.Memberships[i].Organization.Code == "org_a" {
						u.Memberships[i].Organization.ExternalID = "a"
					}
				}
			}
			alone := newWorld(t, sandbox.Options{Seed: 1})
			alone.run(p, Options{})
			w := newWorld(t, sandbox.Options{Seed: 1})
			shards, out := w.convert(p, format, 20_000)
			if len(shards) < 3 {
				t.Fatalf("%d files", len(shards))
			}
			for _, s := range shards {
				if s.Bytes > 20_000 {
					t.Errorf("%s holds %d bytes", s.Path, s.Bytes)
				}
			}
			if refused := w.load(shards); refused > 0 {
				t.Fatalf("%d rows were refused", refused)
			}
			if got := w.tenant.Count(); int64(got) != out.Users {
				t.Fatalf("%d users after the files, want %d", got, out.Users)
			}
			o := w.run(p, Options{Complete: true})
			if o.err != nil {
				t.Fatal(o.err)
			}
			if o.Totals[checkpoint.Created] != n || o.Read.Matched != n {
				t.Errorf("totals %v, read back %+v", o.Totals, o.Read)
			}
			w.complete(p)
			w.reader(func(r *checkpoint.Reader) {
				if n, err := r.PasswordsByFile(t.Context()); err != nil || n == 0 || n+o.calls["SetUserPassword"] != set(t, r) {
					t.Errorf("%d passwords by file, %d calls, %v", n, o.calls["SetUserPassword"], err)
				}
			})
			if got, want := w.portrait(), alone.portrait(); !slices.Equal(got, want) {
				for i := range want {
					if i < len(got) && got[i] != want[i] {
						t.Fatalf("got  %s\nwant %s", got[i], want[i])
					}
				}
				t.Fatalf("%d users, want %d", len(got), len(want))
			}
			if again := w.run(p, Options{Complete: true}); again.total != 0 || again.err != nil {
				t.Errorf("with nothing left to do %d requests are made, %v", again.total, again.err)
			}
			w.rollback(RollbackOptions{})
			if left := w.tenant.Count(); left != 0 {
				t.Errorf("%d users are left after a rollback", left)
			}
		})
	}
}

// TestFilesAndAPIAtSize is the same with three thousand people as they come: one in a
// hundred suspended, a third with a property, half of them members, some with a social
// identity or a flag. Beside these two the API is asked for at most every fifth user.
func TestFilesAndAPIAtSize(t *testing.T) {
	const n = 1000
	p := invent(n)
	for i, u := range p.users {
		u.Suspended, u.PasswordReset = i%100 == 0, false
		for k := range u.Memberships {
			u.Memberships[k].Organization.ExternalID = strings.TrimPrefix(u.Memberships[k].Organization.Code, "org_")
		}
	}
	alone := newWorld(t, sandbox.Options{Seed: 1})
	alone.run(p, Options{NoReconcile: true})
	w := newWorld(t, sandbox.Options{Seed: 1})
	shards, _ := w.convert(p, importfile.NDJSON, 130_000)
	if refused := w.load(shards); refused > 0 || len(shards) < 3 {
		t.Fatalf("%d rows of %d files were refused", refused, len(shards))
	}
	o := w.run(p, Options{Complete: true})
	if o.err != nil || o.Totals[checkpoint.Created] != n || o.Read.Matched != n {
		t.Fatalf("totals %v, read back %+v, %v", o.Totals, o.Read, o.err)
	}
	if calls := o.total - o.calls["CreateUserIdentity"] - o.calls["UpdateUserFeatureFlagOverride"]; calls > n/5 {
		t.Errorf("%d requests for %d users beside links and flags: %v", calls, n, o.calls)
	}
	if got, want := w.portrait(), alone.portrait(); !slices.Equal(got, want) {
		t.Errorf("%d users are not as those of an import alone, %d", len(got), len(want))
	}
}

// TestMissingFromTheFiles leaves a file out: who is in it is named and not
// created, until the file came or the API is to create them.
func TestMissingFromTheFiles(t *testing.T) {
	const n = 200
	p := invent(n)
	w := newWorld(t, sandbox.Options{Seed: 1})
	shards, _ := w.convert(p, importfile.NDJSON, 20_000)
	late := shards[1]
	w.load(slices.Concat(shards[:1], shards[2:]))
	o := w.run(p, Options{Complete: true})
	if o.err != nil || o.Totals[checkpoint.Failed] != late.Users || o.calls["createUser"] != 0 || w.tenant.Count() != n-int(late.Users) {
		t.Fatalf("%v %v, %v; %d are missing", o.Totals, o.calls, o.err, late.Users)
	}
	if got := w.problems()[string(NotImported)]; got != late.Users {
		t.Errorf("%d are named as missing, want %d", got, late.Users)
	}
	w.load([]importfile.Shard{late})
	if o := w.run(p, Options{Complete: true}); o.err != nil || o.Totals[checkpoint.Created] != late.Users ||
		o.Totals[checkpoint.Unchanged] != n-late.Users ||
		o.Read.Missing+o.Read.Different > 0 {
		t.Errorf("after the last file: %v %+v %v", o.Totals, o.Read, o.err)
	}
	w.complete(p)

	w = newWorld(t, sandbox.Options{Seed: 1})
	shards, _ = w.convert(p, importfile.NDJSON, 20_000)
	w.load(shards[1:])
	w.run(p, Options{Complete: true})
	if o := w.run(p, Options{}); o.err != nil || o.calls["createUser"] != shards[0].Users {
		t.Errorf("the API creates the rest: %v %v %v", o.Totals, o.calls, o.err)
	}
	w.complete(p)
}

// TestPropertiesThatTheDashboardPassedOver are set by the API: they were not
// defined when the files were imported.
func TestPropertiesThatTheDashboardPassedOver(t *testing.T) {
	p := invent(30)
	w := newWorld(t, sandbox.Options{Seed: 1, Definitions: &sandbox.Definitions{
		Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha"}, {Code: "org_b", Name: "Beta"}},
		Roles:         []sandbox.RoleDefinition{{Key: "admin"}, {Key: "member"}}, Permissions: []sandbox.PermissionDefinition{{Key: "read:all"}},
		Properties: []sandbox.PropertyDefinition{{Key: "city"}}, Flags: []sandbox.FlagDefinition{{Key: "beta"}},
		Connections: []sandbox.ConnectionDefinition{{Strategy: "oauth2:google", Name: "google"}},
	}})
	shards, _ := w.convert(p, importfile.NDJSON, 0)
	w.load(shards)
	if o := w.run(p, Options{Complete: true, CreateMissing: true}); o.err != nil || o.Read.Different+o.Read.Missing > 0 ||
		o.calls["UpdateUserProperties"] != 5 {
		t.Errorf("%+v %v %v", o.Read, o.calls, o.err)
	}
	w.complete(p)
}

// TestAnIDAloneIsNobody: who carries the id of a record and shares no identity is
// somebody else, and is not adopted.
func TestAnIDAloneIsNobody(t *testing.T) {
	p := invent(1)
	w := newWorld(t, sandbox.Options{Seed: 1})
	w.convert(p, importfile.NDJSON, 0)
	stranger := kindeUser("stranger@example.com")
	stranger.ProvidedID = p.users[0].SourceID
	id := w.inhabit(stranger)
	o := w.run(p, Options{Complete: true})
	if o.err != nil || o.Totals[checkpoint.Failed] != 1 {
		t.Errorf("%v %v", o.Totals, o.err)
	}
	if u, _ := w.tenant.Find(id); u.Suspended || u.Password != nil {
		t.Errorf("the stranger was touched: %+v", u)
	}
}

// TestThereBeforeTheFile: a user who is older than the file is nobody that it brought,
// even with the id and an address of a record: left as they are, and never rolled back.
func TestThereBeforeTheFile(t *testing.T) {
	for name, runs := range map[string][]Options{"complete": {{Complete: true}}, "by the API": {{}}, "rollback in doubt": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := invent(3)
				w := newWorld(t, sandbox.Options{Seed: 1})
				old := kindeUser(p.users[1].Identities[0].Value)
				old.ProvidedID = p.users[1].SourceID
				id := w.inhabit(old)
				before, _ := w.tenant.Find(id)
				time.Sleep(2 * clockSlack)
				shards, _ := w.convert(p, importfile.NDJSON, 0)
				w.load(shards)
				for _, o := range runs {
					expect(t, w.run(p, o), map[checkpoint.Outcome]int64{checkpoint.Created: 2, checkpoint.Skipped: 1})
					if n := w.problems()["USER_EXISTS"]; n != 1 {
						t.Errorf("%d USER_EXISTS", n)
					}
				}
				if o := w.rollback(RollbackOptions{Force: true}); o.err != nil || w.tenant.Count() != 1 {
					t.Errorf("%v, %d users are left", o.err, w.tenant.Count())
				}
				if now, _ := w.tenant.Find(id); now.GivenName != before.GivenName || now.Password != nil {
					t.Errorf("who was there before is %+v", now)
				}
			})
		})
	}
}

// TestPeopleWithoutIDsFromFiles: without an id whoever has an address of the record
// is its user only if the names are the same, and nobody has given them an id or
// signed in as them.
func TestPeopleWithoutIDsFromFiles(t *testing.T) {
	p := invent(4)
	for _, u := range p.users {
		u.SourceID, u.Suspended = "", false
		u.Password = &password.Password{
			Encoding: "md5",
			Body:     &password.Body{HashedPassword: "5f4dcc3b5aa765d61d8327deb882cf99", HashingMethod: "md5"},
		}
	}
	w := newWorld(t, sandbox.Options{Seed: 1})
	shards, _ := w.convert(p, importfile.NDJSON, 0)
	w.load(shards)
	if in := w.tenant.SignIn("ana1@example.com", "password"); !in.SignedIn {
		t.Fatalf("%+v", in)
	}
	err := w.tenant.Edit(func(e *sandbox.Edit) error {
		return errors.Join(e.Rename("ana2@example.com", "Somebody", "Else"), e.SetProvidedID("ana3@example.com", "theirs"))
	})
	if err != nil {
		t.Fatal(err)
	}
	o := w.run(p, Options{Complete: true})
	if o.err != nil || o.Totals[checkpoint.Created] != 1 || o.Totals[checkpoint.Failed] != 3 {
		t.Errorf("%v %v", o.Totals, o.err)
	}
	if got := w.problems()[string(NotImported)]; got != 3 {
		t.Errorf("%d are named as missing", got)
	}
}

// The file says what the source said when it was written. Whom the dashboard made
// by it is found though the source says something else by now, is not made twice,
// and a mirror takes away what the source has dropped.
func TestSourceThatChangedSinceItsFile(t *testing.T) {
	for _, complete := range []bool{true, false} {
		w := newWorld(t, sandbox.Options{Seed: 1})
		was := []*mapping.User{
			somebody("1", "email:a@example.com", "phone:+15550100001"),
			somebody("2", "email:c@example.com", "phone:+15550100002"),
		}
		is := &people{users: []*mapping.User{somebody("1", "email:b@example.com"), somebody("2", "email:c@example.com")}}
		shards, _ := w.convert(&people{users: was}, importfile.NDJSON, 0)
		w.load(shards)
		o := w.run(is, Options{Complete: complete, Mirror: true})
		if o.err != nil || o.Totals[checkpoint.Failed] > 0 {
			t.Fatalf("%v %v %v", o.Totals, o.err, w.problems())
		}
		w.run(is, Options{Complete: complete, Mirror: true})
		want := map[string][]string{"1": {"email:b@example.com"}, "2": {"email:c@example.com"}}
		if have := w.has(); w.tenant.Count() != 2 || fmt.Sprint(have) != fmt.Sprint(want) {
			t.Errorf("complete %v: %d users, %v", complete, w.tenant.Count(), have)
		}
	}
}

// Who left the source after their file was written may be made by the dashboard yet:
// they are found then, and dealt with like others who left.
func TestLeftBeforeTheFileWasImported(t *testing.T) {
	w := newWorld(t, sandbox.Options{Seed: 1})
	shards, _ := w.convert(
		&people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}},
		importfile.NDJSON,
		0,
	)
	stays := &people{users: []*mapping.User{somebody("1", "email:a@example.com")}}
	gone := Options{Complete: true, Gone: DeleteGone, MaxGone: 100}
	if o := w.run(stays, gone); o.err != nil || w.tenant.Count() != 0 {
		t.Fatalf("before the file: %v %v", o.Totals, o.err)
	}
	w.load(shards)
	if o := w.run(stays, gone); o.err != nil || fmt.Sprint(w.has()) != "map[1:[email:a@example.com]]" {
		t.Errorf("after the file: %v, %v, %v", w.has(), o.Totals, o.err)
	}
}
