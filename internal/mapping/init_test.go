package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// TestInitOnAPreset writes what there is to translate, what nothing reads and what
// each field becomes, and holds none of the people's values.
func TestInitOnAPreset(t *testing.T) {
	s := Sample{Format: "ndjson", Head: mustJSON(t, `[
		{"user_id":"google-oauth2|1","email":"ana@example.com","email_verified":true,"given_name":"Ana","badge":"b-17","api_key":"k","logins_count":3,
			"identities":[{"provider":"google-oauth2","user_id":"1","isSocial":true},{"provider":"ev\"il\n# x","user_id":"2","isSocial":true}],
			"organizations":[{"id":"org_a","name":"acme","roles":[{"name":"admin"}]}],"app_metadata":{"plan":"gold"},"blank":""},
		{"user_id":"auth0|2","email":"bo@example.com","email_verified":false,"badge":"","$joined":[1],"permissions":[{"permission_name":"read:all"}],"invite_token":"tk-1"}]`)}
	const want = `# How this export becomes users of Kinde. Checked with: kinde-migrate mapping check FILE --mapping THIS
# Lines that begin with # are suggestions: remove the # from what you want.

# Auth0 (as asked)
extends: auth0

# the source's provider -> id of the tenant's connection; ~ leaves it out
# connections:
#   "ev\"il # x": conn_…
#   "google-oauth2": conn_…

# the source's organization -> Kinde's code or external id
# organizations:
#   "org_a": org_…

# the source's role -> Kinde's key
# roles:
#   "admin": "admin"

# These fields are not read yet. Kinde can keep them as properties. Don't put secrets there.
# add:
#   properties:
#     - {key: badge, value: badge}                # 50 %
#     - {key: api_key, value: api_key}            # 50 %
#     - {key: permissions, value: permissions}
#   drop:
#     - invite_token                              # looks like a secret, by its name

# The fields of 2 sampled records: how many records have it, and what reads it.
#   user_id                        100 %  id, provider, links provider, links subject, notices
#   email                          100 %  emails
#   email_verified                 100 %  emails verified
#   given_name                      50 %  given_name
#   badge                           50 %  dropped: nothing reads it
#   api_key                         50 %  dropped: nothing reads it
#   logins_count                    50 %  dropped or ignored
#   identities                      50 %  provider, phones, phones verified, links, …
#   organizations                   50 %  memberships, memberships external_id, memberships name, memberships roles
#   app_metadata                    50 %  properties
#   permissions                     50 %  dropped: nothing reads it
#   invite_token                    50 %  dropped: nothing reads it
#   blank                            0 %  dropped: nothing reads it
`
	got, err := Init(s, "auth0")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got:\n%s", got)
	}
	if detected, err := Init(s, ""); err != nil || !strings.Contains(string(detected), "\nextends: auth0\n") ||
		strings.Contains(string(detected), "as asked") {
		t.Errorf("detected: %v\n%s", err, detected)
	}
	for _, c := range []struct {
		s      Sample
		preset string
		want   string
	}{
		{Sample{Format: "ndjson", Head: mustJSON(t, `[]`)}, "auth0", "the sample holds no records"},
		{Sample{Format: "ndjson", Head: mustJSON(t, `[]`)}, "generic", "the sample holds no records"},
		{Sample{Format: "ndjson", Head: mustJSON(t, `[5]`)}, "", "the sample holds no records"},
		{s, "nobody", "there is no preset"},
	} {
		if text, err := Init(c.s, c.preset); err == nil || !strings.Contains(err.Error(), c.want) || text != nil {
			t.Errorf("%q: %v %s", c.preset, err, text)
		}
	}
}

// TestInitOfManyNames cuts a list that nobody would read.
func TestInitOfManyNames(t *testing.T) {
	for n, more := range map[int]string{50: "", 51: "#   … and 1 more\n", 60: "#   … and 10 more\n"} {
		names := map[string]int{}
		for i := range n {
			names[fmt.Sprintf("role%02d", i)] = 1
		}
		w := &initWriter{}
		w.names("roles", "what", names, "")
		got := w.String()
		if strings.Count(got, "\n") != 3+min(n, 50)+len(more)/max(len(more), 1) || !strings.HasSuffix(got, `#   "role49": "role49"`+"\n"+more) ||
			!strings.HasPrefix(got, "\n# what\n# roles:\n#   \"role00\": \"role00\"\n") {
			t.Errorf("%d names:\n%s", n, got)
		}
	}
	w := &initWriter{}
	if w.names("roles", "what", nil, ""); w.Len() != 0 {
		t.Errorf("no names: %s", w)
	}
}

// TestInitWithoutAHeader reads the rows of a file whose columns only the preset knows.
func TestInitWithoutAHeader(t *testing.T) {
	m, err := Preset("firebase")
	if err != nil {
		t.Fatal(err)
	}
	row := make([]string, len(m.CSV().Layouts[0]))
	row[0], row[1], row[2] = "u1", "ana@example.com", "true"
	s := Sample{Format: "csv", Head: mustJSON(t, `[{"u1":"u2","ana@example.com":"bo@example.com"}]`), Rows: [][]string{row, row}}
	got, err := Init(s, "firebase")
	if err != nil || !strings.Contains(string(got), "# The fields of 2 sampled records:") || strings.Contains(string(got), "ana@example.com") {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestFoundNames tells where the records of an unknown file seem to lie, and what they hold.
func TestFoundNames(t *testing.T) {
	where, names := Found(Sample{Format: "json", Head: mustJSON(t, `{"v":1,"people":[{"id":1,"name":{"first":"Ana"}},{"id":2,"x\ty":1}]}`)})
	if where != "people[*]" || strings.Join(names, "|") != "id|name.first|x y" {
		t.Errorf("%q %q", where, names)
	}
	if where, names := Found(Sample{Format: "json", Head: mustJSON(t, `5`)}); where != "" || names != nil {
		t.Errorf("nothing: %q %q", where, names)
	}
}
