package kinde

import (
	"bytes"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const maxMessage = 400 // bytes

var (
	htmlTitle = regexp.MustCompile(`(?is)<(title|h1)[^>]*>(.*?)</`)
	htmlTag   = regexp.MustCompile(`(?s)<[^>]*>`)
)

// complaint finds the code and the message in the body of an error, whatever
// its shape: {"errors":[…]}, {"errors":{…}}, {"error":"…"}, {"message":"…"},
// HTML, text, or nothing.
func complaint(body cleaned) (code, message string) {
	b := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(b) == 0 {
		return "", ""
	}
	var v any
	if json.Unmarshal(b, &v, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) == nil {
		var f findings
		f.walk("", v, 0)
		return oneLine(cleaned(f.code)), oneLine(cleaned(strings.Join(f.messages, "; ")))
	}
	if b[0] == '<' {
		if m := htmlTitle.FindSubmatch(b); m != nil {
			return "", oneLine(cleaned(htmlTag.ReplaceAll(m[2], nil)))
		}
		return "", ""
	}
	return "", oneLine(cleaned(b[:min(len(b), 4*maxMessage)]))
}

type findings struct {
	code     string
	messages []string
}

// walk collects messages from the outside in. Nothing below depth 5 is a
// message for people.
func (f *findings) walk(name string, v any, depth int) {
	if depth > 5 || len(f.messages) >= 8 {
		return
	}
	switch v := v.(type) {
	case string:
		f.say(name, v)
	case []any:
		for _, item := range v {
			f.walk(name, item, depth+1)
		}
	case map[string]any:
		f.object(name, v, depth)
	}
}

func (f *findings) object(name string, v map[string]any, depth int) {
	inner := false
	for _, key := range []string{"errors", "error"} {
		switch e := v[key].(type) {
		case map[string]any, []any:
			f.walk("", e, depth+1)
			inner = true
		case string:
			// OAuth: error is a code when error_description explains it.
			if d, ok := v["error_description"].(string); ok {
				f.note(e)
				f.say("", d)
			} else {
				f.say("", e)
			}
			inner = true
		}
	}
	if inner && len(f.messages) > 0 {
		return
	}
	if c, ok := v["code"]; ok {
		if _, isObject := c.(map[string]any); !isObject {
			f.note(fmt.Sprint(c))
		}
	}
	said := false
	for _, key := range []string{"message", "detail", "description", "title"} {
		if s, ok := v[key].(string); ok && s != "" {
			f.say(name, s)
			said = true
			break
		}
	}
	if said || inner || depth == 0 {
		return
	}
	// {"errors":{"email":["is invalid"]}}
	keys := make([]string, 0, len(v))
	for key := range v {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		if key != "code" {
			f.walk(key, v[key], depth+1)
		}
	}
}

func (f *findings) note(code string) {
	if f.code == "" && code != "<nil>" {
		f.code = code
	}
}

func (f *findings) say(name, message string) {
	if message = strings.TrimSpace(message); message == "" {
		return
	}
	if name != "" {
		message = name + ": " + message
	}
	f.messages = append(f.messages, message)
}

// oneLine makes foreign text safe to print: one line, no control characters,
// no longer than maxMessage.
func oneLine(text cleaned) string {
	s := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(string(text), "�"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if len(s) <= maxMessage {
		return s
	}
	cut := maxMessage
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
