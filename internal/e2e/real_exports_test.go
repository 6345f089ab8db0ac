package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// realExports is expected.json of a folder of testdata/real: the people that were
// made through the software, and what each of its exports must bring.
type realExports struct {
	Software string
	People   []realPerson
	Exports  []realExport
}

type realPerson struct {
	Email, Username, Phone string
	GivenName              string `json:"given_name"`
	FamilyName             string `json:"family_name"`
	Password               string
	Reset                  bool // signs in only with a new password
	Suspended              bool
	Verified               *bool               // of the e-mail address, where the software knows
	Roles                  []string            // in each organization of theirs, else in the default one
	Organizations          map[string][]string // roles by external id or name of the organization
	Links                  []string            // "provider:subject"
	Properties             map[string]string   // at least these
	Rejected               string              // the problem that rejects the record
	Skipped                bool                // nothing to sign in with, left out by name
	Maker                  any                 // what only the maker of the export reads
}

type realExport struct {
	Files     []string                   // one import each
	Args      []string                   // of every import, beside its file
	Preset    string                     // the folder's name, when empty
	Without   []string                   // what the form can't hold: roles, passwords, links, organizations, username, phone, names
	Rejected  map[string]string          // people by username or e-mail that this form can't bring: the problem
	People    []string                   // only these, by username or e-mail; all when empty
	Instead   map[string]json.RawMessage // what is otherwise of people by username or e-mail in this form
	Malformed int                        // rows of companion files that this form breaks
	Says      string                     // a part of what is said of the whole source
	Refused   string                     // exit 2, and this sentence
	Known     string                     // a fault that still stands: the import must not come out as expected
}

// TestRealExports imports what the real software wrote, and asks of each person the
// name to the byte, the password, the roles and the links; and that nobody else came.
// Of each software some files are drawn; KINDE_EVERY_EXPORT tries all of them.
func TestRealExports(t *testing.T) {
	folders, err := filepath.Glob("testdata/real/*/expected.json")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no real exports: %v", err)
	}
	for _, path := range folders {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var real realExports
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&real); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		folder, err := filepath.Abs(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(folder), func(t *testing.T) {
			everyFileIsTried(t, folder, real)
			proved := map[string]bool{}
			files := drawnFiles(real.Exports)
			for _, export := range real.Exports {
				for _, file := range export.Files {
					if !slices.Contains(files, file) {
						continue
					}
					t.Run(file, func(t *testing.T) {
						faults := importReal(t, folder, file, real, export, proved)
						if export.Known == "" && len(faults) > 0 {
							t.Errorf("%s", strings.Join(faults, "\n"))
						}
						if export.Known != "" && len(faults) == 0 {
							t.Errorf("comes out as expected: the known fault is gone (%s)", export.Known)
						}
					})
				}
			}
		})
	}
}

// drawnFiles draws three of the files, or gives all of them if that is asked for.
func drawnFiles(exports []realExport) (files []string) {
	for _, export := range exports {
		files = append(files, export.Files...)
	}
	if os.Getenv("KINDE_EVERY_EXPORT") == "" {
		rand.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		files = files[:min(3, len(files))]
	}
	return files
}

// everyFileIsTried holds a folder to its list: an export that nobody imports proves nothing.
func everyFileIsTried(t *testing.T, folder string, real realExports) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{"expected.json": true}
	for _, export := range real.Exports {
		for _, name := range slices.Concat(export.Files, export.Args) {
			tried[name] = true
		}
	}
	for _, file := range files {
		if !tried[file.Name()] {
			t.Errorf("no import tries %s", file.Name())
		}
		delete(tried, file.Name())
	}
	for name := range tried {
		if strings.Contains(name, ".") && !strings.Contains(name, "@") {
			t.Errorf("%s is not there", name)
		}
	}
}

func importReal(t *testing.T, folder, file string, real realExports, export realExport, proved map[string]bool) (faults []string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }

	expected := export.expect(filepath.Base(folder), real.People)
	exit := 0
	for _, p := range expected {
		if p.Rejected != "" {
			exit = 3
		}
	}
	if export.Refused != "" {
		exit = 2
	}
	var out, errs bytes.Buffer
	args := append([]string{"kinde-migrate", "import", "--sandbox", "--json", "--quiet", file}, export.Args...)
	code := cmd.Main(context.Background(), args, strings.NewReader(""), &out, &errs)
	if code != exit {
		fault("exit code %d, want %d\n%s", code, exit, errs.String())
	}
	if export.Refused != "" {
		if !strings.Contains(errs.String(), export.Refused) {
			fault("%q is not said:\n%s", export.Refused, errs.String())
		}
		return faults
	}
	if !strings.Contains(out.String(), export.Says) {
		fault("%q is not said:\n%s", export.Says, out.String())
	}
	var r struct {
		Source struct {
			Preset string
			Joins  []struct{ Malformed int }
		}
		Totals   struct{ Records, Created, Skipped, Rejected int }
		Problems struct {
			ByCode map[string]int `json:"by_code"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		fault("%v\n%s", err, out.String())
		return faults
	}
	preset := filepath.Base(folder)
	if export.Preset != "" {
		preset = export.Preset
	}
	if r.Source.Preset != preset {
		fault("detection chose %s, want %s", r.Source.Preset, preset)
	}
	malformed := 0
	for _, join := range r.Source.Joins {
		malformed += join.Malformed
	}
	if malformed != export.Malformed {
		fault("%d rows of companion files are malformed, want %d", malformed, export.Malformed)
	}
	tenant, err := sandbox.Open(sandbox.Options{State: file + ".sandbox.tenant", BaseURL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	created, skipped, rejected := 0, 0, map[string]int{}
	for _, p := range expected {
		switch {
		case p.Rejected != "":
			rejected[p.Rejected]++
		case p.Skipped:
			skipped++
		default:
			created++
			for _, f := range p.check(tenant, proved) {
				fault("%s: %s", p.name(), f)
			}
		}
	}
	if tenant.Count() != created || r.Totals.Created != created {
		fault("%d people are in the tenant, want %d; totals %+v", tenant.Count(), created, r.Totals)
	}
	if r.Totals.Skipped != skipped {
		fault("%d records are skipped, want %d", r.Totals.Skipped, skipped)
	}
	for code, n := range rejected {
		if r.Problems.ByCode[code] < n {
			fault("%d problems of %s, want %d: %v", r.Problems.ByCode[code], code, n, r.Problems.ByCode)
		}
	}
	return faults
}

// expect is who must come out of this form of the export, and with what.
func (e realExport) expect(software string, people []realPerson) []realPerson {
	var out []realPerson
	for _, p := range people {
		if len(e.People) > 0 && !slices.Contains(e.People, p.name()) {
			continue
		}
		if other, ok := e.Instead[p.name()]; ok {
			p = p.instead(software, other)
		}
		if code, ok := e.Rejected[p.name()]; ok {
			p.Rejected = code
		}
		for _, what := range e.Without {
			switch what {
			case "roles":
				p.Roles = nil
			case "passwords":
				p.Password, p.Reset = "", false
			case "links":
				p.Links = nil
			case "organizations":
				p.Organizations = nil
			case "username":
				p.Username = ""
			case "phone":
				p.Phone = ""
			case "names":
				p.GivenName, p.FamilyName = "", ""
			default:
				panic(software + ": without " + what)
			}
		}
		if p.Email == "" && p.Username == "" && p.Phone == "" && len(p.Links) == 0 && p.Rejected == "" && !p.Skipped {
			continue
		}
		out = append(out, p)
	}
	return out
}

// instead is a copy of a person, of whom some things are otherwise.
func (p realPerson) instead(software string, other json.RawMessage) (out realPerson) {
	same, err := json.Marshal(p)
	for _, raw := range [][]byte{same, other} {
		if err == nil {
			err = json.Unmarshal(raw, &out)
		}
	}
	if err != nil {
		panic(software + ": instead: " + err.Error())
	}
	return out
}

func (p realPerson) name() string {
	switch {
	case p.Username != "":
		return p.Username
	case p.Email != "":
		return p.Email
	case p.Phone != "" || len(p.Links) == 0:
		return p.Phone
	default:
		return p.Links[0]
	}
}

func (p realPerson) check(tenant *sandbox.Tenant, proved map[string]bool) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	var u sandbox.User
	for _, who := range []string{p.Email, p.Username, p.Phone} {
		if who == "" {
			continue
		}
		found, ok := tenant.Find(who)
		switch {
		case !ok:
			fault("nobody is found by %s", who)
		case u.ID != "" && found.ID != u.ID:
			fault("%s is somebody else", who)
		default:
			u = found
		}
	}
	if u.ID == "" && len(faults) == 0 {
		u = withLink(tenant, p.Links)
	}
	if u.ID == "" {
		return append(faults, "is not there")
	}
	if u.GivenName != oneLine(p.GivenName) || u.FamilyName != oneLine(p.FamilyName) {
		fault("is called %q %q, want %q %q", u.GivenName, u.FamilyName, p.GivenName, p.FamilyName)
	}
	for _, i := range u.Identities {
		if i.Type == "email" && p.Verified != nil && i.Verified != *p.Verified {
			fault("the address %s is verified: %v", i.Value, i.Verified)
		}
	}
	if u.Suspended != p.Suspended {
		fault("suspended is %v", u.Suspended)
	}
	links := []string{}
	for _, i := range u.Identities {
		if i.Type == "social" || i.Type == "enterprise" {
			links = append(links, i.Connection+":"+i.Value)
		}
	}
	wanted := []string{}
	for _, link := range p.Links {
		provider, subject, _ := strings.Cut(link, ":")
		wanted = append(wanted, tenant.Connection("oauth2:"+provider)+":"+subject)
	}
	if !equalSets(links, wanted) {
		fault("links are %q, want %q", links, wanted)
	}
	for key, value := range p.Properties {
		if u.Properties[key] != value {
			fault("the property %s is %q, want %q", key, u.Properties[key], value)
		}
	}
	roles := map[string][]string{tenant.DefaultOrganization(): nil}
	for name, own := range p.Organizations {
		roles[tenant.Organization(name)] = slices.Concat(own, p.Roles)
	}
	if len(p.Organizations) == 0 {
		roles[tenant.DefaultOrganization()] = p.Roles
	}
	for code, want := range roles {
		if place, ok := u.Memberships[code]; !equalSets(place.Roles, want) || !ok && code != tenant.DefaultOrganization() {
			fault("roles in %s are %q, want %q; memberships are %v", code, place.Roles, want, u.Memberships)
		}
	}
	for code := range u.Memberships {
		if _, ok := roles[code]; !ok {
			fault("is in the organization %s", code)
		}
	}
	return append(faults, p.signIn(tenant, u, proved)...)
}

// withLink finds who has one of these links and nothing else to be found by.
func withLink(tenant *sandbox.Tenant, links []string) sandbox.User {
	for _, u := range tenant.Snapshot() {
		for _, i := range u.Identities {
			if slices.ContainsFunc(links, func(link string) bool { return strings.HasSuffix(link, ":"+i.Value) }) {
				return u
			}
		}
	}
	return sandbox.User{}
}

// signIn proves the hash of a person once for all exports that hold the same one:
// verifying is slow on purpose. Whoever is suspended is let in for the proof.
func (p realPerson) signIn(tenant *sandbox.Tenant, u sandbox.User, proved map[string]bool) (faults []string) {
	if p.Password == "" || p.Reset {
		if u.Password != nil {
			faults = append(faults, "has a password")
		}
		return faults
	}
	if u.Password == nil {
		return append(faults, "has no password")
	}
	hash := fmt.Sprintf("%+v %s", *u.Password, p.Password)
	if proved[hash] || underRace && len(proved) > 0 {
		return faults
	}
	if p.Suspended {
		if got := tenant.SignIn(u.ID, p.Password); got.SignedIn {
			faults = append(faults, "signs in while suspended")
		}
		if err := tenant.Edit(func(e *sandbox.Edit) error { return e.SetSuspended(u.ID, false) }); err != nil {
			return append(faults, err.Error())
		}
	}
	who := u.Email
	if who == "" {
		who = p.name()
	}
	if got := tenant.SignIn(who, p.Password); !got.SignedIn {
		return append(faults, "can't sign in: "+got.Reason)
	}
	if len(proved) == 0 {
		if got := tenant.SignIn(who, p.Password+"x"); got.SignedIn {
			faults = append(faults, "signs in with a wrong password")
		}
	}
	proved[hash] = true
	return faults
}

// oneLine is the one thing that changes in a name: tabs and line breaks become blanks,
// and none stands at an end.
func oneLine(name string) string {
	return strings.TrimSpace(strings.NewReplacer("\t", " ", "\r", " ", "\n", " ").Replace(name))
}

func equalSets(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
