package input

import (
	"golang.org/x/text/encoding/unicode"

	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// UTF8 is a text in UTF-8. One in UTF-16, as spreadsheets write it, is decoded.
func UTF8(data []byte) []byte {
	order, is := source.UTF16(data[:min(len(data), 512)])
	if !is {
		return data
	}
	text, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(data)
	if err != nil {
		return data
	}
	return text
}
