package password

// Bounds on what one sign-in may cost the server. A hash above them is more
// likely an attack, or a mistake in the file, than a password.
const (
	maxBcryptCost = 16
	maxIterations = 10_000_000

	minBcryptCost = 4
	topBcryptCost = 31

	// Kinde's ranges for firebase-scrypt.
	maxFirebaseRounds  = 16
	maxFirebaseMemCost = 20

	// defaultIterations is what Kinde computes when a pbkdf2 body names none.
	defaultIterations = 24000
)

// Kinde's pbkdf2 variants. The number at the end is the key's length in bits.
const (
	variantSHA256     = "salted-pbkdf2-hmac-sha256"
	variantSHA256Long = "salted-pbkdf2-hmac-sha256-512"
	variantSHA512     = "salted-pbkdf2-hmac-sha512-512"
)

// Kinde's hashing methods.
const (
	methodBcrypt    = "bcrypt"
	methodCrypt     = "crypt"
	methodMD5       = "md5"
	methodSHA256    = "sha256"
	methodWordPress = "wordpress"
	methodPBKDF2    = "pbkdf2"
	methodFirebase  = "firebase-scrypt"
	methodASPNet    = "aspnet-identity-v2"
)
