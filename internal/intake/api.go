package intake

import (
	"io"

	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// Options says what to read and how. The zero value of every field but Files is fine.
type Options struct {
	Files []string  // paths; "-" is Stdin
	Stdin io.Reader // read to its end once, then spooled to an encrypted temporary file

	Format      source.Format // "" is sniffed from the content
	Preset      string        // "" or "auto" is detected from the content
	MappingFile string        // YAML; extends or replaces the preset

	Passwords     []string // companion files with hashes, joined by user
	Identities    []string // companion files with social identities
	Memberships   []string // companion files: user, organization, roles, permissions
	Organizations []string // companion files: external id, name

	IDPrefix string // stands before the ids, "NAME|id"; "" leaves it to the mapping

	RoleScope  string // "app" or "none": of roles of one name in several applications; "" leaves it to the mapping
	Incomplete bool   // one page of several, and the like, is what is meant
	Looking    bool   // nothing is to be done with the source: what only the operator can answer is no error

	Told []mapping.Notice // what is known of the source before it is read

	HashParams map[string]string // project-wide hash parameters
	Assume     string            // hash method for hashes that can't be told apart
	TryCrypt   bool              // offer hashes whose support is undocumented

	Duplicates Duplicates // "" is RejectDuplicates

	Limit  int64  // the first N records; 0 is all
	Sample int64  // N records, spread over providers and kinds of hash; 0 is all
	Seed   uint64 // of Sample; the same seed over the same files takes the same records
	Only   string // a file of ids or e-mail addresses; "" is all
	Filter string // an expr-lang expression that must be true; "" is all

	Erased *erasure.List // who is left out because they were erased; nil: nobody

	MayBeEmpty bool // a source without a record is one of nobody, as that of an empty backup

	Workers int    // goroutines that parse and map; 0 is GOMAXPROCS
	TempDir string // for spools and indexes; "" is the system's
}

// OfBackup are the options that read the users of a backup as a restoration
// streams them. A backup of nobody is one, too.
func OfBackup(stream io.Reader) Options {
	return Options{Files: []string{"-"}, Stdin: stream, Format: source.NDJSON, Preset: "kinde-migrate", MayBeEmpty: true}
}

// Duplicates says what becomes of two records of one person.
type Duplicates string

// The policies for duplicates.
const (
	RejectDuplicates Duplicates = "reject" // the first usable record wins, later ones are rejected
	MergeDuplicates  Duplicates = "merge"  // unite records that share an e-mail verified on both sides
)

// Disposition says what becomes of a row.
type Disposition uint8

// The dispositions of a row.
const (
	Use      Disposition = iota // a record to import; its problems are warnings
	Reject                      // a record with an error: malformed, no identity, duplicate
	Skip                        // a record that the source or the mapping says to leave out (deleted there)
	Filtered                    // cut by Limit, Sample, Only or Filter: no record at all
	PartOf                      // a further row of the record Item.Head
)

// String returns the disposition in lower case.
func (d Disposition) String() string {
	return [...]string{"use", "reject", "skip", "filtered", "part"}[d]
}

// Position finds a row again. It holds no personal data, so that a checkpoint may keep it.
type Position struct {
	File   int   // index into Source().Files
	Number int64 // of the row, 1-based, running on over all files
	Line   int64 // 1-based, of its first byte in its file
	Offset int64 // of its first byte in the decoded file
	Length int64 // in bytes of the decoded file

	Rows []Position // the further rows united into this record, in file order
}

// Key is one identity of a record, in the form in which it must be unique.
type Key struct {
	Kind  KeyKind
	Value string // folded: lower-case e-mail and username, E.164 phone, id verbatim
}

// KeyKind is the kind of an identity that must be unique in a source.
type KeyKind uint8

// The kinds of keys, in the order in which a collision is reported.
const (
	KeyID KeyKind = iota
	KeyEmail
	KeyPhone
	KeyUsername
	KeyContent // digest of the record, when it has no other key
)

// String returns the name of the field that collides.
func (k KeyKind) String() string {
	return [...]string{"id", "email", "phone", "username", "content"}[k]
}

// Item is one row of the source, mapped.
//
// Its strings share memory with the batch that they were read in: whoever keeps
// more than a few of them clones them. In Scan everything else that Add receives
// (the User with its lists, Keys, Problems; not the Password) is used again for
// later rows: it is valid until Add returns. Items of Replace and Read are the receiver's.
type Item struct {
	Position
	Record mapping.Record // Raw and Fields are valid until the visitor (or the loop body) returns

	Key  Key   // across runs: source id, else folded e-mail, phone, username, else a digest of the content
	Keys []Key // every id, e-mail, phone and username of the user

	User     *mapping.User // nil when the row does not parse
	Problems []mapping.Problem

	Marks mapping.Marks        // which of the mapping's notices concern the record
	Roles []mapping.ScopedRole // where its roles are held, in a mapping that tells places apart

	Disposition Disposition
	Merged      bool   // PartOf: another record of the same person, by MergeDuplicates
	Reason      string // of Skip: why it is left out
	Head        int64  // PartOf: number of the record that it belongs to. Duplicate: of the record that it collides with
}

// Visitor receives the rows of the first pass, from one goroutine. Its errors end the pass.
type Visitor interface {
	// Add receives every row in file order.
	Add(Item) error
	// Replace corrects an earlier row: a duplicate (Use becomes Reject), a
	// further row (becomes PartOf), or the record that took in further rows
	// (User and Position.Rows grow). It is called after the last Add, and at
	// most once for each row. old equals what Add received.
	Replace(old, new Item) error
}

// Source describes the files and how they were understood.
type Source struct {
	Files         []SourceFile
	Companions    []SourceFile
	Format        source.Format
	Preset        string   // name of the preset or of the mapping
	Evidence      []string // why this preset was chosen, for people
	MappingSHA256 string   // of the mapping as it was applied, hexadecimal
}

// SourceFile is one input file.
type SourceFile struct {
	Path   string
	Role   string // "users", "passwords", "identities", "memberships", "organizations"
	Bytes  int64  // as stored; 0 for stdin until it was read
	SHA256 string // of the bytes as stored, hexadecimal; "" until the first pass has read all of it
}

// Summary counts what the first pass saw.
type Summary struct {
	Rows       int64 // everything but filtered
	Records    int64 // rows that are not part of another record
	Filtered   int64
	Rejected   int64
	Skipped    int64
	Merged     int64 // records that became part of another one by MergeDuplicates
	Passwords  JoinCounts
	Joins      map[string]JoinCounts // by role
	Companions []CompanionCount      // the same for each file
	Ended      bool                  // each file of lines, companions included, ends with the end of a line
	Notices    []mapping.Notice      // what is to be said of the source as a whole
	Fields     []FieldCount          // every place that holds something, sorted by path
}

// JoinCounts tells how a companion file met the users.
type JoinCounts struct {
	Rows         int64 `json:"rows"`          // usable rows in the companion: hashes
	Joined       int64 `json:"joined"`        // rows that joined a user
	JoinedNobody int64 `json:"joined_nobody"` // rows that did not
	UsersWithout int64 `json:"users_without"` // users without a row
	Malformed    int64 `json:"malformed"`     // rows that could not be read or have no key
}
