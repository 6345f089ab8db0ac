package capacity

import "math"

// Way is one way to bring the users in: by the API alone, by files that the
// dashboard imports alone, or by files and the API for what they can't hold.
type Way struct {
	Name     string           `json:"name"` // api, files or both
	Requests int64            `json:"requests"`
	Seconds  int64            `json:"seconds"`
	Loses    map[string]int64 `json:"loses"` // what stays behind, beside what Kinde can't hold at all
}

// Rest is what files can't hold, counted.
type Rest struct {
	Users       int64 // whom a file can't hold at all
	Calls       int64 // one request each: identities, links, flags, pictures, suspensions, properties
	Memberships int64 // a hundred in a request
}

// Page sizes of what finds and reads back the users who came by files.
const (
	perPage   = 500
	perLookUp = 100
)

// CompareWays puts the three ways beside each other. The requests of both are
// an estimate: two looks at everybody, one by ids, and what the files can't hold.
func (n *Need) CompareWays(rest Rest, loses, never map[string]int64) {
	pieces := func(count, size int64) int64 { return (count + size - 1) / size }
	both := 2*pieces(n.Users, perPage) + pieces(n.Users, perLookUp) + rest.Calls + pieces(rest.Memberships, perLookUp) +
		int64(math.Ceil(float64(rest.Users)*n.PerUser))
	took := int64(0)
	if n.Requests.Max > 0 {
		took = int64(math.Ceil(float64(both) * float64(n.Seconds.Max) / float64(n.Requests.Max)))
	}
	n.Ways = []Way{
		{Name: "api", Requests: n.Requests.Max, Seconds: n.Seconds.Max, Loses: map[string]int64{}},
		{Name: "files", Loses: loses},
		{Name: "both", Requests: both, Seconds: took, Loses: never},
	}
}
