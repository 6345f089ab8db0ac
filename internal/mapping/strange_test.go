package mapping

import "testing"

func TestStrange(t *testing.T) {
	ana := [][]string{{"0:1"}, {"1:ana@example.com", "1:ana@example.org"}}
	for _, c := range []struct {
		name   string
		record [][]string
		row    []string
		want   bool
	}{
		{"another address", ana, []string{"0:1", "1:bo@example.net"}, true},
		{"one of the addresses", ana, []string{"0:1", "1:ana@example.org"}, false},
		{"the id alone", ana, []string{"0:1"}, false},
		{"the address alone", ana, []string{"1:ana@example.com"}, false},
		{"one column for both", ana, []string{"0:1", "1:1"}, false},
		{"one column with an address as the id", [][]string{{"0:a@example.com"}, {"1:b@example.com"}},
			[]string{"0:a@example.com", "1:a@example.com"}, false},
		{"two ids", ana, []string{"0:1", "0:2"}, false},
		{"a group of people", ana, []string{"0:1", "0:2", "1:bo@example.net"}, false},
		{"a record without an address", [][]string{{"0:1"}}, []string{"0:1", "1:bo@example.net"}, false},
		{"no address", [][]string{{"0:1"}, {"1:ana"}}, []string{"0:1", "1:bo"}, false},
	} {
		if got := Strange(c.record, c.row); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
