package source

import (
	"bytes"
	"regexp"
	"strings"
)

// ForeignError is a file of a kind that is not read, and what to do with it.
type ForeignError struct{ What, Try string }

func (f *ForeignError) Error() string { return f.What }

// kind makes an error of "what it is; what to do".
func kind(says string) *ForeignError {
	what, try, _ := strings.Cut(says, "; ")
	return &ForeignError{what, try}
}

// packed names a packed or binary kind of file by its first bytes, and says what
// to do with it; "" when it is none.
func packed(head []byte) string {
	for _, k := range []struct{ magic, says string }{
		{"BZh", "this is a bzip2 file; unpack it with bunzip2 and use the file inside"},
		{"\xfd7zXZ", "this is an xz file; unpack it with unxz and use the file inside"},
		{"7z\xbc\xaf", "this is a 7z archive; unpack it and use the file inside"},
		{"Rar!", "this is a rar archive; unpack it and use the file inside"},
		{"SQLite format 3\x00", "this is a SQLite database; write its table of users to a file first: sqlite3 -csv -header FILE 'select * from users' > users.csv"},
		{"\xd0\xcf\x11\xe0", "this is an old spreadsheet; save it as CSV UTF-8 in the spreadsheet program"},
		{"-----BEGIN PGP", "this is a PGP encrypted file; decrypt it first"},
		{"age-encryption.org/", "this is an age encrypted file; decrypt it first"},
		{"-----BEGIN AGE", "this is an age encrypted file; decrypt it first"},
		{"%PDF-", "this is a PDF document; export the users as CSV or JSON instead"},
		{"{\\rtf", "this is a rich text document; export the users as CSV or JSON instead"},
		{"PGDMP", "this is a dump of pg_dump; restore it, then write the table of users to a file with psql: \\copy (select * from users) to 'users.csv' csv header"},
		{"PAR1", "this is a Parquet file; write it as CSV or JSON first"},
		{"Obj\x01", "this is an Avro file; write it as JSON first"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.says
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		for _, part := range []string{"[Content_Types].xml", "_rels/", "xl/", "docProps/", "opendocument.spreadsheet"} {
			if bytes.Contains(head, []byte(part)) {
				return "this is a spreadsheet; save it as CSV UTF-8 in the spreadsheet program, with ids and phone numbers as text"
			}
		}
		return "this is a zip archive; unpack it and use the file inside"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "this is a tar archive; unpack it with tar -xf and use the file inside"
	case len(head) > 9 && head[3] == 0 && (head[4] == 2 || head[4] == 7) && string(head[5:9]) == "_id\x00":
		return "this is a BSON dump of mongodump; export the collection with mongoexport instead"
	}
	return ""
}

var (
	sqlLine = regexp.MustCompile(
		`(?i)^(insert\s+(ignore\s+)?into\s|replace\s+into\s|create\s+(table|database|schema|type|extension)\s|drop\s+(table|database)\s|alter\s+table\s|lock\s+tables\s|pragma\s+\w|begin(\s+transaction)?;|start\s+transaction;|set\s+[@\w]+\s*=|use\s+\S+;|select\s+pg_catalog|copy\s+\S+\s*\(.*\)\s+from\s+stdin|/\*!\d|delimiter\s)`,
	)
	yamlLine = regexp.MustCompile(`^(- +)?[A-Za-z_][\w .-]*:(\s|$)`)
	drawn    = regexp.MustCompile(
		`^[ |+]*[-─━═]{2,}([-─━═ |+┼╪┿╋┬┴├┤╞╡]*)$|^-\[ RECORD \d+ \]|^\*{10,} \d+\. row \*{10,}|^[┌╔╭╒].*[┐╗╮╕]$|^\\begin\{|^\.TS$`,
	)
	named    = regexp.MustCompile(`^\s*[A-Za-z_][\w ]* = `)
	single   = regexp.MustCompile(`^'[^']*'([,;\t|]'[^']*')+$`)
	oneQuote = regexp.MustCompile(`(^|[,;\t|])'[^',;\t|]+@[^',;\t|]+'([,;\t|]|$)`)
	words    = regexp.MustCompile(`^"[^"]*"( "[^"]*")+$`)
)

// foreign says why a text is none of the formats that are read, and what to do.
func foreign(text []byte) error {
	var first []string
	for line := range bytes.Lines(text) {
		t := strings.TrimRight(string(line), " \t\r\n")
		if t == "" || strings.HasPrefix(t, "--") && (len(t) == 2 || t[2] == ' ' && strings.Trim(t, "- ") != "") {
			continue // a comment of SQL
		}
		if first = append(first, t); len(first) == 8 {
			break
		}
	}
	if len(first) == 0 {
		return nil
	}
	switch {
	case strings.HasPrefix(first[0], "HTTP/"):
		return kind("these are the headers of an answer of HTTP, not only the answer; leave them out (curl without -i), " +
			"and if there is a Link header with a next page, fetch that page too")
	case sqlLine.MatchString(first[0]):
		return kind("this is SQL, a dump of a database; load it into a database, then write the table of users to a file: " +
			"psql -c \"\\copy (select * from users) to 'users.csv' csv header\", or mysql --batch -e 'select * from users' DB > users.tsv")
	case isYAML(first):
		return kind("this is YAML, which is not read; convert it to JSON, for example with yq -o json FILE > users.json")
	}
	for _, t := range first {
		if strings.HasPrefix(t, "ATTRIBUTES\t") {
			return kind("this is the AWS CLI's text output, which splits the records; export it with --output json")
		}
	}
	if why := quotedOtherwise(first); why != nil {
		return why
	}
	for _, t := range first[:min(len(first), 4)] {
		if drawn.MatchString(t) {
			return kind("this is a table drawn for people, with lines and borders; " +
				"export it with psql --csv, mysql --batch, or sqlite3 -csv -header")
		}
	}
	return nil
}

var errASCIIMode = kind(
	"the cells are separated by control characters (sqlite3's mode ascii), which is not read; export it with sqlite3 -csv -header",
)

// quotedOtherwise names the ways of clients that keep cells apart as no CSV does.
func quotedOtherwise(lines []string) error {
	one := single.MatchString(lines[0])
	for _, t := range lines[1:] {
		one = one || oneQuote.MatchString(t)
	}
	switch {
	case strings.ContainsAny(lines[0], "\x1e\x1f"):
		return errASCIIMode
	case one:
		return kind("the cells are enclosed in single quotes (sqlite3's mode quote, MySQL's ENCLOSED BY '\\''), which is not read; " +
			"export it with double quotes: sqlite3 -csv -header, or ENCLOSED BY '\"'")
	case words.MatchString(lines[0]):
		return kind("the cells are separated by spaces (sqlite3's mode tcl), which is not read; export it with sqlite3 -csv -header")
	case len(lines) > 1 && named.MatchString(lines[0]) && named.MatchString(lines[1]), isAligned(lines):
		return kind("this is written for people, aligned with spaces; export it with psql --csv, mysql --batch, or sqlite3 -csv -header")
	}
	return nil
}

// isAligned tells the rows that psql writes with -t and without its heading. The
// blanks before the first are gone.
func isAligned(lines []string) bool {
	return len(lines) > 1 && lines[1][0] == ' ' && strings.Contains(lines[0], " | ") && strings.Contains(lines[1], " | ")
}

// isYAML tells a YAML document from a CSV file of one column.
func isYAML(lines []string) bool {
	if strings.HasPrefix(lines[0], "%YAML") || lines[0] == "---" {
		return true
	}
	if !yamlLine.MatchString(lines[0]) || strings.HasPrefix(strings.ToLower(lines[0]), "dn:") ||
		strings.HasPrefix(strings.ToLower(lines[0]), "version:") {
		return false
	}
	for _, t := range lines[1:] {
		if inner := strings.TrimLeft(t, " "); inner == t && !strings.HasPrefix(t, "- ") ||
			!yamlLine.MatchString(inner) && !strings.HasPrefix(inner, "- ") {
			return false
		}
	}
	return len(lines) > 1
}

// escapedTwice is said of lines of JSON in which a database client put a backslash
// before every backslash.
const escapedTwice = "a database client put a backslash before every backslash of this JSON. " +
	"Export it again with psql -At -c 'select row_to_json(u) from users u' instead of \\copy, or with mysql -BN --raw"

// isEscapedTwice tells whether a line that is no JSON is some once the backslashes
// that a client added are taken away.
func isEscapedTwice(line string) bool {
	if !strings.Contains(line, `\\"`) {
		return false
	}
	_, err := NewParser().json(strings.TrimSpace(strings.ReplaceAll(line, `\\`, `\`)))
	return err == nil
}
