package source

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func tarball(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "users.csv", Size: 3, Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("id\n"))
	w.Close()
	return b.String()
}

// TestForeign: what is no export of users is told in words, and what to do.
func TestForeign(t *testing.T) {
	ball := tarball(t)
	table := []struct{ name, text, says string }{
		{"insert", "INSERT INTO `users` (`id`,`email`) VALUES (1,'a@example.com'),\n(2,'b@example.com');\n", "this is SQL"},
		{
			"mysqldump",
			"-- MySQL dump 10.19  Distrib 10.3\n--\n-- Host: localhost\n\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `users`;\n",
			"this is SQL",
		},
		{"pg_dump", "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n", "this is SQL"},
		{"copy", "COPY public.users (id, email) FROM stdin;\n1\ta@example.com\n\\.\n", "this is SQL"},
		{"sqlite .dump", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", "this is SQL"},
		{"yaml list", "- email: a@example.com\n  name: Al\n- email: b@example.com\n", "this is YAML"},
		{"yaml document", "---\nusers:\n  - email: a@example.com\n", "this is YAML"},
		{"yaml map", "users:\n  - email: a@example.com\n    name: Al\n", "this is YAML"},
		{"pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"},
		{"spreadsheet", "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00aaaa[Content_Types].xml", "this is a spreadsheet"},
		{
			"open document",
			"PK\x03\x04\x14\x00\x00\x08\x00\x00aaaamimetypeapplication/vnd.oasis.opendocument.spreadsheet",
			"this is a spreadsheet",
		},
		{"zip", "PK\x03\x04\x14\x00\x00\x00\x08\x00aaaausers.csv", "a zip archive"},
		{"old spreadsheet", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old spreadsheet"},
		{"tar", ball, "a tar archive"},
		{"tar.gz", gz(ball), "a tar archive"},
		{"rtf", `{\rtf1\ansi`, "a rich text document"},
		{"bson", "\x16\x00\x00\x00\x07_id\x00aaaaaaaaaaaa\x00", "a BSON dump"},
		{"psql aligned", " id |     email     \n----+---------------\n  1 | a@example.com\n(1 row)\n", "a table drawn for people"},
		{
			"psql border 2",
			"+----+---------------+\n| id |     email     |\n+----+---------------+\n|  1 | a@example.com |\n+----+---------------+\n",
			"a table drawn for people",
		},
		{"psql border 0", "id     email     \n-- -------------\n 1 a@example.com\n", "a table drawn for people"},
		{"psql expanded", "-[ RECORD 1 ]---------\nid    | 1\nemail | a@example.com\n", "a table drawn for people"},
		{"psql unicode", " id │     email     \n────┼───────────────\n  1 │ a@example.com\n",
			"a table drawn for people"},
		{"sqlite box", "┌────┬───────────────┐\n│ id │     email     │\n├────┼───────────────┤\n",
			"a table drawn for people"},
		{"markdown", "| id |     email     |\n|----|---------------|\n| 1  | a@example.com |\n", "a table drawn for people"},
		{
			"mysql vertical",
			"*************************** 1. row ***************************\n   id: 1\nemail: a@example.com\n",
			"a table drawn for people",
		},
		{"psql -t", "  1 | a@example.com | Al\n 12 | b@example.com | Bo\n\n", "aligned with spaces"},
		{"psql latex", "\\begin{tabular}{r | l}\n\\textit{id} & \\textit{email} \\\\\n", "a table drawn for people"},
		{"psql troff", ".LP\n.TS\ncenter;\nr | l.\n\\fIid\\fP\t\\fIemail\\fP\n_\n1\ta@example.com\n.TE\n", "a table drawn for people"},
		{"sqlite line", "   id = 1\nemail = a@example.com\n\n   id = 2\nemail = b@example.com\n", "aligned with spaces"},
		{"sqlite quote", "'id','email'\n1,'a@example.com'\n2,'o''neil@example.com'\n", "single quotes"},
		{"sqlite quote without a header", "1,'a@example.com','Al'\n2,'b@example.com',NULL\n", "single quotes"},
		{"sqlite tcl", "\"id\" \"email\"\n\"1\" \"a@example.com\"\n", "mode tcl"},
		{"sqlite ascii", "id\x1femail\x1e1\x1fa@example.com\x1e", "mode ascii"},
		{"enclosed by a single quote", "'id','email','name'\n'1','a@example.com','Al O\\'Neil'\n'2','b@example.com',\\N\n", "single quotes"},
		{"enclosed, with tabs", "'id'\t'email'\n'1'\t'a@example.com'\n", "single quotes"},
		{"optionally enclosed", "id,email,name\n1,'a@example.com','Al'\n", "single quotes"},
		{"headers of HTTP", "HTTP/2 200\r\nlink: <https://x.example.com/?after=1>; rel=\"next\"\r\n\r\n[{\"id\":1}]", "headers of an answer"},
		{"aws text", "USERS\tTrue\t1795982359\t1795982359\tCONFIRMED\tana\nATTRIBUTES\temail\tana@example.com\n", "--output json"},
		{"escaped twice", "{\"id\":1,\"name\":\"Al\"}\n{\"id\":2,\"name\":\"\\\\\"Bo\\\\\"\"}\n", "a backslash before every backslash"},
	}
	for _, c := range table {
		f, err := FromReader(context.Background(), "x", strings.NewReader(c.text), Options{})
		if err == nil {
			f.Close()
		}
		said := fmt.Sprint(err)
		if kind, ok := errors.AsType[*ForeignError](err); ok {
			if said += "; " + kind.Try; kind.Try == "" {
				t.Errorf("%s: nothing is said of what to do", c.name)
			}
		}
		if err == nil || !strings.Contains(said, c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// What only looks like one of them.
	for _, text := range []string{
		"email\na@example.com\n", "id,note\n1,insert into x\n", "use,email\n1,a@example.com\n", "version: 1\ndn: uid=a\nmail: a@example.com\n",
		"name:\nAl\nBo\n", "# c\nid,email\n1,a@example.com\n", "--,id\n--,1\n", `{"a":"x\\"}` + "\n" + `{"a":"\\\"y"}` + "\n", "id|---\n1|x\n",
		"\"user_id\",\"email\"\n\"'auth0|1\",\"'a@example.com\"\n",
		"id,name,email\n1,'t Hart,a@example.com\n", "\"full name\"\n\"Al\"\n", " id,email\n 1,a@example.com\n",
	} {
		f, err := FromReader(context.Background(), "x", strings.NewReader(text), Options{})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		f.Close()
	}
}

// TestForeignFiles holds what psql, mysql and sqlite3 draw.
func TestForeignFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/drawn/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := FromReader(context.Background(), path, bytes.NewReader(text), Options{})
		if err == nil {
			f.Close()
			t.Errorf("%s is read", path)
		}
	}
}
