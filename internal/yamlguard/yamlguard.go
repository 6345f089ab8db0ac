// Package yamlguard keeps a panic of the YAML parser, which reads files that people
// wrote, from ending the program. It never parses anything itself.
package yamlguard

import "errors"

// ErrUnreadable is a file that the parser can't take.
var ErrUnreadable = errors.New("this is not valid YAML")

// Do calls the parser, and turns its panic into ErrUnreadable.
func Do(parse func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = ErrUnreadable
		}
	}()
	return parse()
}
