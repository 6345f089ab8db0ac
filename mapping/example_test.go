package mapping_test

import (
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// Map a record of Auth0 with the preset, and one of your own with a mapping.
func Example() {
	auth0, err := mapping.Preset("auth0")
	if err != nil {
		fmt.Println(err)
		return
	}
	u, problems, _, err := auth0.Map(
		[]byte(`{"user_id":"auth0|1","email":"ana@example.com","email_verified":true,"given_name":"Ana","blocked":true}`),
	)
	fmt.Println(u.ID, u.GivenName, u.Suspended, u.Identities[0].Value, u.Identities[0].Verified, len(problems), err)

	own, err := mapping.Compile("mapping.yaml", []byte("id: number\nemails: [{value: mail}]\nsuspended: {path: state, is: locked}\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	u, problems, _, err = own.Map([]byte(`{"number":7,"mail":"nobody","state":"locked"}`))
	fmt.Println(u.ID, u.Suspended, problems[0].Code, err)
	// Output:
	// auth0|1 Ana true ana@example.com true 0 <nil>
	// 7 true EMAIL_INVALID <nil>
}
