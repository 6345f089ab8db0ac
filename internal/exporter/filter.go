package exporter

import (
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/kinde-migrate/kinde-migrate/internal/expression"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// Filter is a compiled condition on a row.
type Filter struct {
	program *vm.Program
	text    string
}

// filtered is what a condition sees of a row.
type filtered struct {
	ID            string             `expr:"id"`
	ProvidedID    string             `expr:"provided_id"`
	Email         string             `expr:"email"`
	Phone         string             `expr:"phone"`
	Username      string             `expr:"username"`
	FirstName     string             `expr:"first_name"`
	LastName      string             `expr:"last_name"`
	Picture       string             `expr:"picture"`
	IsSuspended   bool               `expr:"is_suspended"`
	CreatedOn     time.Time          `expr:"created_on"`
	LastSignedIn  time.Time          `expr:"last_signed_in"`
	TotalSignIns  int                `expr:"total_sign_ins"`
	Identities    []filteredIdentity `expr:"identities"`
	Organizations []string           `expr:"organizations"`
	Roles         []string           `expr:"roles"`
	Permissions   []string           `expr:"permissions"`
	Properties    map[string]string  `expr:"properties"`
	MFA           []string           `expr:"mfa"`

	Budget any `expr:"the budget"`
}

type filteredIdentity struct {
	Type       string `expr:"type"`
	Value      string `expr:"value"`
	Connection string `expr:"connection"` // strategy
	Verified   bool   `expr:"is_verified"`
}

// FilterNames lists what a condition can use, for help.
const FilterNames = "id, provided_id, email, phone, username, first_name, last_name, picture, is_suspended, created_on, last_signed_in, total_sign_ins, " +
	"identities (type, value, connection, is_verified), organizations (codes), roles, permissions, properties, mfa (types)"

// ParseFilter compiles a condition in the expr language, such as
// `email endsWith "@example.com" and not is_suspended`. "" is nil: everyone.
func ParseFilter(text string) (*Filter, error) {
	if text == "" {
		return nil, nil
	}
	p, err := expr.Compile(text, append([]expr.Option{expr.Env(filtered{}), expr.AsBool()}, expression.Options()...)...)
	if err != nil {
		return nil, fmt.Errorf("reading the filter: %w", err)
	}
	return &Filter{p, text}, nil
}

// Match tells whether the row meets the condition. A nil filter matches everyone.
func (f *Filter) Match(row *tenant.Row) (bool, error) {
	if f == nil {
		return true, nil
	}
	out, err := expr.Run(f.program, view(row))
	if err != nil {
		why := expression.Failure(err)
		if why == "" {
			why = expression.FaultOf(err)
		}
		return false, &FilterError{f.text, row.ID, why}
	}
	met, ok := out.(bool)
	if !ok {
		return false, &FilterError{f.text, row.ID, "its result is neither true nor false"}
	}
	return met, nil
}

// FilterError says on which user a filter can't be computed. It shows no value
// of that user.
type FilterError struct{ Filter, User, Why string }

func (e *FilterError) Error() string {
	return fmt.Sprintf("the filter %q fails for the user %s: %s", e.Filter, e.User, e.Why)
}

func view(row *tenant.Row) filtered {
	v := filtered{
		Budget: expression.NewBudget(),
		ID:     row.ID, ProvidedID: row.ProvidedID, Email: row.Email, Phone: row.Phone, Username: row.Username, FirstName: row.FirstName,
		LastName: row.LastName, Picture: row.Picture, IsSuspended: row.IsSuspended, TotalSignIns: row.TotalSignIns, Properties: row.Properties,
	}
	if row.CreatedOn != nil {
		v.CreatedOn = *row.CreatedOn
	}
	if row.LastSignedIn != nil {
		v.LastSignedIn = *row.LastSignedIn
	}
	for _, i := range row.Identities {
		v.Identities = append(v.Identities, filteredIdentity{i.Type, i.Value, i.Connection.Strategy, i.Verified != nil && *i.Verified})
	}
	for _, m := range row.Organizations {
		v.Organizations = append(v.Organizations, m.Code)
		v.Roles = append(v.Roles, m.Roles...)
		v.Permissions = append(v.Permissions, m.Permissions...)
	}
	slices.Sort(v.Roles)
	v.Roles = slices.Compact(v.Roles)
	for _, f := range row.MFA {
		v.MFA = append(v.MFA, f.Type)
	}
	return v
}
