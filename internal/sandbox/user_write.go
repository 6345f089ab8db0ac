package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

type createUserBody struct {
	Profile struct {
		GivenName  string `json:"given_name"`
		FamilyName string `json:"family_name"`
		Picture    string `json:"picture"`
	} `json:"profile"`
	OrganizationCode string `json:"organization_code"`
	ProvidedID       string `json:"provided_id"`
	Identities       []struct {
		Type       string `json:"type"`
		IsVerified bool   `json:"is_verified"`
		Details    struct {
			Email          string `json:"email"`
			Phone          string `json:"phone"`
			PhoneCountryID string `json:"phone_country_id"`
			Username       string `json:"username"`
		} `json:"details"`
	} `json:"identities"`
}

type createUserAnswer struct {
	ID         string           `json:"id,omitempty"`
	Created    bool             `json:"created"`
	Identities []identityResult `json:"identities"`
}

// identityResult tells the fate of one identity. Source: schema "user_identity".
type identityResult struct {
	Type   string `json:"type"`
	Result struct {
		Created bool `json:"created"`
	} `json:"result"`
}

func results(ids []*identity, created bool) []identityResult {
	out := make([]identityResult, len(ids))
	for k, i := range ids {
		out[k].Type = kindNames[i.kind]
		out[k].Result.Created = created
	}
	return out
}

// wanted turns the body's identities into ours, or names what is wrong.
func (b *createUserBody) wanted() ([]*identity, *response) {
	var out []*identity
	seen := map[string]bool{}
	primary := map[identityKind]bool{}
	for _, in := range b.Identities {
		i := &identity{verified: in.IsVerified}
		switch in.Type {
		case "email":
			i.kind, i.value = kindEmail, in.Details.Email
		case "phone":
			i.kind, i.value, i.country = kindPhone, in.Details.Phone, in.Details.PhoneCountryID
		case "username":
			i.kind, i.value = kindUsername, in.Details.Username
		default:
			r := invalid("INVALID_IDENTITY_TYPE", "An identity is of type email, phone or username, not "+strconv.Quote(in.Type)+".")
			return nil, &r
		}
		if bad := i.check(); bad != nil {
			return nil, bad
		}
		if seen[i.key()] {
			r := invalid("DUPLICATE_IDENTITY", "The same identity is given twice.")
			return nil, &r
		}
		seen[i.key()] = true
		i.primary = !primary[i.kind]
		primary[i.kind] = true
		out = append(out, i)
	}
	return out, nil
}

func (t *Tenant) createUser(c *call) response {
	var body createUserBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	ids, bad := body.wanted()
	if bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		org := t.defaultOrg
		if t.opt.Quirks.NoDefaultMembership {
			org = nil
		}
		if body.OrganizationCode != "" {
			if org = t.orgs[body.OrganizationCode]; org == nil {
				return invalid("ORGANIZATION_NOT_FOUND", "There is no organization with this code.")
			}
		}
		if t.idTaken(body.ProvidedID, nil) {
			return idTaken()
		}
		for _, i := range ids {
			if holder := t.taken[i.key()]; holder != nil {
				return t.duplicate(ids, holder)
			}
		}
		asked := ids
		if t.opt.Quirks.CreateWithoutPhones {
			ids = slices.DeleteFunc(slices.Clone(ids), func(i *identity) bool { return i.kind == kindPhone })
		}
		now := time.Now()
		u := &user{
			id: t.draw(), providedID: body.ProvidedID, given: body.Profile.GivenName, family: body.Profile.FamilyName,
			picture: body.Profile.Picture, created: now.UnixNano(), identities: ids,
		}
		u.seq = t.seq
		for _, i := range ids {
			i.id, i.created, i.user = t.draw(), u.created, u
		}
		t.insertUser(u)
		if org != nil {
			t.join(u, org, now)
		}
		ch.touch(u)
		status := http.StatusOK
		if t.opt.Quirks.CreateAnswers201 {
			status = http.StatusCreated
		}
		answer := createUserAnswer{u.id.text(userPrefix), true, results(asked, true)}
		for n, i := range asked {
			answer.Identities[n].Result.Created = i.user == u
		}
		return response{status: status, body: answer}
	})
}

// idTaken tells whether somebody else has a provided id that must be unique.
func (t *Tenant) idTaken(id string, but *user) bool {
	if !t.opt.Quirks.UniqueProvidedID || id == "" {
		return false
	}
	for _, u := range t.users {
		if u.providedID == id && u != but {
			return true
		}
	}
	return false
}

func idTaken() response {
	return invalid("PROVIDED_ID_TAKEN", "A user with this provided_id exists already.")
}

// duplicate answers for an identity that somebody has. Which of the three the
// vendor gives is not documented, so it is the user's choice.
func (t *Tenant) duplicate(ids []*identity, holder *identity) response {
	switch t.opt.DuplicateAnswer {
	case "400":
		return invalid("USER_ALREADY_EXISTS", "A user with this "+kindNames[holder.kind]+" exists already.")
	case "409":
		return failure(http.StatusConflict, "USER_ALREADY_EXISTS", "A user with this "+kindNames[holder.kind]+" exists already.")
	}
	out := createUserAnswer{ID: holder.user.id.text(userPrefix), Identities: results(ids, false)}
	if t.opt.Quirks.CreatedFalseWithoutID {
		out.ID = ""
	}
	return okay(out)
}

func (t *Tenant) userByID(id string) *user {
	u, ok := parseUID(userPrefix, id)
	if !ok {
		return nil
	}
	return t.users[u]
}

func userUnknown() response { return invalid("USER_NOT_FOUND", "There is no user with this id.") }

type updateUserBody struct {
	GivenName      *string `json:"given_name"`
	FamilyName     *string `json:"family_name"`
	Picture        *string `json:"picture"`
	Suspended      *bool   `json:"is_suspended"`
	ResetRequested *bool   `json:"is_password_reset_requested"`
	ProvidedID     *string `json:"provided_id"`
}

type updateUserAnswer struct {
	ID             string  `json:"id"`
	GivenName      string  `json:"given_name"`
	FamilyName     string  `json:"family_name"`
	Email          string  `json:"email"`
	Suspended      bool    `json:"is_suspended"`
	ResetRequested bool    `json:"is_password_reset_requested"`
	Picture        *string `json:"picture"`
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (t *Tenant) updateUser(c *call) response {
	var body updateUserBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		u := t.userByID(c.query.Get("id"))
		if u == nil {
			return userUnknown()
		}
		if body.ResetRequested != nil && *body.ResetRequested && u.email() == "" {
			return invalid("EMAIL_REQUIRED", "A password reset can be requested of users with an email address only.")
		}
		if body.ProvidedID != nil && t.idTaken(*body.ProvidedID, u) {
			return idTaken()
		}
		set(&u.given, body.GivenName)
		set(&u.family, body.FamilyName)
		set(&u.picture, body.Picture)
		set(&u.suspended, body.Suspended)
		set(&u.resetRequested, body.ResetRequested)
		set(&u.providedID, body.ProvidedID)
		ch.touch(u)
		out := updateUserAnswer{
			ID:             u.id.text(userPrefix),
			GivenName:      u.given,
			FamilyName:     u.family,
			Email:          u.email(),
			Suspended:      u.suspended,
			ResetRequested: u.resetRequested,
		}
		if u.picture != "" {
			picture := u.picture
			out.Picture = &picture
		}
		return okay(out)
	})
}

func (t *Tenant) deleteUser(c *call) response {
	if flag := c.query.Get("is_delete_profile"); flag != "" && flag != "true" && flag != "false" {
		return invalid("INVALID_PARAMETER", "is_delete_profile is true or false.")
	}
	return t.change(func(ch *change) response {
		u := t.userByID(c.query.Get("id"))
		if u == nil {
			return userUnknown()
		}
		t.removeUser(u)
		ch.drop(u)
		return done("User successfully deleted.")
	})
}

func (t *Tenant) refreshUserClaims(c *call) response {
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		u.refreshed++
		ch.touch(u)
		return done("Claims successfully refreshed.")
	})
}
