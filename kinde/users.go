package kinde

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// Types of identities that createUser and CreateUserIdentity take. Answers may
// hold others, such as "oauth2:google"; see UserIdentity.Kind.
const (
	IdentityEmail      = "email"
	IdentityPhone      = "phone"
	IdentityUsername   = "username"
	IdentitySocial     = "social"
	IdentityEnterprise = "enterprise"
)

// Values of the expand parameter of getUsers, getUserData and searchUsers.
const (
	ExpandOrganizations = "organizations"
	ExpandIdentities    = "identities"
	ExpandProperties    = "properties" // searchUsers only
)

// User is a user as getUsers, getUserData or searchUsers shows it. Which
// fields are filled depends on the operation and on expand: searchUsers shows
// properties but no phone and no connection ids, the others the other way
// round.
type User struct {
	ID            string
	ProvidedID    string
	Email         string
	Phone         string
	Username      string
	FirstName     string
	LastName      string
	Picture       string
	IsSuspended   bool
	TotalSignIns  int
	FailedSignIns int
	LastSignedIn  time.Time // zero: never, or not shown
	CreatedOn     time.Time // by the server's clock; zero: not shown
	Organizations []string  // codes
	Identities    []UserIdentity
	Properties    map[string]string
}

// UserIdentity is an identity in a list of users.
type UserIdentity struct {
	Type         string `json:"type"`
	Identity     string `json:"identity"`
	ConnectionID string `json:"connection_id"`
}

// Profile is the name and picture of a new user.
type Profile struct {
	GivenName  string `json:"given_name,omitzero"`
	FamilyName string `json:"family_name,omitzero"`
	Picture    string `json:"picture,omitzero"`
}

// NewIdentity is an identity of a new user.
type NewIdentity struct {
	Type       string          `json:"type"`
	IsVerified *bool           `json:"is_verified,omitzero"`
	Details    IdentityDetails `json:"details"`
}

// IdentityDetails holds the value of a NewIdentity in the member of its type.
type IdentityDetails struct {
	Email          string `json:"email,omitzero"`
	Phone          string `json:"phone,omitzero"`
	PhoneCountryID string `json:"phone_country_id,omitzero"`
	Username       string `json:"username,omitzero"`
}

// EmailIdentity returns an e-mail identity that says whether it is verified.
func EmailIdentity(address string, verified bool) NewIdentity {
	return NewIdentity{Type: IdentityEmail, IsVerified: &verified, Details: IdentityDetails{Email: address}}
}

// PhoneIdentity returns a phone identity that says whether it is verified.
// The country is the two-letter code in lower case, "us".
func PhoneIdentity(number, country string, verified bool) NewIdentity {
	return NewIdentity{Type: IdentityPhone, IsVerified: &verified, Details: IdentityDetails{Phone: number, PhoneCountryID: country}}
}

// UsernameIdentity returns a username identity.
func UsernameIdentity(name string) NewIdentity {
	return NewIdentity{Type: IdentityUsername, Details: IdentityDetails{Username: name}}
}

// CreateUserRequest is the body of createUser.
type CreateUserRequest struct {
	Profile          *Profile      `json:"profile,omitzero"`
	OrganizationCode string        `json:"organization_code,omitzero"`
	ProvidedID       string        `json:"provided_id,omitzero"`
	Identities       []NewIdentity `json:"identities,omitempty"`
}

// CreateUserResult is the answer of createUser.
type CreateUserResult struct {
	ID         string
	Identities []CreatedIdentity
}

// CreatedIdentity says of one identity of the request, by its type, whether
// the tenant took it.
type CreatedIdentity struct {
	Type    string
	Created bool
}

// CreateUser creates a user (createUser). It is not repeatable: a lost answer,
// and one without an id, is ClassInDoubt. An identity that belongs to somebody
// already is ErrExists, with the id of that user where the tenant tells it.
func (c *Client) CreateUser(ctx context.Context, r CreateUserRequest) (CreateUserResult, error) {
	var w struct {
		ID         string `json:"id"`
		Created    *bool  `json:"created"`
		User       withID `json:"user"`
		Identities oneOrMany[struct {
			Type   string `json:"type"`
			Result struct {
				Created *bool `json:"created"`
			} `json:"result"`
		}] `json:"identities"`
	}
	err := c.send(ctx, request{op: operation.CreateUser, body: &r, out: &w, complete: func() bool {
		if w.ID == "" {
			w.ID = w.User.ID
		}
		return w.ID != "" || w.Created != nil && !*w.Created
	}})
	if err != nil {
		return CreateUserResult{}, err
	}
	result := CreateUserResult{ID: w.ID}
	for _, i := range w.Identities {
		result.Identities = append(result.Identities, CreatedIdentity{i.Type, i.Result.Created == nil || *i.Result.Created})
	}
	if w.Created != nil && !*w.Created {
		return result, &Error{Operation: operation.CreateUser, Method: http.MethodPost, Status: http.StatusOK, Class: ClassFinal, Tries: 1,
			Message: "the tenant says that the user exists"}
	}
	return result, nil
}

// UpdateUserRequest is the body of updateUser. A nil field is left alone.
type UpdateUserRequest struct {
	GivenName                *string `json:"given_name,omitzero"`
	FamilyName               *string `json:"family_name,omitzero"`
	Picture                  *string `json:"picture,omitzero"`
	IsSuspended              *bool   `json:"is_suspended,omitzero"`
	IsPasswordResetRequested *bool   `json:"is_password_reset_requested,omitzero"`
	ProvidedID               *string `json:"provided_id,omitzero"`
}

// UpdateUser changes a user (updateUser).
func (c *Client) UpdateUser(ctx context.Context, id string, r UpdateUserRequest) error {
	return c.send(ctx, request{op: operation.UpdateUser, id: id, body: &r})
}

// DeleteUser deletes a user (deleteUser); profile also removes the person from
// the subscriber list.
func (c *Client) DeleteUser(ctx context.Context, id string, profile bool) error {
	r := request{op: operation.DeleteUser, id: id}
	if profile {
		r.query = query{{"is_delete_profile", "true"}}
	}
	return c.send(ctx, r)
}

// GetUserData reads one user (getUserData).
func (c *Client) GetUserData(ctx context.Context, id string, expand ...string) (User, error) {
	var u userWire
	err := c.send(ctx, request{op: operation.GetUserData, id: id, query: query{}.list("expand", expand), out: &u,
		complete: func() bool { return u.ID == id }})
	return u.user(), err
}

// GetUsersRequest filters and pages getUsers. The filters hold values, which
// the client joins by commas; see Batches for how many fit.
type GetUsersRequest struct {
	UserIDs         []string
	Emails          []string
	Phones          []string
	Usernames       []string
	Expand          []string
	HasOrganization *bool
	ActiveSince     time.Time
	PageSize        int    // 0: 500, or what the tenant allows
	After           string // Page.Next of an earlier page
}

// GetUsers lists users (getUsers), page after page.
func (c *Client) GetUsers(ctx context.Context, r GetUsersRequest) iter.Seq2[User, error] {
	return items(c.GetUsersPages(ctx, r))
}

// GetUsersPages lists users by pages (getUsers).
func (c *Client) GetUsersPages(ctx context.Context, r GetUsersRequest) iter.Seq2[Page[User], error] {
	q := query{}.list("user_id", r.UserIDs).list("email", r.Emails).list("phone", r.Phones).
		list("username", r.Usernames).list("expand", r.Expand)
	if r.HasOrganization != nil {
		q = q.add("has_organization", strconv.FormatBool(*r.HasOrganization))
	}
	if !r.ActiveSince.IsZero() {
		q = q.add("active_since", r.ActiveSince.UTC().Format(time.RFC3339))
	}
	l := listing[userWire]{op: operation.GetUsers, query: q, pageSize: r.PageSize, after: r.After, by: byToken, members: []string{"users"}}
	return convert(pages(ctx, c, l), (*userWire).user)
}

// SearchUsersRequest filters and pages searchUsers.
type SearchUsersRequest struct {
	Query    string // e-mail or name; "" means everyone
	Expand   []string
	PageSize int
	After    string // Page.Next of an earlier page, or a user's id
}

// SearchUsers searches users (searchUsers), page after page.
func (c *Client) SearchUsers(ctx context.Context, r SearchUsersRequest) iter.Seq2[User, error] {
	return items(c.SearchUsersPages(ctx, r))
}

// SearchUsersPages searches users by pages (searchUsers).
func (c *Client) SearchUsersPages(ctx context.Context, r SearchUsersRequest) iter.Seq2[Page[User], error] {
	if r.Query == "" {
		r.Query = "*"
	}
	q := query{{"query", r.Query}}.list("expand", r.Expand)
	l := listing[userWire]{op: operation.SearchUsers, query: q, pageSize: r.PageSize, after: r.After, by: byLastID,
		members: []string{"results", "users"}, id: func(u *userWire) string { return u.ID }}
	return convert(pages(ctx, c, l), (*userWire).user)
}
