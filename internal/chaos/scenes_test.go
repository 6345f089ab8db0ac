package chaos

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// scenes are the commands that write.
var scenes = []scene{
	{name: "import", people: 90, report: "users.ndjson.checkpoint.report",
		before: (*stage).sources, args: importing},
	{name: "delta, gone are deleted", people: 90, report: "users.ndjson.checkpoint.report",
		before: (*stage).newer, after: (*stage).eachHasTheirOwn,
		args: slices.Concat(importing, []string{"--mirror", "--gone", "delete", "--max-gone", "50%", "--new-source"})},
	{name: "delta, gone are suspended", people: 90, report: "users.ndjson.checkpoint.report",
		before: (*stage).newer, after: (*stage).eachHasTheirOwn,
		args: slices.Concat(importing, []string{"--mirror", "--gone", "suspend", "--max-gone", "50%", "--new-source"})},
	{name: "import --complete", people: 60, report: "users.ndjson.checkpoint.report",
		before: (*stage).converted, args: slices.Concat(importing, []string{"--complete"})},
	{name: "rollback", people: 60, report: "users.ndjson.checkpoint.rollback.report",
		before: (*stage).imported,
		args:   []string{"rollback", "--checkpoint", "users.ndjson.checkpoint", "--definitions", "--yes", "--quiet", "--json"}},
	{name: "reconcile --fix", people: 60, report: "users.ndjson.reconcile.report",
		before: (*stage).tampered,
		args: []string{
			"reconcile",
			"users.ndjson",
			"--passwords",
			"passwords.ndjson",
			"--memberships",
			"memberships.csv",
			"--fix",
			"--yes",
			"--quiet",
			"--json",
		}},
	{name: "reconcile --fix without a checkpoint", people: 60, report: "users.ndjson.reconcile.report",
		before: (*stage).tamperedByOthers,
		args: []string{
			"reconcile",
			"users.ndjson",
			"--passwords",
			"passwords.ndjson",
			"--memberships",
			"memberships.csv",
			"--fix",
			"--yes",
			"--quiet",
			"--json",
		}},
	{name: "restore", people: 60, report: "back.checkpoint.report",
		before: (*stage).lost,
		args:   []string{"restore", "backups", "--checkpoint", "back.checkpoint", "--yes", "--quiet", "--json"}},
	{name: "backup", people: 60, before: (*stage).imported, after: (*stage).backupsAreWhole,
		args: []string{"backup", "--out", "backups", "--plaintext", "--detail", "full", "--quiet"}},
	{name: "backup prune", people: 20, before: (*stage).backedUp, after: (*stage).backupsAreWhole,
		args: []string{"backup", "prune", "backups", "--keep-last", "1"}},
	verb("suspend"), verb("unsuspend"), verb("delete", "--profile"), verb("set-property", "--property", "plan=gold"),
	verb("update", "--set", "family_name=Same"), verb("request-password-reset"), verb("add-identity", "--type", "email"),
	verb("set-flag", "--flag", "beta=true"), verb("refresh-claims"), verb("revoke-sessions"),
	{name: "users set-password", people: 60, report: "hashes.csv.set-password.checkpoint.report",
		before: (*stage).imported, args: []string{"users", "set-password", "--hashes", "hashes.csv", "--yes", "--quiet", "--json"}},
	{name: "users remove-identity", people: 60, report: "ids.csv.remove-identity.checkpoint.report", before: (*stage).withSecondAddresses,
		args: []string{"users", "remove-identity", "--ids", "ids.csv", "--type", "email", "--yes", "--quiet", "--json"}},
	{name: "users copy", people: 60, report: "users.copy.checkpoint.report", before: (*stage).imported,
		args: []string{"users", "copy", "--from-organization", "org_000", "--to-organization", "org_001", "--yes", "--quiet", "--json"}},
	verb("invite", "--organization", "org_000", "--role", "viewer", "--or-reset"),
	{
		name:   "users add-scope",
		people: 60,
		report: "members.txt.add-scope.checkpoint.report",
		before: (*stage).imported,
		args:   scoped("add-scope"),
	},
	{
		name:   "users remove-scope",
		people: 60,
		report: "members.txt.remove-scope.checkpoint.report",
		before: (*stage).withScopes,
		args:   scoped("remove-scope"),
	},
	{
		name:   "users forget",
		people: 60,
		report: "forgotten.txt.forget.checkpoint.report",
		before: (*stage).recorded,
		after:  (*stage).nothingIsLeft,
		args:   slices.Concat([]string{"users", "forget", "--ids", "forgotten.txt", "--yes", "--quiet", "--json"}, records),
	},
	{name: "canary", people: 20, before: (*stage).sources, drawn: true, after: (*stage).noCanary,
		args: []string{"canary", "users.ndjson", "--passwords", "passwords.ndjson", "--wait", "0s", "--quiet"}},
	{name: "canary --clean", people: 20, before: (*stage).withCanary, after: (*stage).noCanary,
		args: []string{"canary", "users.ndjson", "--passwords", "passwords.ndjson", "--clean", "--quiet"}},
	{name: "fetch", people: 20, before: (*stage).database, after: (*stage).fetchedAll,
		args: []string{"fetch", "generic", "--db-url-file", "address", "--out", "fetched", "--quiet",
			"--sql", "users=SELECT id, email FROM person", "--sql", "identities=SELECT person AS user_id, provider, subject FROM login"}},
	{name: "doctor --fix", people: 20, before: (*stage).sources,
		args: []string{"doctor", "users.csv", "--from", "generic", "--fix", "--yes"}},
}

func verb(name string, flags ...string) scene {
	return scene{name: "users " + name, people: 60, report: "ids.csv." + name + ".checkpoint.report", before: (*stage).imported,
		args: slices.Concat([]string{"users", name, "--ids", "ids.csv"}, flags, []string{"--yes", "--quiet", "--json"})}
}

func scoped(verb string) []string {
	return []string{
		"users",
		verb,
		"--ids",
		"members.txt",
		"--organization",
		"org_000",
		"--api",
		"https://api.example.com",
		"--scope",
		"read:logs",
		"--yes",
		"--quiet",
		"--json",
	}
}

// withSecondAddresses is a tenant whose people have a second address each.
func (x *stage) withSecondAddresses() {
	x.imported()
	x.must("users", "add-identity", "--ids", "ids.csv", "--type", "email", "--yes", "--quiet")
}

// withScopes is a tenant whose members have a scope of an API.
func (x *stage) withScopes() {
	x.imported()
	x.must(scoped("add-scope")...)
}

// sources lays the people down, and a table that names what no tenant has.
func (x *stage) sources() {
	write(x.T, x.dir, x.people)
	x.write("define.yaml", definitions)
	var table strings.Builder
	table.WriteString("id,email,organization,role\n")
	for i := range 24 {
		fmt.Fprintf(&table, "%d,doc%d@example.com,Guild %d,role-%d\n", i, i, i, i)
	}
	x.write("users.csv", table.String())
}

// imported is a tenant that holds the people; others were there before.
func (x *stage) imported() {
	x.write("before.csv", "id,email,first_name\nold|1,somebody@example.com,Somebody\n")
	x.must("import", "before.csv", "--yes", "--quiet")
	x.sources()
	x.must(importing...)
	var ids, hashes strings.Builder
	ids.WriteString("email,value\n")
	hashes.WriteString("email,hash,method\n")
	for i, p := range x.people {
		if p.email != "" && i%6 != 5 {
			fmt.Fprintf(&ids, "%s,second%d@example.net\n", p.email, i)
			fmt.Fprintf(&hashes, "%s,5f4dcc3b5aa765d61d8327deb882cf99,md5\n", p.email)
		}
	}
	x.write("ids.csv", ids.String())
	x.write("members.txt", x.names(func(i int) bool { return len(x.people[i].member["ext-0"]) > 0 }))
	x.write("hashes.csv", hashes.String())
}

// converted is a tenant whose dashboard imported the people from files.
func (x *stage) converted() {
	x.sources()
	x.must("convert", "users.ndjson", "--passwords", "passwords.ndjson", "--memberships", "memberships.csv", "--to", "kinde-ndjson", "--quiet")
	file, err := os.Open(filepath.Join(x.dir, "users.ndjson.kinde", "users-001.ndjson"))
	if err != nil {
		x.Fatal(err)
	}
	defer file.Close()
	answer, err := http.Post("http://"+x.address+"/sandbox/import?format=ndjson", "application/octet-stream", file)
	if err != nil {
		x.Fatal(err)
	}
	defer answer.Body.Close()
	var out sandbox.Loaded
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || len(out.Refused) > 0 || out.Created == 0 {
		x.Fatalf("%+v %v", out, err)
	}
}

// newer is the source later. In each ten people two have swapped their
// addresses, three have passed theirs round, one has a new one and another the
// old one of that, one was created anew, and one is gone.
func (x *stage) newer() {
	x.imported()
	old := x.people
	people := slices.Clone(old)
	for i := 0; i+9 < len(people); i += 10 {
		p := people[i : i+10]
		was := old[i : i+10]
		p[0].email, p[1].email = was[1].email, was[0].email
		p[2].email, p[3].email, p[4].email = was[3].email, was[4].email, was[2].email
		p[5].email, p[6].email = "new-"+was[5].email, was[5].email
		p[0].phone, p[5].phone = was[5].phone, was[0].phone
		p[7].id = fmt.Sprintf("auth0|%024x", 5000+i)
		p[9].given += " the Second"
	}
	x.people = slices.DeleteFunc(people, func(p person) bool {
		return slices.IndexFunc(people, func(q person) bool { return q.id == p.id })%10 == 8
	})
	write(x.T, x.dir, x.people)
}

// eachHasTheirOwn looks for the identities of each person of the source.
func (x *stage) eachHasTheirOwn() {
	users, _ := x.running.users(x.T)
	bare := func(list []string) (out []string) {
		for _, s := range list {
			out = append(out, s[:strings.LastIndexByte(s, ' ')])
		}
		slices.Sort(out)
		return out
	}
	for _, p := range x.people {
		at := slices.IndexFunc(users, func(u sandbox.User) bool { return u.ProvidedID == p.id })
		if at < 0 {
			x.Errorf("%s is missing", p.id)
			continue
		}
		if have, want := bare(identitiesOf(users[at])), bare(p.identities()); !slices.Equal(have, want) {
			x.Errorf("%s has %v, want %v", p.id, have, want)
		}
	}
}

// tampered is a tenant in which somebody deleted and changed people by hand.
func (x *stage) tampered() {
	x.imported()
	x.must("users", "delete", "--id", "somebody@example.com", "--yes", "--quiet")
	x.write("gone.txt", x.names(func(i int) bool { return i%3 == 0 }))
	x.write("wrong.txt", x.names(func(i int) bool { return i%3 == 1 }))
	x.must("users", "delete", "--ids", "gone.txt", "--yes", "--quiet")
	x.must("users", "update", "--ids", "wrong.txt", "--set", "given_name=Wrong", "--yes", "--quiet")
	x.must("users", "suspend", "--ids", "wrong.txt", "--yes", "--quiet")
}

// tamperedByOthers is the same where the checkpoint of the import is not at hand.
func (x *stage) tamperedByOthers() {
	x.tampered()
	if err := os.Remove(filepath.Join(x.dir, "users.ndjson.checkpoint")); err != nil {
		x.Fatal(err)
	}
}

// lost is a tenant that lost all that a backup holds.
func (x *stage) lost() {
	x.imported()
	x.must("backup", "--out", "backups", "--plaintext", "--detail", "full", "--quiet")
	x.must("rollback", "--checkpoint", "users.ndjson.checkpoint", "--definitions", "--yes", "--quiet")
}

func (x *stage) backedUp() {
	x.imported()
	for range 12 {
		x.must("backup", "--out", "backups", "--plaintext", "--quiet")
	}
}

// backupsAreWhole reads all backups to their last byte, and looks for leftovers.
func (x *stage) backupsAreWhole() {
	code, out := run(x.T, x.binary, x.dir, os.Environ(), 0, "backup", "verify", "backups")
	if code != 0 {
		x.Errorf("backup verify ended with exit %d:\n%s", code, out)
	}
	left, err := filepath.Glob(filepath.Join(x.dir, "backups", "2*.tmp"))
	if err != nil || len(left) > 0 {
		x.Errorf("left: %v %v", left, err)
	}
}

func (x *stage) withCanary() {
	x.sources()
	x.must("canary", "users.ndjson", "--passwords", "passwords.ndjson", "--wait", "0s", "--quiet")
}

// noCanary cleans up, and looks whether anybody is left.
func (x *stage) noCanary() {
	x.must("canary", "users.ndjson", "--passwords", "passwords.ndjson", "--clean", "--quiet")
	users, _ := x.running.users(x.T)
	if len(users) > 0 {
		x.Errorf("%d throw-away users are left", len(users))
	}
	if _, err := os.Stat(filepath.Join(x.dir, "users.ndjson.canary")); !os.IsNotExist(err) {
		x.Errorf("the state is left: %v", err)
	}
}

// records are the files that know the people of the scene in which some are forgotten.
var records = []string{"users.ndjson.checkpoint", "users.ndjson.checkpoint.report", "everybody.csv", "everybody.json", "backups"}

// recorded is a tenant whose people stand in files of every kind.
func (x *stage) recorded() {
	x.imported()
	x.must("export", "--out", "everybody.csv", "--quiet")
	x.must("export", "--out", "everybody.json", "--quiet")
	for range 2 {
		x.must("backup", "--out", "backups", "--plaintext", "--detail", "full", "--quiet")
	}
	x.write("forgotten.txt", x.names(func(i int) bool { return i%4 == 0 && i%6 != 5 }))
}

// nothingIsLeft looks for those who were forgotten in the bytes of the files, and
// for the others in the backups.
func (x *stage) nothingIsLeft() {
	x.backupsAreWhole()
	names, err := os.ReadFile(filepath.Join(x.dir, "forgotten.txt"))
	if err != nil {
		x.Fatal(err)
	}
	gone := strings.Fields(strings.ToLower(string(names)))
	for _, root := range append(slices.Clone(records), "forgotten.txt.forget.checkpoint", "forgotten.txt.forget.checkpoint.report",
		"erasure-list.json") {
		err := filepath.WalkDir(filepath.Join(x.dir, root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			for _, name := range gone {
				if strings.Contains(strings.ToLower(string(data)), name) {
					x.Errorf("%s still holds %s", path, name)
				}
			}
			return err
		})
		if err != nil {
			x.Error(err)
		}
	}
	stay := 0
	kept, err := os.ReadFile(filepath.Join(x.dir, "everybody.csv"))
	if err != nil {
		x.Fatal(err)
	}
	for _, p := range x.people {
		if p.email != "" && !slices.Contains(gone, strings.ToLower(p.email)) {
			stay++
			if !strings.Contains(strings.ToLower(string(kept)), strings.ToLower(p.email)) {
				x.Errorf("%s is missing in everybody.csv", p.email)
			}
		}
	}
	if stay == 0 || len(gone) == 0 {
		x.Errorf("%d stay, %d are gone", stay, len(gone))
	}
}
