package intake

import (
	"slices"
	"testing"
)

// TestListsOfUsersThatNothingReads names what stands beside the users and belongs to
// them: a list of hashes that is passed over is a password lost.
func TestListsOfUsersThatNothingReads(t *testing.T) {
	const user = `{"id":"u1","email":"ana@example.com","name":"Ana Lind"}`
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"lists behind the users": {`{"users":[` + user + `],"hashes":[{"user_id":"u1","hash":"x"}],"roles":[{"name":"admin"}]}`,
			[]string{"hashes"}},
		"a list before them":   {`{"user_roles":[ {"role":"admin","userId":"u1"}],"users":[` + user + `]}`, []string{"user_roles"}},
		"nothing of a user":    {`{"groups":[{"id":1,"members":[{"user_id":"u1"}]}],"total":1,"users":[` + user + `]}`, nil},
		"what comes and goes":  {`{"users":[` + user + `],"session":[{"userId":"u1"}],"auth_tokens":[{"user_id":"u1"}]}`, nil},
		"a list within a user": {`{"users":[{"id":"u1","email":"ana@example.com","logs":[{"user_id":"u1"}]}]}`, nil},
		"rows of several models": {`[{"model":"auth.user","pk":1,"fields":{"password":"!x","username":"ana","first_name":"A","last_name":"L",` +
			`"email":"ana@example.com","is_active":true,"is_staff":false,"is_superuser":false}},` +
			`{"model":"crm.profile","pk":1,"fields":{"user":1,"phone":"+15550100"}},{"model":"crm.town","pk":1,"fields":{"name":"x"}},` +
			`{"model":"account.emailaddress","pk":1,"fields":{"user":1,"email":"ana@example.com","verified":true,"primary":true}}]`,
			[]string{"crm.profile"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, sum := scan(t, Options{Files: []string{write(t, "users.json", c.text)}})
			var got []string
			for _, n := range sum.Notices {
				if n.Kind == "unread" {
					got = append(got, n.What)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("unread: %v, want %v", got, c.want)
			}
		})
	}
}
