package importer

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A piece holds so many values, or so many bytes of an address, whichever comes first.
func TestBatches(t *testing.T) {
	for name, c := range map[string]struct {
		n, length int
		want      []int
	}{
		"nothing":                       {0, 10, nil},
		"one":                           {1, 10, []int{1}},
		"as many values as one takes":   {200, 3, []int{200}},
		"one more":                      {201, 3, []int{200, 1}},
		"as many bytes as one takes":    {40, 97, []int{40}},
		"one more than these bytes":     {41, 97, []int{40, 1}},
		"one byte more in each":         {40, 98, []int{39, 1}},
		"one that is too long by far":   {2, 5000, []int{1, 1}},
		"many that are long":            {90, 97, []int{40, 40, 10}},
		"many that are short":           {450, 1, []int{200, 200, 50}},
		"what has to be escaped counts": {14, 97, []int{14}},
	} {
		var values []string
		for i := range c.n {
			values = append(values, strings.Repeat(string(rune('a'+i%26)), c.length))
		}
		var got []int
		for _, b := range batches(values) {
			got = append(got, len(b))
		}
		if !slices.Equal(got, c.want) || !slices.Equal(slices.Concat(batches(values)...), values) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	escaped := slices.Repeat([]string{strings.Repeat("ä", 97)}, 14)
	if n := len(url.QueryEscape(escaped[0])); len(batches(escaped)) != 3 {
		t.Errorf("14 values of %d bytes go into %d pieces", n, len(batches(escaped)))
	}
}

// Each kind of address is asked for by its own filter, as it is written and folded.
func TestLookUps(t *testing.T) {
	both := []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}
	got := lookUps([]mapping.Identity{
		{Type: mapping.Email, Value: "Ana@example.com"}, {Type: mapping.Username, Value: "ANA"}, {Type: mapping.Phone, Value: "+12025550123"},
		{Type: mapping.Email, Value: "bo@example.com"}, {Type: mapping.Username, Value: "bo"}, {Type: mapping.Email, Value: "a,b@example.com"},
		{Type: "social", Value: "77"},
	})
	want := []kinde.GetUsersRequest{{Emails: []string{"Ana@example.com", "ana@example.com", "bo@example.com"}, Expand: both},
		{Phones: []string{"+12025550123"}, Expand: both}, {Usernames: []string{"ANA", "ana", "bo"}, Expand: both}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := lookUps(nil); got != nil {
		t.Errorf("nobody is looked up by %+v", got)
	}
}

func TestLookUpCost(t *testing.T) {
	for _, c := range [][4]int64{{0, 0, 0, 0}, {1, 0, 0, 1}, {140, 0, 0, 1}, {141, 0, 0, 2}, {0, 200, 0, 1}, {0, 201, 0, 2}, {0, 0, 200, 1},
		{0, 0, 201, 2}, {1, 1, 1, 3}, {281, 401, 401, 9}} {
		if got := lookUpCost(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%v: %d", c, got)
		}
	}
	if maxFilterIDs != 100 {
		t.Error(fmt.Sprint(maxFilterIDs, " ids are asked for at once"))
	}
}
