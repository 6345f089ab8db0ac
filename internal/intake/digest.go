package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"strconv"

	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// keysOf returns the key of a record across runs and all keys that must be unique.
func keysOf(u *mapping.User, raw []byte) (Key, []Key) {
	var all []Key
	if u != nil {
		if u.SourceID != "" {
			all = append(all, Key{KeyID, u.SourceID})
		}
		for _, want := range []mapping.IdentityType{mapping.Email, mapping.Phone, mapping.Username} {
			for _, id := range u.Identities {
				if id.Type != want {
					continue
				}
				k := Key{KeyEmail, ""}
				switch want {
				case mapping.Email:
					k.Value = mapping.FoldEmail(id.Value)
				case mapping.Phone:
					k = Key{KeyPhone, id.Value}
				default:
					k = Key{KeyUsername, mapping.FoldUsername(id.Value)}
				}
				if !containsKey(all, k) {
					all = append(all, k)
				}
			}
		}
	}
	if len(all) > 0 {
		return all[0], all
	}
	sum := sha256.Sum256(raw)
	return Key{KeyContent, hex.EncodeToString(sum[:16])}, nil
}

func containsKey(keys []Key, k Key) bool {
	for _, o := range keys {
		if o == k {
			return true
		}
	}
	return false
}

func verified(u *mapping.User, email string) bool {
	for _, id := range u.Identities {
		if id.Type == mapping.Email && id.Verified && mapping.FoldEmail(id.Value) == email {
			return true
		}
	}
	return false
}

// digester makes the hashes that are compared within one process.
type digester struct{ seed maphash.Seed }

func (d digester) key(k Key) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	h.WriteByte(byte(k.Kind))
	h.WriteString(k.Value)
	return h.Sum64()
}

// columns is equal for users whom mapping.SameColumns calls the same.
func (d digester) columns(u *mapping.User) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	text := func(list ...string) {
		for _, s := range list {
			h.WriteString(s)
			h.WriteByte(0)
		}
		h.WriteByte(1)
	}
	bits := byte(0)
	for i, b := range []bool{u.Suspended, u.PasswordReset, u.PasswordStale, u.MFA} {
		if b {
			bits |= 1 << i
		}
	}
	h.WriteByte(bits)
	text(u.SourceID, u.GivenName, u.FamilyName, u.Picture)
	for _, i := range u.Identities {
		text("i", string(i.Type), i.Value, i.CountryID, strconv.FormatBool(i.Verified))
	}
	for _, l := range u.Links {
		text("l", l.Strategy, l.Connection, l.Provider, l.Subject, l.Email, strconv.FormatBool(l.Enterprise))
	}
	for _, p := range u.Properties {
		text("p", p.Key, p.Value)
	}
	for _, f := range u.Flags {
		text("f", f.Key, f.Value)
	}
	if p := u.Password; p != nil {
		text("w", p.Encoding, p.Reason, strconv.FormatBool(p.Malformed))
		if b := p.Body; b != nil {
			text(b.HashedPassword, b.HashingMethod, b.Salt, b.SaltPosition, strconv.Itoa(b.Iterations), b.Variant, b.SignerKey, b.SaltSeparator,
				strconv.Itoa(b.Rounds), strconv.Itoa(b.MemCost), strconv.FormatBool(b.Temporary))
		}
	}
	return h.Sum64()
}
