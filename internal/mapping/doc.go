// Package mapping turns a record of an export into the user that a Kinde tenant
// should show, by a compiled mapping. Mappings are data: the presets are YAML
// files in the same language that users write (see docs/mapping.md).
//
// The package owns the record and user types, the language, the presets, the
// detection of a preset from a sample, and the normalisation of e-mail
// addresses, phone numbers, usernames, booleans and dates. After loading it does
// no I/O, and it never looks at a tenant: names of organizations, roles,
// properties and connections stay as the source or the mapping spells them.
//
// # How records, side tables and companion files meet
//
// A mapping declares where things lie; whoever reads the files brings them together:
//
//   - Records says where records lie in a JSON document. The reader hands every
//     matching node to Map. Where a place declares parent members, the reader
//     adds them to the record's fields under the reserved member "$parent".
//   - Tables declares side tables: rows in the same document, or in a companion
//     file. RowKeys and UserKeys give the keys of both sides; the reader joins
//     them and adds the rows that joined to the record's fields, before Map is
//     called, as an Array under the reserved member "$" + table name.
//   - Tables with Lookup set are small (roles, groups); the reader keeps them
//     whole and answers Env.Lookup.
package mapping
