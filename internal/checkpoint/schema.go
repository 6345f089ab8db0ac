package checkpoint

// schemaVersion is raised by every change of the tables that an older release
// could not live with; upgrades[n] leads from version n to n+1.
const schemaVersion = 3

// applicationID marks the file as ours in SQLite's header ("KMig").
const applicationID = 0x4b4d6967

var upgrades = map[int]string{
	// A source whose inputs are not known is read again, which finds its names.
	1: nameTable + linkIndex + `UPDATE source SET inputs = ''; DELETE FROM note WHERE name = 'names'`,
	2: definitionTable + `INSERT INTO definition (kind, name, id)
		SELECT value ->> 'kind', value ->> 'name', value ->> 'id' FROM json_each((SELECT json FROM note WHERE name = 'created_definitions'));
		DELETE FROM note WHERE name = 'created_definitions'`,
}

const nameTable = `
CREATE TABLE name (
  kind TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, records INTEGER NOT NULL
);
`

const definitionTable = `
CREATE TABLE definition (kind TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, name, id));
`

// linkIndex finds who has a social identity, which no filter of a tenant tells.
const linkIndex = `
CREATE INDEX step_link ON step (key) WHERE kind = '` + StepSocial + `';
`

// schema holds the tables. docs/checkpoint.md describes them.
const schema = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE job (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  command TEXT NOT NULL, pass INTEGER NOT NULL, source INTEGER NOT NULL, options TEXT NOT NULL,
  complete INTEGER NOT NULL, created_at INTEGER NOT NULL
);
CREATE TABLE tenant (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  origin TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, live INTEGER NOT NULL,
  domain TEXT NOT NULL, clock_offset_ms INTEGER NOT NULL
);
CREATE TABLE source (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  format TEXT NOT NULL, preset TEXT NOT NULL, evidence TEXT NOT NULL, mapping_sha256 TEXT NOT NULL,
  inputs TEXT NOT NULL, rows INTEGER NOT NULL, filtered INTEGER NOT NULL,
  hashes INTEGER NOT NULL, joined INTEGER NOT NULL, joined_nobody INTEGER NOT NULL, header BLOB
);
CREATE TABLE source_file (
  file INTEGER PRIMARY KEY, path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, mtime INTEGER NOT NULL
);
CREATE TABLE run (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, pass INTEGER NOT NULL, command TEXT NOT NULL, version TEXT NOT NULL,
  resumed INTEGER NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER, end TEXT NOT NULL,
  exit INTEGER NOT NULL, error TEXT NOT NULL
);
CREATE TABLE record (
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL, number INTEGER NOT NULL, line INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
  key BLOB NOT NULL,
  source_id TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL, username TEXT NOT NULL, name TEXT NOT NULL,
  kinde_id TEXT NOT NULL, owner TEXT NOT NULL, outcome TEXT NOT NULL, pass INTEGER NOT NULL, seen INTEGER NOT NULL,
  stage INTEGER NOT NULL,
  provider TEXT NOT NULL, method TEXT NOT NULL, connection TEXT NOT NULL, sign_in TEXT NOT NULL, mfa_lost INTEGER NOT NULL,
  want_identities INTEGER NOT NULL, want_social INTEGER NOT NULL, want_suspensions INTEGER NOT NULL,
  want_resets INTEGER NOT NULL, want_properties INTEGER NOT NULL, want_passwords INTEGER NOT NULL,
  want_flags INTEGER NOT NULL, want_memberships INTEGER NOT NULL, want_roles INTEGER NOT NULL,
  want_permissions INTEGER NOT NULL,
  mapped BLOB, more_rows TEXT
);
CREATE INDEX record_open ON record (id) WHERE outcome = 'pending';
CREATE INDEX record_failed ON record (id) WHERE outcome = 'failed';
CREATE INDEX record_deleted ON record (id) WHERE outcome = 'deleted';
CREATE INDEX record_number ON record (number);
CREATE INDEX record_kinde ON record (kinde_id) WHERE kinde_id <> '';
CREATE TABLE step (
  record INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, units INTEGER NOT NULL,
  digest BLOB, code TEXT NOT NULL, message TEXT NOT NULL, detail TEXT NOT NULL, run INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (record, kind, key)
) WITHOUT ROWID;
CREATE INDEX step_dropped ON step (record) WHERE kind = 'dropped';
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, run INTEGER NOT NULL, operation TEXT NOT NULL, method TEXT NOT NULL,
  status INTEGER NOT NULL, class TEXT NOT NULL, started_at INTEGER NOT NULL, latency_ms INTEGER NOT NULL,
  try INTEGER NOT NULL, error TEXT NOT NULL
);
CREATE INDEX attempt_record ON attempt (record) WHERE record <> 0;
CREATE TABLE problem (
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, applying INTEGER NOT NULL,
  file INTEGER NOT NULL, number INTEGER NOT NULL, line INTEGER NOT NULL, source_id TEXT NOT NULL,
  severity TEXT NOT NULL, code TEXT NOT NULL, field TEXT NOT NULL, message TEXT NOT NULL, hint TEXT NOT NULL
);
CREATE INDEX problem_record ON problem (record);
CREATE TABLE difference (
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, source_id TEXT NOT NULL, kinde_id TEXT NOT NULL,
  kind TEXT NOT NULL, field TEXT NOT NULL, expected TEXT NOT NULL, actual TEXT NOT NULL
);
CREATE TABLE call (
  run INTEGER NOT NULL, operation TEXT NOT NULL, calls INTEGER NOT NULL, succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL, throttled INTEGER NOT NULL, retried INTEGER NOT NULL,
  PRIMARY KEY (run, operation)
) WITHOUT ROWID;
CREATE TABLE bucket (
  run INTEGER NOT NULL, second INTEGER NOT NULL, requests INTEGER NOT NULL, throttled INTEGER NOT NULL,
  users INTEGER NOT NULL, believed_limit REAL NOT NULL, in_flight INTEGER NOT NULL,
  PRIMARY KEY (run, second)
) WITHOUT ROWID;
CREATE TABLE rate (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE note (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
` + nameTable + linkIndex + definitionTable

// keyIndex serves the look-up of a record by its key. It is made after the
// first load, because filling an index in random order costs many times the load.
const keyIndex = `CREATE INDEX IF NOT EXISTS record_key ON record (key)`
