package password

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/kinde-migrate/kinde-migrate/internal/yamlguard"
)

// maxParams bounds a file of project parameters.
const maxParams = 64 << 10

// ParseParams reads the parameters that hold for every hash of a project: YAML,
// JSON, or the block that Firebase's console shows:
//
//	hash_config {
//	  algorithm: SCRYPT,
//	  base64_signer_key: …,
//	  base64_salt_separator: …,
//	  rounds: 8,
//	  mem_cost: 14,
//	}
//
// The result is for Options.Project; its keys are spelled signer_key,
// salt_separator, rounds, mem_cost, pepper, whatever the file's spelling.
// Errors never quote the file, which holds secrets.
func ParseParams(data []byte) (map[string]string, error) {
	if len(data) > maxParams {
		return nil, errors.New("the hash parameters are longer than 64 KiB")
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	params := map[string]string{}
	var err error
	if body, ok := firebaseBlock(text); ok {
		err = parseBlock(params, body)
	} else {
		err = parseDocument(params, text)
	}
	switch {
	case err != nil:
		return nil, err
	case len(params) == 0:
		return nil, errors.New("the hash parameters are empty")
	}
	return params, checkParams(params)
}

// firebaseBlock returns what stands between the braces of hash_config { … }.
func firebaseBlock(text string) (string, bool) {
	rest, ok := strings.CutPrefix(text, "hash_config")
	if !ok {
		return "", false
	}
	rest = strings.TrimSpace(rest)
	rest = strings.TrimSpace(strings.TrimPrefix(rest, ":"))
	if !strings.HasPrefix(rest, "{") {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimSpace(rest[1:]), "}"), true
}

func parseBlock(params map[string]string, body string) error {
	line := 0
	for item := range strings.FieldsFuncSeq(body, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		item = strings.TrimSpace(item)
		if item == "" || item[0] == '#' {
			continue
		}
		line++
		key, value, found := strings.Cut(item, ":")
		if !found {
			return fmt.Errorf("entry %d of hash_config is not \"name: value\"", line)
		}
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		if err := addParam(params, strings.Trim(strings.TrimSpace(key), `"'`), value); err != nil {
			return err
		}
	}
	return nil
}

// parseDocument reads YAML, of which JSON is a part.
func parseDocument(params map[string]string, text string) error {
	var doc map[string]any
	if json.Unmarshal([]byte(text), &doc) != nil {
		doc = nil
		// The library's errors quote the line, so they are not passed on.
		err := yamlguard.Do(func() error { return yaml.Unmarshal([]byte(text), &doc) })
		if errors.Is(err, yamlguard.ErrUnreadable) {
			return errors.New("the hash parameters are not YAML that can be read")
		}
		if err != nil {
			return errors.New("the hash parameters are neither a YAML nor a JSON mapping, nor Firebase's hash_config { … }")
		}
	}
	return addAll(params, doc, 0)
}

func addAll(params map[string]string, doc map[string]any, depth int) error {
	for key, value := range doc {
		if nested, ok := value.(map[string]any); ok && depth < 2 {
			if err := addAll(params, nested, depth+1); err != nil {
				return err
			}
			continue
		}
		var text string
		switch v := value.(type) {
		case nil:
		case string:
			text = v
		case bool, int, int64, uint64, float64:
			text = fmt.Sprint(v)
		default:
			return errors.New("the hash parameters hold a value that is neither text nor a number")
		}
		if err := addParam(params, key, text); err != nil {
			return err
		}
	}
	return nil
}

func addParam(params map[string]string, key, value string) error {
	name := canonicalParam(fold(key))
	if _, twice := params[name]; twice {
		return errors.New("the hash parameters name one parameter twice")
	}
	params[name] = value
	return nil
}

// checkParams finds what would make every single hash fail.
func checkParams(params map[string]string) error {
	for _, name := range []string{"signer_key", "salt_separator"} {
		if value, ok := params[name]; ok {
			if _, n, _ := canonical64(value); n == 0 {
				return fmt.Errorf("the hash parameter %s is not base64", name)
			}
		}
	}
	if value, ok := params["rounds"]; ok && (number(value) < 1 || number(value) > maxFirebaseRounds) {
		return errors.New("the hash parameter rounds is not a number from 1 to 16")
	}
	if value, ok := params["mem_cost"]; ok && (number(value) < 1 || number(value) > maxFirebaseMemCost) {
		return errors.New("the hash parameter mem_cost is not a number from 1 to 20")
	}
	return nil
}
