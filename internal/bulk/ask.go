package bulk

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Ask names one user, as whoever asks knows it. At least one of ID, Email,
// Phone and Username is set; a Name that could be an id or a username is Any.
type Ask struct {
	Line     int64 // in the file; 0 when it came from the command line
	ID       string
	Email    string
	Phone    string
	Username string
	Any      string // an id or a username
	OnlyID   bool   // Any stood in a column of ids: a username that is the same is somebody else's

	SourceID string // in the identity provider, when a checkpoint named the user
	Evidence bool   // the user is known to be made by that checkpoint's job, beyond doubt

	// forget: what the files that are named know of an id of the source
	KnownAs   string // the id in this tenant
	Elsewhere bool   // they hold the user, so that the name is no mistake although the tenant does not know it

	User *kinde.User // as it was shown when a filter chose it

	Value      string // add-identity: the identity's value
	Connection string // add-identity: its connection
	Password   *password.Password

	Problem *mapping.Problem // why the row can't be used
}

// ParseName sorts what a person wrote for a user by its form: kp_… is an id,
// something with an @ an e-mail address, +… a phone number, the rest either an
// id or a username.
func ParseName(text string) Ask {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "kp_"):
		return Ask{ID: text}
	case strings.Contains(text, "@"):
		return Ask{Email: text}
	case strings.HasPrefix(text, "+"):
		return Ask{Phone: text}
	default:
		return Ask{Any: text}
	}
}

// key identifies the ask across runs.
func (a *Ask) key() checkpoint.Digest {
	var text string
	switch {
	case a.ID != "":
		text = "id\x00" + a.ID
	case a.Email != "":
		text = "email\x00" + compare.Fold("email", a.Email)
	case a.Phone != "":
		text = "phone\x00" + compare.Fold("phone", a.Phone)
	case a.Username != "":
		text = "username\x00" + compare.Fold("username", a.Username)
	default:
		text = "any\x00" + a.Any
	}
	if a.Value != "" || a.Connection != "" {
		text += "\x00value\x00" + a.Value + "\x00" + a.Connection
	}
	if a.Problem != nil { // each bad row counts, and is named by its line
		text += fmt.Sprintf("\x00%d\x00%s%s", a.Line, a.Problem.Code, a.Problem.Message)
	}
	sum := sha256.Sum256([]byte(text))
	var d checkpoint.Digest
	copy(d[:], sum[:])
	return d
}
