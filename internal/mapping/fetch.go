package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
)

// Fetch says how the users of a provider are read from its API: the section "fetch"
// of a mapping. Text in braces is a variable, {tenant}, or a member of the item that
// a list is read for, {parent.id}.
type Fetch struct {
	Source    string            // the name that a command calls it by
	Says      string            `is:"says"` // what a variant is for
	Base      string            `is:"base"`
	Variables []FetchVariable   `is:"variables"`
	Auth      FetchAuth         `is:"auth"`
	Headers   map[string]string `is:"headers"`
	Pace      FetchPace         `is:"pace"`
	Lists     []FetchList       `is:"lists"`
	// One is the path of a single user by {id}: for those that another list names and
	// the list of users did not hold.
	One FetchOne `is:"one"`
	// Params is where the parameters of hashes are read.
	Params FetchParams `is:"hash_params"`
	// Withheld says what the API gives to nobody.
	Withheld []string `is:"withheld"`
	// Tested is against what it was run: the vendor's service is not among it unless it says so.
	Tested string `is:"tested"`
}

// FetchVariable is what a person or the environment tells.
type FetchVariable struct {
	Name    string   `is:"@key"`
	Env     []string `is:"env"`
	File    []string `is:"file"` // environment variables that name a file which holds it
	Secret  bool     `is:"secret"`
	Default string   `is:"default"`
	Match   string   `is:"match"` // what a value must look like
	Says    string   `is:"says"`
	Flag    string   `is:"flag"` // tenant, base-url: the flag that sets it
	// Optional tells that nothing needs to be said: it is then "".
	Optional bool `is:"optional"`
}

// FetchAuth says how a request proves who asks.
type FetchAuth struct {
	// Kind is none, headers, basic, client_credentials, jwt_bearer or sigv4.
	Kind    string            `is:"kind"`
	Headers map[string]string `is:"headers"`
	// User and Password are of basic.
	User     string `is:"user"`
	Password string `is:"password"`
	// Token is where a token is asked for; In says how the client's secret goes there: body or header.
	Token  string              `is:"token_url"`
	ID     string              `is:"client_id"`
	Secret string              `is:"client_secret"`
	In     string              `is:"secret_in"`
	Params map[string][]string `is:"params"`
	Scopes []string            `is:"scopes"`
	// Key is the key file of jwt_bearer, Form whose: google or zitadel.
	Key      string `is:"key"`
	Form     string `is:"form"`
	Audience string `is:"audience"`
	// Denied recognises refusals besides 401 and 403.
	Denied []FetchAnswer `is:"denied"`
	// Region and Service are of sigv4.
	Region  string `is:"region"`
	Service string `is:"service"`
}

// FetchPace is where the pace begins and how the provider says "too many".
type FetchPace struct {
	Start     float64       `is:"start"` // requests a second
	InFlight  int           `is:"in_flight"`
	Limit     string        `is:"limit"` // names of headers, where they are not the usual ones
	Remaining string        `is:"remaining"`
	Reset     string        `is:"reset"`
	Throttled []FetchAnswer `is:"throttled"` // besides status 429
}

// FetchAnswer recognises an answer by its status and a pattern over its body.
type FetchAnswer struct {
	Status int    `is:"status"`
	Match  string `is:"match"`
}

// FetchList is one list of the API.
type FetchList struct {
	Name string `is:"@key"`
	// Writes is what its items are: users, identities, memberships or organizations; ""
	// for a list that only names what others are read for.
	Writes string `is:"writes"`
	// For is the list for whose items this one is read, each.
	For string `is:"for"`
	// PerUser tells that it takes a request for each user, and so is read on demand only.
	PerUser bool `is:"per_user"`
	// OnRequest tells that it is read only when it is asked for.
	OnRequest bool                `is:"on_request"`
	Get       string              `is:"get"`
	Post      string              `is:"post"`
	Query     map[string][]string `is:"query"`
	Body      string              `is:"body"`
	Headers   map[string]string   `is:"headers"`
	Items     string              `is:"items"` // path to the items in an answer; "$" is the answer
	// Sparse tells that an answer leaves an empty list out.
	Sparse bool   `is:"sparse"`
	Key    string `is:"key"` // path to an item's id
	// Created is where an item says when it was made: who joined while the list was read
	// is no sign that the reading missed somebody.
	Created string            `is:"created"`
	Page    FetchPage         `is:"page"`
	Count   FetchCount        `is:"count"`
	Job     FetchJob          `is:"job"`
	Columns map[string]string `is:"columns"` // of memberships and organizations: path in the item, or in parent
	Inject  map[string]string `is:"inject"`  // members that are added to an item
	Strip   []string          `is:"strip"`   // paths that are not written
	Where   map[string]string `is:"where"`   // paths and patterns: other items are passed over
	// Redacted are paths and the value that stands there when the reader lacks a permission.
	Redacted map[string]string   `is:"redacted"`
	Since    map[string][]string `is:"since"` // added to the query where only changes are asked for
	Needs    string              `is:"needs"` // the permission, for people
	// Unless passes over items that match.
	Unless map[string]string `is:"unless"`
	// Like names a list whose items these are too: what is read for those is read for these.
	Like string `is:"like"`
	// Sets is a variable to which the keys of the items are added, with commas.
	Sets string `is:"sets"`
	// Optional tells that an installation may lack it: that it is not there is no error then.
	Optional bool   `is:"optional"`
	Expects  string `is:"expects"` // a member that some item must have, else the server ignored what was asked
	Missing  string `is:"missing"` // what is said then
}

// FetchPage is how the next page is asked for.
type FetchPage struct {
	// Kind is none, number, offset, token, link, url or last.
	Kind string `is:"kind"`
	// Param is where number, offset and token go: a name in the query, or a path in the
	// body. Of a link or a URL it is all that is taken, when it is set.
	Param string `is:"param"`
	From  string `is:"from"`  // path to the token or URL in the answer; last: path in the item
	First int    `is:"first"` // number of the first page
	More  string `is:"more"`  // path to a flag that is false on the last page
	Size  string `is:"size"`  // where the size of a page goes
	Max   int    `is:"max"`   // the size
	// Twice tells that nothing else proves a list whole: it is read until a reading brings nobody new.
	Twice bool `is:"twice"`
	// Ends tells that an empty page is the end although it has a token.
	Ends bool `is:"empty_ends"`
}

// FetchCount is what the provider itself says of how many there are.
type FetchCount struct {
	Kind    string              `is:"kind"` // exact or estimate; "" is none
	Get     string              `is:"get"`
	Post    string              `is:"post"`
	Body    string              `is:"body"`
	Query   map[string][]string `is:"query"`
	Headers map[string]string   `is:"headers"`
	Path    string              `is:"path"`   // in the answer
	Header  string              `is:"header"` // or in its headers
}

// FetchJob is a list that the provider writes into a file when it is asked to.
type FetchJob struct {
	Create string `is:"create"`
	Body   string `is:"body"`
	Status string `is:"status"` // path with {job}
	ID     string `is:"id"`
	State  string `is:"state"`
	Done   string `is:"done"`
	Failed string `is:"failed"`
	Link   string `is:"link"`
}

// FetchOne reads a single user.
type FetchOne struct {
	Get     string              `is:"get"`
	Post    string              `is:"post"`
	Query   map[string][]string `is:"query"`
	Body    string              `is:"body"`
	Headers map[string]string   `is:"headers"`
	Items   string              `is:"items"`
}

// FetchParams reads the parameters of hashes.
type FetchParams struct {
	Get     string            `is:"get"`
	Base    string            `is:"base"`
	Columns map[string]string `is:"columns"`
	Needs   string            `is:"needs"`
}

// fetchSection decodes the section of a mapping, for one of its variants.
func fetchSection(n *node, variant string) (*Fetch, error) {
	if n == nil || n.kind == nodeNull {
		return nil, nil
	}
	f := &Fetch{}
	plain := &node{kind: nodeMap, tok: n.tok, file: n.file}
	for i, k := range n.keys {
		if k.text != "variants" {
			plain.keys, plain.vals = append(plain.keys, k), append(plain.vals, n.vals[i])
		}
	}
	if variant != "" {
		plain = layered(plain, n.get("variants").get(variant))
	}
	if err := plain.decode("fetch", f); err != nil {
		return nil, err
	}
	return f, f.check(n)
}

// Kinds of the parts of a fetch section.
var (
	fetchWrites = []string{"", "users", "identities", "memberships", "organizations"}
	fetchAuths  = []string{"", "none", "headers", "basic", "client_credentials", "jwt_bearer", "sigv4"}
	fetchPages  = []string{"", "none", "number", "offset", "token", "link", "url", "last"}
	fetchCounts = []string{"", "exact", "estimate"}
)

// check says what can't be run.
func (f *Fetch) check(n *node) error {
	if f.Base == "" || len(f.Lists) == 0 {
		return n.errorf("fetch needs a base and lists")
	}
	if !slices.Contains(fetchAuths, f.Auth.Kind) {
		return n.errorf("fetch: there is no auth kind %q", f.Auth.Kind)
	}
	for _, v := range f.Variables {
		if _, err := regexp.Compile(v.Match); err != nil {
			return n.errorf("fetch: variable %s: %v", v.Name, err)
		}
	}
	for _, answer := range slices.Concat(f.Pace.Throttled, f.Auth.Denied) {
		if _, err := regexp.Compile(answer.Match); err != nil {
			return n.errorf("fetch: the answer with status %d: %v", answer.Status, err)
		}
	}
	seen := map[string]bool{}
	for _, l := range f.Lists {
		if err := l.check(seen); err != nil {
			return n.errorf("fetch: list %s: %v", l.Name, err)
		}
		seen[l.Name] = true
	}
	return nil
}

func (l *FetchList) check(before map[string]bool) error {
	switch {
	case !slices.Contains(fetchWrites, l.Writes):
		return fmt.Errorf("it can't write %q", l.Writes)
	case !slices.Contains(fetchPages, l.Page.Kind):
		return fmt.Errorf("there is no kind of page %q", l.Page.Kind)
	case !slices.Contains(fetchCounts, l.Count.Kind):
		return fmt.Errorf("a count is exact or estimate, not %q", l.Count.Kind)
	case l.For != "" && !before[l.For]:
		return fmt.Errorf("no list before it is named %q", l.For)
	case l.PerUser && l.For != "users":
		return fmt.Errorf("per_user is only for lists that are read for each user")
	case l.Get == "" && l.Post == "" && l.Job.Create == "":
		return fmt.Errorf("it needs get, post or job")
	case l.Writes == "users" && l.Key == "":
		return fmt.Errorf("users need a key")
	}
	for _, patterns := range []map[string]string{l.Where, l.Unless} {
		for _, pattern := range patterns {
			if _, err := regexp.Compile(pattern); err != nil {
				return err
			}
		}
	}
	return nil
}

// Fetch returns how the provider's API is read under a name; nil when the mapping does not say.
func (m *Mapping) Fetch(source string) (*Fetch, error) {
	variant := ""
	if m.fetch.get("variants").get(source) != nil {
		variant = source
	}
	f, err := fetchSection(m.fetch, variant)
	if f != nil {
		f.Source = source
	}
	return f, err
}

// FetchSource returns how a preset, or a variant of one, reads its provider's API, and
// the name of the preset.
func FetchSource(source string) (f *Fetch, preset string, err error) {
	for _, name := range presetNames() {
		m, err := Preset(name)
		if err != nil {
			return nil, "", err
		}
		if m.fetch != nil && (name == source || m.fetch.get("variants").get(source) != nil) {
			f, err := m.Fetch(source)
			return f, name, err
		}
	}
	return nil, "", fmt.Errorf("no preset reads %q from its API", source)
}

// FetchSources lists the names that FetchSource knows.
func FetchSources() []string {
	var out []string
	for _, name := range presetNames() {
		m, err := Preset(name)
		if err != nil || m.fetch == nil {
			continue
		}
		out = append(out, name)
		if v := m.fetch.get("variants"); v != nil {
			for _, k := range v.keys {
				out = append(out, k.text)
			}
		}
	}
	sort.Strings(out)
	return out
}

func (c *compiler) fetchSection(s *sections) error {
	n := s.get("fetch")
	if n == nil || n.kind == nodeNull {
		return nil
	}
	if n.kind != nodeMap {
		return n.errorf("fetch takes a map, this is %s", n.kind)
	}
	c.m.fetch = n
	if variants := n.get("variants"); variants != nil {
		if variants.kind != nodeMap {
			return variants.errorf("variants takes a map, this is %s", variants.kind)
		}
		for _, k := range variants.keys {
			if _, err := fetchSection(n, k.text); err != nil {
				return err
			}
		}
	}
	_, err := fetchSection(n, "")
	return err
}
