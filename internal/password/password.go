// Package password recognises, converts and verifies password hashes. It knows
// every encoding that identity providers store, and which of them Kinde's
// SetUserPassword can hold without loss. It does no I/O.
package password

// Password is a hash as the source stores it, and what becomes of it.
type Password struct {
	Encoding  string // name of the source encoding: "bcrypt", "django-pbkdf2-sha256", "argon2id"
	Body      *Body  // what SetUserPassword takes; nil when Kinde can't hold the hash
	Reason    string // why Body is nil, without any part of the hash
	Malformed bool   // the hash claims an encoding that it does not fit
}

// Same tells whether two hashes are one: whoever knows the password of the one
// knows that of the other. Of two that Kinde can't hold it does not matter.
func (p *Password) Same(o *Password) bool {
	if p.Body == nil || o.Body == nil {
		return p.Body == o.Body && p.Malformed == o.Malformed
	}
	return *p.Body == *o.Body
}

// Undecided is what is left of two different hashes of one user when nothing
// tells which of them is the newer one: none is set.
func (p *Password) Undecided() *Password {
	return &Password{Encoding: p.Encoding, Reason: "two different hashes belong to this user, and nothing tells which is the newer one"}
}

// Body is the request body of SetUserPassword.
// Source: Kinde Management API, PUT /api/v1/users/{user_id}/password.
type Body struct {
	HashedPassword string `json:"hashed_password"`
	HashingMethod  string `json:"hashing_method,omitempty"`
	Salt           string `json:"salt,omitempty"`
	SaltPosition   string `json:"salt_position,omitempty"`
	Iterations     int    `json:"iterations,omitempty"`
	Variant        string `json:"variant,omitempty"`
	SignerKey      string `json:"signer_key,omitempty"`
	SaltSeparator  string `json:"salt_separator,omitempty"`
	Rounds         int    `json:"rounds,omitempty"`
	MemCost        int    `json:"mem_cost,omitempty"`
	Temporary      bool   `json:"is_temporary_password,omitempty"`
}
