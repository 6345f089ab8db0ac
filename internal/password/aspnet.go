package password

import (
	"encoding/base64"
	"encoding/binary"
)

// The layouts of ASP.NET Identity's PasswordHasher.
const (
	aspnetV2Length   = 1 + 16 + 32          // marker 0, salt, subkey
	aspnetV3Header   = 1 + 4 + 4 + 4        // marker 1, digest, iterations, length of the salt
	aspnetMinimum    = 16                   // of a v3 salt and subkey
	aspnetMaxDecoded = aspnetV3Header + 512 // real ones have 61 bytes
)

// fromASPNet converts a PasswordHash of ASP.NET Identity; nil when it is none.
func fromASPNet(s string) *Password {
	if len(s) > base64.StdEncoding.EncodedLen(aspnetMaxDecoded) {
		return nil
	}
	raw, ok := decode64(s)
	if !ok {
		return nil
	}
	switch {
	case len(raw) == aspnetV2Length && raw[0] == 0:
		return keep("aspnet-identity-v2", Body{HashedPassword: encode64(raw), HashingMethod: methodASPNet})
	case len(raw) > aspnetV3Header && raw[0] == 1:
		return fromASPNetV3(raw)
	}
	return nil
}

func fromASPNetV3(raw []byte) *Password {
	digest := binary.BigEndian.Uint32(raw[1:])
	iterations := int(min(binary.BigEndian.Uint32(raw[5:]), maxIterations+1)) // an int may have 32 bits
	saltLength := binary.BigEndian.Uint32(raw[9:])
	rest := raw[aspnetV3Header:]
	if digest > 2 || saltLength < aspnetMinimum || int64(saltLength) > int64(len(rest))-aspnetMinimum {
		return nil
	}
	salt, key := rest[:saltLength], rest[saltLength:]
	switch digest {
	case 0:
		return refuse("aspnet-identity-v3-sha1")
	case 1:
		return fromPBKDF2("aspnet-identity-v3-sha256", false, key, salt, iterations)
	}
	if len(key) < 64 {
		return refuse("aspnet-identity-v3-sha512-short")
	}
	return fromPBKDF2("aspnet-identity-v3-sha512", true, key, salt, iterations)
}

func aspnetMethod(in Input, opt Options) *Password {
	if p := fromASPNet(in.Hash); p != nil {
		return p
	}
	if in.Salt != "" {
		return refuse("aspnet-membership")
	}
	// Applications that replaced the hasher store bcrypt and the like.
	if in.Hash[0] == '$' || in.Hash[0] == '{' {
		return detect(in, opt)
	}
	return malformed("aspnet-identity-v2", "it has the layout of neither version")
}
