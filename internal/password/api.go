package password

// Input is a password hash as one record of a source holds it. Only Hash is
// always there; the rest is what the source stores in columns of its own.
type Input struct {
	Hash         string
	Method       string // the source's name of the algorithm; it wins over detection
	Salt         string
	SaltEncoding string // text, hex, base64; "" when the method decides
	SaltPosition string // prefix, suffix; "" when the method decides
	Iterations   int
	// Params holds what only some sources have: factor, variant, signer_key,
	// secretData and credentialData (Keycloak), hashing_config (Kinde).
	Params map[string]string
}

// Options is what the operator says about all hashes of a source.
type Options struct {
	Assume   string // the method of hashes that can't be told apart, such as bare hex
	TryCrypt bool   // send crypt schemes whose support Kinde does not document
	// Project holds parameters that are the same for every hash: signer_key,
	// salt_separator, rounds, mem_cost (Firebase), pepper.
	Project map[string]string
}
