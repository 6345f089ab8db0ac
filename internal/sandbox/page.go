package sandbox

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// pageSize reads page_size: 10 unless asked, at most the tenant's cap.
func (t *Tenant) pageSize(c *call) (int, *response) {
	text := c.query.Get("page_size")
	if text == "" {
		return min(10, t.opt.Quirks.MaxPageSize), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		r := invalid("INVALID_PAGE_SIZE", "page_size has to be a positive whole number.")
		return 0, &r
	}
	if n > t.opt.Quirks.MaxPageSize {
		if t.opt.Quirks.RefuseLargePages {
			r := failure(http.StatusBadRequest, "PAGE_SIZE_LIMIT_EXCEEDED", "page_size may be at most "+strconv.Itoa(t.opt.Quirks.MaxPageSize)+".")
			return 0, &r
		}
		n = t.opt.Quirks.MaxPageSize
	}
	return n, nil
}

// A next_token names the last thing shown, not an offset: what others add or
// remove meanwhile neither repeats nor hides anything.
func pageToken(seq uint64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("after:" + strconv.FormatUint(seq, 10)))
}

func (c *call) tokenSeq() (uint64, *response) {
	token := c.query.Get("next_token")
	if token == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	text, ok := strings.CutPrefix(string(raw), "after:")
	seq, numErr := strconv.ParseUint(text, 10, 64)
	if err != nil || !ok || numErr != nil {
		r := invalid("INVALID_NEXT_TOKEN", "next_token is not one that the API handed out.")
		return 0, &r
	}
	return seq, nil
}

// pageList pages through a short list by next_token.
func pageList[T any](c *call, list []T, size int) (page []T, next string, bad *response) {
	from, bad := c.tokenSeq()
	if bad != nil {
		return nil, "", bad
	}
	start := int(min(from, uint64(len(list))))
	end := min(start+size, len(list))
	if end < len(list) {
		next = pageToken(uint64(end))
	}
	return list[start:end], next, nil
}

// pageAround pages through a short list by starting_after and ending_before.
func pageAround[T any](c *call, list []T, size int, id func(T) string) (page []T, more bool, bad *response) {
	after, before := c.query.Get("starting_after"), c.query.Get("ending_before")
	if after != "" && before != "" {
		r := invalid("TOO_MANY_PARAMETERS", "Only one of starting_after and ending_before may be given.")
		return nil, false, &r
	}
	start, end := 0, len(list)
	find := func(want string) (int, *response) {
		for i, item := range list {
			if id(item) == want {
				return i, nil
			}
		}
		r := invalid("INVALID_CURSOR", "starting_after or ending_before names nothing that exists.")
		return 0, &r
	}
	if after != "" {
		at, bad := find(after)
		if bad != nil {
			return nil, false, bad
		}
		start = at + 1
	}
	if before != "" {
		at, bad := find(before)
		if bad != nil {
			return nil, false, bad
		}
		end = at
		if end-size > start {
			return list[end-size : end], true, nil
		}
		return list[start:end], false, nil
	}
	if end-start > size {
		return list[start : start+size], true, nil
	}
	return list[start:end], false, nil
}

func splitList(s string) (out []string) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// expansions reads expand; what the operation does not know is refused.
func (c *call) expansions(known ...string) (map[string]bool, *response) {
	out := map[string]bool{}
next:
	for _, want := range splitList(c.query.Get("expand")) {
		for _, k := range known {
			if k == want {
				out[k] = true
				continue next
			}
		}
		r := invalid("INVALID_EXPAND", "expand does not take "+strconv.Quote(want)+".")
		return nil, &r
	}
	return out, nil
}
