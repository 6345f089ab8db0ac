package mapping

import (
	glob "path"
	"regexp"
	"strings"
)

// besideRule leaves out what a document holds beside its records.
type besideRule struct{ pattern, reason string }

// framing are members, folded, that tell how the records are paged and framed.
var framing = regexp.MustCompile(
	`^(@odata\.)?(_?links?|self|href|schemas?|object|kind|etag|context|_?metadata|meta|listmetadata|details|pagination|paging|pageinfo|` +
		`(total|result|item|user|record|page|remaining)*(count|total|results?|users|size|number|index)|total|count|size|length|limit|offset|skip|start|startindex|itemsperpage|` +
		`(current|next|prev|previous|per|first|last)?pages?(size|number|count|token|resultscookie|resultspolicy)?|(total|remaining)?pagedresults(cookie|policy)?|totalpagedresultspolicy|` +
		`next|previous|prev|cursor|nextcursor|nextlink|next(page|pagination|sync)?token|paginationtoken|has(more|next|nextpage)|stat|status|success|took|timestamp|timeout)$`,
)

// Beside tells what becomes of a value that stands beside the records, at a path
// such as /realm/clients.
func (m *Mapping) Beside(path string) (Fate, string) {
	path = strings.ToLower(path)
	for _, r := range m.beside {
		if ok, _ := glob.Match(r.pattern, path); ok {
			return Ignored, r.reason
		}
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	switch {
	case framing.MatchString(foldKey(name)):
		return Ignored, "how the records are paged and framed"
	case strings.HasPrefix(path, "/*/") && (name == "type" || name == "name" || name == "database" || name == "version" || name == "comment"):
		return Ignored, "how the records are paged and framed" // phpMyAdmin's tables
	}
	return NotRead, "not read: it is beside the users"
}
