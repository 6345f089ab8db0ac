package input

import "testing"

// A text is the same in whatever encoding a spreadsheet wrote it.
func TestUTF8(t *testing.T) {
	for name, data := range map[string]string{
		"UTF-8":                   "id\nkp_1\n",
		"UTF-16, low byte first":  "\xff\xfei\x00d\x00\n\x00k\x00p\x00_\x001\x00\n\x00",
		"UTF-16, high byte first": "\xfe\xff\x00i\x00d\x00\n\x00k\x00p\x00_\x001\x00\n",
		"UTF-16 without its mark": "i\x00d\x00\n\x00k\x00p\x00_\x001\x00\n\x00",
	} {
		if got := string(UTF8([]byte(data))); got != "id\nkp_1\n" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
