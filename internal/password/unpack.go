package password

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func looksLikeJSON(s string) bool {
	if len(s) < 2 {
		return false
	}
	switch s[0] {
	case '{':
		rest := strings.TrimLeft(s[1:], " \t\r\n")
		return rest != "" && rest[0] == '"'
	case '[':
		return s[len(s)-1] == ']'
	}
	return false
}

// unpack moves what stands in Params or in a JSON document into the fields of
// in. settled tells that p is the answer already.
func unpack(in *Input) (p *Password, settled bool) {
	params := in.Params
	own := make(map[string]string, len(params)+4)
	in.Params = own
	documents := [2]string{}
	for _, key := range slices.Sorted(maps.Keys(params)) { // of two names for one thing always the same wins
		value := params[key]
		switch fold(key) {
		case "secretdata":
			documents[0] = value
		case "credentialdata":
			documents[1] = value
		case "hashingconfig", "custompasswordhash", "hashconfig":
			if p := in.unpackJSON(value); p != nil {
				return p, true
			}
		default:
			in.absorb(key, value)
		}
	}
	if documents[0] != "" || documents[1] != "" {
		return nil, in.unpackKeycloak(documents[0], documents[1])
	}
	if looksLikeJSON(in.Hash) {
		text := in.Hash
		in.Hash = ""
		if p := in.unpackJSON(text); p != nil {
			return p, true
		}
	}
	return nil, false
}

// unpackKeycloak reads the two JSON strings of a Keycloak credential. It is
// true when they hold no password.
func (in *Input) unpackKeycloak(secret, credential string) bool {
	in.Params["source"] = "keycloak"
	for _, text := range []string{secret, credential} {
		var fields map[string]any
		if text != "" && json.Unmarshal([]byte(text), &fields) == nil {
			in.absorbAll(fields)
		}
	}
	if strings.EqualFold(in.Method, "pbkdf2") {
		in.Method = "pbkdf2_sha1"
	}
	return in.Hash == ""
}

// unpackJSON reads a JSON document that stands where a hash is expected. It
// returns an answer for documents that hold no convertible hash.
func (in *Input) unpackJSON(text string) *Password {
	if strings.HasPrefix(text, "[") {
		return in.unpackLogto(text)
	}
	var fields map[string]any
	if json.Unmarshal([]byte(text), &fields) != nil {
		return malformed("unknown", "it is a JSON document that can't be read")
	}
	if fields["nonce"] != nil && fields["data"] != nil {
		return refuse("supabase-encrypted")
	}
	secret, _ := fields["secretData"].(string)
	credential, _ := fields["credentialData"].(string)
	if secret != "" || credential != "" {
		in.unpackKeycloak(secret, credential)
		return nil
	}
	if fields["hashedSaltedValue"] != nil {
		in.Params["source"] = "keycloak"
		in.absorbAll(fields)
		if strings.EqualFold(in.Method, "pbkdf2") {
			in.Method = "pbkdf2_sha1"
		}
		return nil
	}
	in.absorbAll(fields)
	if in.Hash == "" && !slices.ContainsFunc(slices.Collect(maps.Keys(fields)), isHashKey) {
		return refuseFor("unknown", "it is a JSON document, and nothing in it is known to be the hash")
	}
	// Auth0 may say that the password was hashed in another character set.
	if enc := strings.ToLower(in.Params["passwordencoding"]); enc != "" && enc != "utf8" && enc != "utf-8" && enc != "ascii" {
		return refuseFor("unknown", "the password was not hashed as UTF-8")
	}
	return nil
}

// unpackLogto reads Logto's ["sha256", ["salt", "@"], "digest"], where "@"
// stands for the password.
func (in *Input) unpackLogto(text string) *Password {
	var parts []json.RawMessage
	var method, digest string
	var args []string
	if json.Unmarshal([]byte(text), &parts) != nil || len(parts) != 3 ||
		json.Unmarshal(parts[0], &method) != nil || json.Unmarshal(parts[1], &args) != nil || json.Unmarshal(parts[2], &digest) != nil {
		return malformed("logto-legacy", notParts)
	}
	method = strings.ToLower(method)
	if method != methodMD5 && method != methodSHA256 {
		return refuse("logto-legacy")
	}
	at := slices.Index(args, "@")
	if at < 0 || slices.Contains(args[at+1:], "@") {
		return refuse("logto-legacy")
	}
	before, after := strings.Join(args[:at], ""), strings.Join(args[at+1:], "")
	if before != "" && after != "" {
		return refuse("logto-legacy")
	}
	in.Hash, in.Method, in.Salt, in.SaltEncoding, in.SaltPosition = digest, method, before+after, "text", "prefix"
	if after != "" {
		in.SaltPosition = "suffix"
	}
	return nil
}

func (in *Input) absorbAll(fields map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		switch v := fields[key].(type) {
		case string:
			in.absorb(key, v)
		case float64:
			if v >= 0 && v < 1e10 && v == float64(int64(v)) {
				in.absorb(key, strconv.FormatInt(int64(v), 10))
			}
		case map[string]any:
			in.absorbObject(fold(key), v)
		}
	}
}

// absorbObject reads Auth0's nested hash, salt and password objects, and plain
// grouping objects of others.
func (in *Input) absorbObject(key string, fields map[string]any) {
	text := func(name string) string { s, _ := fields[name].(string); return s }
	switch key {
	case "salt":
		in.Salt, in.SaltEncoding, in.SaltPosition = text("value"), text("encoding"), text("position")
		if in.SaltEncoding == "" {
			in.SaltEncoding = "text"
		}
	case "hash":
		in.Hash = text("value")
		in.absorb("digest", text("digest"))
	case "password":
		if encoding := text("encoding"); encoding != "" {
			in.Params["passwordencoding"] = encoding
			return
		}
		in.absorbAll(fields)
	case "hashingconfig", "hashconfig", "config":
		in.absorbAll(fields)
	}
}

// absorb takes one named value into the field that it belongs to, unless the
// source has a column for it.
func (in *Input) absorb(key, value string) {
	if value == "" {
		return
	}
	set := func(field *string) {
		if *field == "" {
			*field = value
		}
	}
	switch key = fold(key); key {
	case "method", "algorithm", "hashingalgorithm", "hashingmethod", "encryptionscheme", "passwordhasher", "hasher", "scheme", "type":
		// Keycloak's type names the kind of credential.
		if !strings.EqualFold(value, "password") {
			set(&in.Method)
		}
	case "salt", "passwordsalt":
		set(&in.Salt)
	case "saltposition", "saltlocation", "position", "location":
		set(&in.SaltPosition)
	case "saltformat", "saltencoding":
		set(&in.SaltEncoding)
	case "iterations", "hashiterations", "factor", "cost":
		if in.Iterations == 0 {
			in.Iterations = number(value)
		}
	default:
		if isHashKey(key) {
			set(&in.Hash)
			return
		}
		in.Params[canonicalParam(key)] = value
	}
}

// hashKeys are the folded names that sources have for the hash itself.
var hashKeys = []string{
	"hash", "hashedpassword", "value", "passwordhash", "hashedsaltedvalue", "password", "encryptedpassword", "passworddigest",
}

func isHashKey(key string) bool { return slices.Contains(hashKeys, fold(key)) }

// fold brings the spellings of a key together: signer_key, signerKey, Signer-Key.
func fold(key string) string {
	for i := 0; i < len(key); i++ {
		if c := key[i]; c == '_' || c == '-' || c == ' ' || c >= 'A' && c <= 'Z' {
			return foldSlowly(key)
		}
	}
	return key
}

func foldSlowly(key string) string {
	out := make([]byte, 0, len(key))
	for i := 0; i < len(key); i++ {
		switch c := key[i]; {
		case c == '_' || c == '-' || c == ' ':
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// canonicalParam names a folded key as Kinde does.
func canonicalParam(folded string) string {
	switch folded {
	case "signerkey", "base64signerkey":
		return "signer_key"
	case "saltseparator", "base64saltseparator":
		return "salt_separator"
	case "memcost", "memorycost":
		return "mem_cost"
	case "saltposition", "saltlocation":
		return "salt_position"
	case "saltformat", "saltencoding":
		return "salt_encoding"
	}
	return folded
}

// fillFrom takes from the project's parameters what the record does not say itself.
func (in *Input) fillFrom(project map[string]string) {
	if n := number(project["iterations"]); in.Iterations == 0 && n > 0 {
		in.Iterations = n
	}
	if in.Method == "" {
		in.Method = project["method"]
	}
	if in.SaltPosition == "" {
		in.SaltPosition = project["salt_position"]
	}
	if in.SaltEncoding == "" {
		in.SaltEncoding = project["salt_encoding"]
	}
}

// param looks a parameter up: the record's own before the project's.
func param(in *Input, opt *Options, name string) string {
	if v := in.Params[name]; v != "" {
		return v
	}
	if v := opt.Project[name]; v != "" {
		return v
	}
	switch name {
	case "signer_key":
		return opt.Project["base64_signer_key"]
	case "salt_separator":
		return opt.Project["base64_salt_separator"]
	}
	return ""
}
