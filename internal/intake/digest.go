package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// keysOf appends to all the keys of a user that must be unique, his id first,
// and what is to be known of each to claims, without their hashes.
func keysOf(u *mapping.User, all []Key, claims []claim) ([]Key, []claim) {
	if u == nil {
		return all, claims
	}
	start, first := len(all), len(claims)
	if u.SourceID != "" {
		all, claims = append(all, Key{KeyID, u.SourceID}), append(claims, claim{kind: KeyID})
	}
	for _, want := range [...]mapping.IdentityType{mapping.Email, mapping.Phone, mapping.Username} {
		for i := range u.Identities {
			id := &u.Identities[i]
			if id.Type != want {
				continue
			}
			var k Key
			switch want {
			case mapping.Email:
				k = Key{KeyEmail, compare.Fold("email", id.Value)}
			case mapping.Phone:
				k = Key{KeyPhone, id.Value}
			default:
				k = Key{KeyUsername, compare.Fold("username", id.Value)}
			}
			verified := want == mapping.Email && id.Verified
			if at := indexKey(all[start:], k); at >= 0 {
				claims[first+at].verified = claims[first+at].verified || verified
				continue
			}
			all, claims = append(all, k), append(claims, claim{kind: k.Kind, verified: verified})
		}
	}
	return all, claims
}

// contentKey is the key of a record that has no other.
func contentKey(raw []byte) Key {
	sum := sha256.Sum256(raw)
	return Key{KeyContent, hex.EncodeToString(sum[:16])}
}

func indexKey(keys []Key, k Key) int {
	for i := range keys {
		if keys[i] == k {
			return i
		}
	}
	return -1
}

// digester makes the hashes that are compared within one process.
type digester struct {
	seed   maphash.Seed
	joined bool // links and passwords stand in rows of their own
}

func (d digester) key(k Key) uint64 {
	// The kind is mixed in so that an id never meets an equal username.
	return maphash.String(d.seed, k.Value) ^ (uint64(k.Kind)+1)*0x9e3779b97f4a7c15
}

// columns is equal for users whom mapping.SameColumns calls the same, but for
// links and passwords when rows are joined. buf is memory to work in; it is
// returned for the next user.
func (d digester) columns(u *mapping.User, buf []byte) (uint64, []byte) {
	b := columnBytes(buf)
	b.flags(u.Suspended, u.PasswordReset, u.PasswordStale, u.MFA)
	b.texts(u.SourceID, u.GivenName, u.FamilyName, u.Picture)
	b.number(len(u.Identities))
	for i := range u.Identities {
		id := &u.Identities[i]
		b.texts(string(id.Type), id.Value, id.CountryID)
		b.flags(id.Verified)
	}
	for _, list := range [...][]mapping.KeyValue{u.Properties, u.Flags} {
		b.number(len(list))
		for i := range list {
			b.texts(list[i].Key, list[i].Value)
		}
	}
	if d.joined {
		return maphash.Bytes(d.seed, b), b
	}
	b.number(len(u.Links))
	for i := range u.Links {
		l := &u.Links[i]
		b.texts(l.Strategy, l.Connection, l.Provider, l.Subject, l.Email)
		b.flags(l.Enterprise)
	}
	if p := u.Password; p != nil {
		b.texts(p.Encoding, p.Reason)
		b.flags(p.Malformed, p.Body != nil)
		if h := p.Body; h != nil {
			b.texts(h.HashedPassword, h.HashingMethod, h.Salt, h.SaltPosition, h.Variant, h.SignerKey, h.SaltSeparator)
			b.number(h.Iterations)
			b.number(h.Rounds)
			b.number(h.MemCost)
			b.flags(h.Temporary)
		}
	}
	return maphash.Bytes(d.seed, b), b
}

// columnBytes is an unambiguous writing of columns: lengths stand before texts.
type columnBytes []byte

func (b *columnBytes) number(n int) { *b = binary.AppendUvarint(*b, uint64(n)) }

func (b *columnBytes) texts(list ...string) {
	for _, s := range list {
		if len(s) < 0x80 { // AppendUvarint writes one byte
			*b = append(*b, byte(len(s)))
		} else {
			b.number(len(s))
		}
		*b = append(*b, s...)
	}
}

func (b *columnBytes) flags(list ...bool) {
	bits := byte(0)
	for i, f := range list {
		if f {
			bits |= 1 << i
		}
	}
	*b = append(*b, bits)
}
