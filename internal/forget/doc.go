// Package forget finds people in the files that this program writes, takes them
// out of those, proves by the bytes that nothing of them stays, and writes the
// certificate of what was erased where.
//
// It owns which file is what and how each kind is rewritten. It never talks to a
// tenant, and never guesses about a file that it can't read: that one is named.
package forget
