package importer

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// TestLikeness: a source is another one if more than half of those whom both know by
// an id, and of whom both have an address, are other people.
func TestLikeness(t *testing.T) {
	person := func(name string, identities ...string) *mapping.User {
		u := somebody("1", identities...)
		u.GivenName = name
		return u
	}
	known := checkpoint.Record{SourceID: "1", KindeID: "kp_1", Email: "a@example.com", Phone: "+15550100001",
		Username: "ana", Name: "Ana Silva"}
	without := func(change func(*checkpoint.Record)) *checkpoint.Record {
		r := known
		change(&r)
		return &r
	}
	same, other, moved := person("Ana", "email:A@example.com"), person("Bob", "email:b@example.com"), person("Ana", "email:b@example.com")
	nobody := person("", "email:b@example.com")
	type pair struct {
		now *mapping.User
		was *checkpoint.Record
	}
	times := func(n int, p pair) (list []pair) {
		for range n {
			list = append(list, p)
		}
		return list
	}
	for name, c := range map[string]struct {
		pairs   []pair
		refused bool
	}{
		"nobody":                         {nil, false},
		"somebody else":                  {[]pair{{other, &known}}, true},
		"half are others":                {[]pair{{other, &known}, {same, &known}}, false},
		"more than half are others":      {[]pair{{other, &known}, {other, &known}, {same, &known}}, true},
		"a new address":                  {[]pair{{moved, &known}}, false},
		"the second address is the same": {[]pair{{person("Bob", "email:b@example.com", "phone:+15550100001"), &known}}, false},
		"the username is the same":       {[]pair{{person("Bob", "username:Ana"), &known}}, false},
		"only the first of a kind counts": {
			[]pair{{person("Bob", "email:b@example.com", "email:a@example.com"), &known}}, true},
		"no user is known":         {[]pair{{other, without(func(r *checkpoint.Record) { r.KindeID = "" })}}, false},
		"no id":                    {[]pair{{other, without(func(r *checkpoint.Record) { r.SourceID = "" })}}, false},
		"another id":               {[]pair{{other, without(func(r *checkpoint.Record) { r.SourceID = "2" })}}, false},
		"no address now":           {[]pair{{person("Bob"), &known}}, false},
		"no address then":          {[]pair{{other, without(func(r *checkpoint.Record) { r.Email, r.Phone, r.Username = "", "", "" })}}, false},
		"a few without a name":     {times(nameless-1, pair{nobody, &known}), false},
		"many without a name":      {times(nameless, pair{nobody, &known}), true},
		"many without a name then": {times(nameless, pair{other, without(func(r *checkpoint.Record) { r.Name = " " })}), true},
		"a few without a name, and somebody else": {
			append(times(2, pair{nobody, &known}), pair{other, &known}, pair{same, &known}, pair{same, &known}), true},
		"a few without a name among others": {append(times(2, pair{nobody, &known}), pair{same, &known}), false},
	} {
		var l Likeness
		for _, x := range c.pairs {
			l.Add(x.now, x.was)
		}
		err := l.Refused()
		refused, _ := errors.AsType[*job.RefusedError](err)
		if (err != nil) != c.refused || c.refused && (refused == nil || refused.Kind != job.OtherSource) {
			t.Errorf("%s: %v", name, err)
		}
		if want := "this is another source with the same ids: most of its records are other people than those that the checkpoint " +
			"knows by them. Choose another file with --checkpoint, and keep the ids apart with --id-prefix NAME."; c.refused &&
			fmt.Sprint(refused.Message, ". ", refused.Try) != want {
			t.Errorf("%s: %s %s", name, refused.Message, refused.Try)
		}
	}
}
