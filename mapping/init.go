package mapping

import "errors"

// Init writes a commented mapping file for a sample. preset may be "".
func Init(s Sample, preset string) ([]byte, error) { return nil, errors.New("not built yet") }
