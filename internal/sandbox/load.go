package sandbox

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// maxFile is the most that the dashboard takes in one file. Source: Kinde's page
// on importing users in bulk.
const maxFile = 49 << 20

// Loaded is what became of a file that was imported as the dashboard does it.
type Loaded struct {
	Rows    int      `json:"rows"`
	Created int      `json:"created"`
	Refused []string `json:"refused"`
}

// row is a user of an import file.
type row struct {
	ID            string      `json:"id"`
	Email         string      `json:"email"`
	FirstName     string      `json:"first_name"`
	LastName      string      `json:"last_name"`
	Identities    []rowPerson `json:"identities"`
	Password      rowPassword `json:"password"`
	Properties    []rowPair   `json:"properties"`
	FeatureFlags  []rowPair   `json:"feature_flags"`
	Organizations []rowPlace  `json:"organizations"`
}

type rowPerson struct {
	Type     string `json:"type"`
	Identity string `json:"identity"`
	Verified bool   `json:"is_verified"`
}

type rowPair struct{ Key, Value string }

type rowPlace struct {
	ExternalID  string   `json:"external_id"`
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"`
}

// rowPassword keeps which members were given: a method refuses those of others.
type rowPassword map[string]json.RawMessage

// LoadFile imports a file as the dashboard does: format is ndjson, csv or
// organizations. A row that it refuses does not keep the others out.
func (t *Tenant) LoadFile(format string, r io.Reader) (Loaded, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return Loaded{}, fmt.Errorf("reading the import file: %w", err)
	case len(data) > maxFile:
		return Loaded{}, errors.New("an import file may hold 49 MB")
	}
	var rows []row
	switch format {
	case "organizations":
		return t.loadOrganizations(data)
	case "csv":
		rows, err = tableRows(data)
	case "ndjson":
		rows, err = lineRows(data)
	default:
		err = fmt.Errorf("an import file is ndjson, csv or organizations, not %q", format)
	}
	out := Loaded{Rows: len(rows), Refused: []string{}}
	if err != nil {
		return out, err
	}
	ids := t.providedIDs()
	for chunk := range slices.Chunk(rows, 500) {
		answer := t.change(func(ch *change) response {
			for i := range chunk {
				reason := "a user with this id exists"
				if id := chunk[i].ID; id == "" || !ids[id] {
					reason = t.load(ch, &chunk[i])
				}
				if reason != "" {
					out.Refused = append(out.Refused, chunk[i].ID+": "+reason)
					continue
				}
				ids[chunk[i].ID] = true
				out.Created++
			}
			return response{}
		})
		if answer.status != 0 {
			return out, errors.New("the sandbox could not write its state")
		}
	}
	return out, nil
}

// providedIDs are the ids that the tenant's users carry.
func (t *Tenant) providedIDs() map[string]bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	ids := make(map[string]bool, len(t.users))
	for _, u := range t.users {
		ids[u.providedID] = true
	}
	return ids
}

func (t *Tenant) loadOrganizations(data []byte) (Loaded, error) {
	cells, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(cells) == 0 || !slices.Equal(cells[0], []string{"name", "id"}) {
		return Loaded{}, errors.New("a file of organizations is a table with the columns name and id")
	}
	out := Loaded{Rows: len(cells) - 1, Refused: []string{}}
	t.change(func(ch *change) response {
		for _, c := range cells[1:] {
			if t.byExternalID(c[1]) != nil {
				out.Refused = append(out.Refused, c[1]+": exists")
				continue
			}
			o := t.newOrganization("", c[0], c[1], false, time.Now())
			t.insertOrganization(o)
			ch.define(o)
			out.Created++
		}
		return response{}
	})
	return out, nil
}

func (t *Tenant) byExternalID(id string) *organization {
	for _, o := range t.orgs {
		if id != "" && o.ExternalID == id {
			return o
		}
	}
	return nil
}

func lineRows(data []byte) (rows []row, err error) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(rows)+1, err)
		}
		rows = append(rows, r)
	}
	return rows, lines.Err()
}

// tableRows reads a table; rows with the same id, or the same address without
// one, are one user in several organizations.
func tableRows(data []byte) (rows []row, err error) {
	table := csv.NewReader(bytes.NewReader(data))
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	at := map[string]int{}
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		cell := map[string]string{}
		for i, name := range header {
			cell[name] = cells[i]
		}
		key := or(cell["id"], or(cell["email"], cell["phone"]))
		n, known := at[key]
		if !known {
			n = len(rows)
			at[key] = n
			rows = append(rows, tableRow(cell))
		}
		if org := cell["external_organization_id"]; org != "" {
			rows[n].Organizations = append(rows[n].Organizations, rowPlace{org, splitList(cell["role_key"]), splitList(cell["permission_key"])})
		}
	}
}

func tableRow(cell map[string]string) row {
	r := row{ID: cell["id"], FirstName: cell["first_name"], LastName: cell["last_name"]}
	for _, kind := range []string{"email", "phone", "username"} {
		if v := cell[kind]; v != "" {
			// The mark of an address is heeded only beside a password.
			verified := cell[kind+"_verified"] == "TRUE" && (kind != "email" || cell["hashed_password"] != "")
			r.Identities = append(r.Identities, rowPerson{kind, v, verified})
		}
	}
	for name, member := range map[string]string{"hashed_password": "hashed_password", "hashing_method": "hashing_algorithm", "salt": "salt",
		"salt_position": "salt_position",
		"salt_format":   "salt_format", "iterations": "iterations", "variant": "variant", "signer_key": "signer_key",
		"salt_separator": "salt_separator", "rounds": "rounds", "mem_cost": "mem_cost"} {
		v := cell[name]
		if v == "" {
			continue
		}
		if r.Password == nil {
			r.Password = rowPassword{}
		}
		raw, _ := json.Marshal(v) // a text never fails
		if n, err := strconv.Atoi(v); err == nil && (name == "iterations" || name == "rounds" || name == "mem_cost") {
			raw = []byte(strconv.Itoa(n))
		}
		r.Password[member] = raw
	}
	return r
}

// body turns the password of a file into that of the API, which it follows.
func (p rowPassword) body() (*password.Body, string) {
	if len(p) == 0 {
		return nil, ""
	}
	given := maps.Clone(map[string]json.RawMessage(p))
	delete(given, "salt_format")
	if m, ok := given["hashing_algorithm"]; ok {
		given["hashing_method"] = m
		delete(given, "hashing_algorithm")
	}
	raw, err := json.Marshal(given)
	var b password.Body
	if err == nil {
		err = json.Unmarshal(raw, &b)
	}
	if err != nil {
		return nil, "the password is not one that the format knows"
	}
	if field, problem := checkPassword(&b, given); field != "" {
		return nil, field + " " + problem
	}
	return &b, ""
}

// load creates one user. The reason is why it does not.
func (t *Tenant) load(ch *change, r *row) (reason string) {
	b, reason := r.Password.body()
	if reason != "" {
		return reason
	}
	if r.Email != "" && !slices.ContainsFunc(r.Identities, func(i rowPerson) bool { return i.Type == "email" }) {
		r.Identities = append([]rowPerson{{Type: "email", Identity: r.Email}}, r.Identities...)
	}
	now := time.Now().UnixNano()
	u := &user{providedID: r.ID, given: r.FirstName, family: r.LastName, created: now, password: b}
	for _, in := range r.Identities {
		kind, ok := parseKind(in.Type)
		i := &identity{kind: kind, value: in.Identity, verified: in.Verified, created: now, user: u, primary: !u.has(kind)}
		if !ok || kind == kindSocial || kind == kindEnterprise {
			return "identities of type " + strconv.Quote(in.Type) + " are not taken"
		}
		if bad := i.check(); bad != nil {
			return bad.body.(errorList).Errors[0].Message
		}
		if t.taken[i.key()] != nil {
			return "an identity of this user exists"
		}
		u.identities = append(u.identities, i)
	}
	if !u.has(kindEmail) && !u.has(kindPhone) {
		return "an e-mail address or a phone number is required"
	}
	u.id = t.draw()
	u.seq = t.seq
	for _, i := range u.identities {
		i.id = t.draw()
	}
	for _, p := range r.Properties {
		if d := t.properties.byKey["usr."+p.Key]; d != nil {
			u.properties = setPair(u.properties, d.ID, p.Value)
		}
	}
	t.intern(b)
	t.insertUser(u)
	t.place(u, r.Organizations)
	ch.touch(u)
	return ""
}

// place makes the user a member. What does not exist is passed over without a
// word, as the vendor's page on troubles with imports has it.
func (t *Tenant) place(u *user, places []rowPlace) {
	for _, p := range places {
		o := t.byExternalID(p.ExternalID)
		if o == nil || u.membership(o) != nil {
			continue
		}
		m := t.join(u, o, time.Now())
		var none []apiError
		m.extend(plannedMember{roles: keysToIDs(&p.Roles, t.roles.byKey, func(r *role) string { return r.ID }, "ROLE", true, &none),
			permissions: keysToIDs(&p.Permissions, t.permissions.byKey, func(p *permission) string { return p.ID }, "PERMISSION", true, &none)})
	}
	if len(u.memberships) == 0 && t.defaultOrg != nil && !t.opt.Quirks.NoDefaultMembership {
		t.join(u, t.defaultOrg, time.Now())
	}
}

// serveImport takes an import file, with ?format=ndjson, csv or organizations.
func (t *Tenant) serveImport(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		t.write(w, failure(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Load a file with POST."))
		return
	}
	out, err := t.LoadFile(r.URL.Query().Get("format"), r.Body)
	if err != nil {
		t.write(w, invalid("INVALID_IMPORT_FILE", err.Error()))
		return
	}
	t.write(w, okay(out))
}
