package checkpoint

import (
	"database/sql"
	"fmt"
)

// Succeed gives the users of records that left the source to the new records
// that are the same person by the key that counts without an id: folded e-mail
// address, else phone number, else username. People are created anew at a
// source, and come with another id. A key that two records on one side share
// decides nothing, and two that were in the source together are two people,
// whatever address one of them has now; so are two with other names, usernames or
// phone numbers. Renewed is the number of records that
// went on.
//
// It is only true of a source that was read whole: whoever could not be read
// has not left.
type Succeed struct{ Renewed *int64 }

// BeginVersion notes, before a version of the source is scanned, which records
// there are: those that are added from now on were in no earlier one.
type BeginVersion struct{ Source int }

// noteVersions is the note with the highest id before each version, by version.
const noteVersions = "versions"

func (c BeginVersion) apply(w *writer) error {
	_, err := w.exec(`INSERT INTO note (name, json) VALUES ('`+noteVersions+`', json_object(?1, (SELECT coalesce(max(id), 0) FROM record)))
 ON CONFLICT (name) DO UPDATE SET json = json_set(json, '$.' || ?1, (SELECT coalesce(max(id), 0) FROM record))`, fmt.Sprintf("v%d", c.Source))
	return err
}

// personKey is the key of a record without regard to its id. SQLite's lower
// folds the letters of ASCII and nothing else, as Kinde does.
const personKey = `CASE WHEN email <> '' THEN 'e' || lower(email) WHEN phone <> '' THEN 'p' || phone WHEN username <> '' THEN 'u' || lower(username) END`

// content are the columns that say what the source holds for a record.
const content = `file, number, line, offset, length, key, source_id, email, phone, username, name, outcome, pass, seen,
 provider, method, connection, sign_in, mfa_lost, want_identities, want_social, want_suspensions, want_resets, want_properties,
 want_passwords, want_flags, want_memberships, want_roles, want_permissions, mapped, more_rows`

func (c Succeed) apply(w *writer) error {
	pairs, err := w.successions()
	if err != nil {
		return fmt.Errorf("looking for people who were created anew: %w", err)
	}
	if len(pairs) > 0 {
		if err := w.aliases(); err != nil {
			return err
		}
	}
	for _, p := range pairs {
		for _, query := range []string{
			`UPDATE record SET (` + content + `) = (SELECT ` + content + ` FROM record WHERE id = ?1) WHERE id = ?2`,
			`DELETE FROM record WHERE id = ?1 AND ?2 <> 0`,
			`UPDATE problem SET record = ?2 WHERE record = ?1`,
			`UPDATE OR REPLACE alias SET record = ?2 WHERE record = ?1`,
		} {
			if _, err := w.exec(query, p.heir, p.left); err != nil {
				return err
			}
		}
	}
	*c.Renewed = int64(len(pairs))
	return nil
}

// agree holds where two records do not contradict each other: an address that
// goes from one person to another comes with another name.
func agree(column string) string {
	return fmt.Sprintf(`(old.%[1]s = '' OR heir.%[1]s = '' OR lower(old.%[1]s) = lower(heir.%[1]s))`, column)
}

type succession struct{ heir, left int64 }

func (w *writer) successions() (pairs []succession, err error) {
	rows, err := w.query(`WITH
 left_ AS MATERIALIZED (SELECT min(id) AS id, ` + personKey + ` AS who, max(seen) AS seen FROM record WHERE seen < ` + currentSource + ` AND stage = 2
   AND owner IN ('created', 'adopted') AND outcome <> 'deleted' GROUP BY who HAVING count(*) = 1 AND who IS NOT NULL),
 new_ AS MATERIALIZED (SELECT min(id) AS id, ` + personKey + ` AS who FROM record WHERE seen = ` + currentSource + ` AND stage = 0
   AND kinde_id = '' AND outcome = 'pending' GROUP BY who HAVING count(*) = 1 AND who IS NOT NULL)
 SELECT new_.id, left_.id FROM left_ JOIN new_ USING (who)
   JOIN record AS heir ON heir.id = new_.id JOIN record AS old ON old.id = left_.id
   WHERE ` + agree("name") + ` AND ` + agree("username") + ` AND ` + agree("phone") + `
   AND new_.id > (SELECT json_extract(json, '$.v' || (left_.seen + 1)) FROM note WHERE name = '` + noteVersions + `') ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	defer func(rows *sql.Rows) {
		if e := rows.Close(); err == nil {
			err = e
		}
	}(rows)
	for rows.Next() {
		var p succession
		if err := rows.Scan(&p.heir, &p.left); err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	return pairs, rows.Err()
}
