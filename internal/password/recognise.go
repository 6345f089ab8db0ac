package password

import "strings"

// maxHash bounds what is looked at. The longest real ones, Mongo's with keys of
// 512 bytes in hex, have about a thousand characters.
const maxHash = 16 << 10

// Recognise says what a hash is and what Kinde can take of it. It returns nil
// when the source holds no password at all.
//
// A method that the source names wins over what the hash looks like. A hash
// that can't be told apart is refused with the encodings it may have, unless
// opt.Assume settles it.
func Recognise(in Input, opt Options) *Password {
	in.Hash = strings.TrimSpace(in.Hash)
	if len(in.Hash) <= maxHash {
		in.Hash = unwrap(in.Hash)
	}
	if len(in.Hash) > maxHash {
		return malformed("unknown", "it is too long for a hash")
	}
	if len(in.Params) > 0 || looksLikeJSON(in.Hash) {
		p, settled := unpack(&in)
		if settled {
			return p
		}
	}
	if isNoPassword(in.Hash) {
		return nil
	}
	if isRedacted(in.Hash) {
		return refuseFor("firebase-scrypt", withheld)
	}
	if in.Iterations < 0 {
		return malformed("unknown", "its number of iterations is negative or not a number")
	}
	if len(opt.Project) > 0 {
		in.fillFrom(opt.Project)
	}
	p := recognise(in, opt)
	if p.Body != nil && (opt.Project["pepper"] != "" || in.Params["pepper"] != "") {
		if p.Body.HashingMethod == methodBcrypt {
			return refuse("bcrypt-peppered")
		}
		return refuseFor(p.Encoding, reasonOf["bcrypt-peppered"])
	}
	if p.Body != nil {
		if err := p.Body.Validate(); err != nil {
			return malformed(p.Encoding, err.Error())
		}
	}
	return p
}

// unwrap takes off what programs put around a hash that they print: Python's b'…',
// quotes, and the hex digits of a binary column as PostgreSQL (\x…) and MySQL (0x…)
// write them.
func unwrap(s string) string {
	if strings.HasPrefix(s, `\x`) || strings.HasPrefix(s, "0x") {
		if raw, ok := decodeHex(s[2:]); ok && len(raw) > 0 && isText(string(raw)) {
			return string(raw)
		}
		return s
	}
	inner := strings.TrimPrefix(s, "b")
	if n := len(inner); n > 2 && (inner[0] == '\'' || inner[0] == '"') && inner[n-1] == inner[0] && strings.IndexByte(inner, '\\') < 0 {
		return inner[1 : n-1]
	}
	return s
}

func recognise(in Input, opt Options) *Password {
	if strings.IndexByte(in.Hash, 0) >= 0 {
		return malformed("unknown", "it holds a NUL")
	}
	if convert, named := converterOf(in.Method); named {
		if convert == nil {
			return refuse("unknown-method")
		}
		return convert(in, opt)
	}
	p := detect(in, opt)
	if p.Body == nil && opt.Assume != "" && isAmbiguous(p.Encoding) {
		if convert, named := converterOf(opt.Assume); named && convert != nil {
			if assumed := convert(in, opt); !assumed.Malformed {
				return assumed
			}
		}
	}
	return p
}

func isAmbiguous(encoding string) bool {
	switch encoding {
	case "hex-32", "hex-64", "salted-hex", "pbkdf2-sha256-ambiguous", "crypt-des", "unknown", "sha1", "sha512":
		return true
	}
	return false
}

// isNoPassword tells the marks that sources leave where nobody can sign in by password.
func isNoPassword(s string) bool {
	if s == "" || s[0] == '!' {
		return true
	}
	switch len(s) {
	case 1:
		return s == "*" || s == "x" || s == "-"
	case 2:
		return s == "*0" || s == "*1" || s == "{}" || s == "**" || s == "!!" || s == `\N` || s == "NP"
	case 4:
		return strings.EqualFold(s, "null") || strings.EqualFold(s, "lock") || strings.EqualFold(s, "none") || s == "*LK*"
	case 6:
		return s == "LOCKED" || strings.EqualFold(s, "<null>")
	case 5:
		return s == "(nil)"
	}
	return false
}
