package password

import (
	"maps"
	"strings"
	"testing"
)

func TestParseParams(t *testing.T) {
	want := map[string]string{"signer_key": "jxspr8Ki0RY=", "salt_separator": "Bw==", "rounds": "8", "mem_cost": "14", "algorithm": "SCRYPT"}
	for name, text := range map[string]string{
		"as pasted":        "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: jxspr8Ki0RY=,\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n",
		"on one line":      "hash_config { algorithm: SCRYPT, base64_signer_key: jxspr8Ki0RY=, base64_salt_separator: Bw==, rounds: 8, mem_cost: 14 }",
		"pasted, Windows":  "\ufeffhash_config {\r\n algorithm: SCRYPT,\r\n base64_signer_key: \"jxspr8Ki0RY=\",\r\n base64_salt_separator: Bw==,\r\n rounds: 8,\r\n mem_cost: 14,\r\n}",
		"YAML":             "algorithm: SCRYPT\nsigner_key: jxspr8Ki0RY=\nsalt_separator: Bw==\nrounds: 8\nmem_cost: 14\n",
		"nested YAML":      "hash_config:\n  algorithm: SCRYPT\n  base64_signer_key: jxspr8Ki0RY=\n  base64_salt_separator: Bw==\n  rounds: 8\n  mem_cost: 14\n",
		"JSON":             `{"algorithm":"SCRYPT","signerKey":"jxspr8Ki0RY=","saltSeparator":"Bw==","rounds":8,"memCost":14}`,
		"nested JSON":      `{"hash_config":{"algorithm":"SCRYPT","base64_signer_key":"jxspr8Ki0RY=","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}}`,
		"numbers as texts": `{"algorithm":"SCRYPT","signer_key":"jxspr8Ki0RY=","salt_separator":"Bw==","rounds":"8","mem_cost":"14"}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseParams([]byte(text))
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// TestParseParamsErrors holds the whole of each error, so that none quotes the file.
func TestParseParamsErrors(t *testing.T) {
	const (
		neither = "the hash parameters are neither a YAML nor a JSON mapping, nor Firebase's hash_config { … }"
		empty   = "the hash parameters are empty"
		value   = "the hash parameters hold a value that is neither text nor a number"
		twice   = "the hash parameters name one parameter twice"
		rounds  = "the hash parameter rounds is not a number from 1 to 16"
		memory  = "the hash parameter mem_cost is not a number from 1 to 20"
	)
	for file, want := range map[string]string{
		"":                                     empty,
		" \n\ufeff":                            neither,
		"\ufeff \n":                            "the hash parameters are empty",
		"jxspr8Ki0RYsecret":                    neither,
		"- a\n- b":                             neither,
		"a: secret\n\tb: c":                    neither,
		"null":                                 empty,
		"a: [secret]":                          value,
		"a: {b: {c: {d: secret}}}":             value,
		"a: {b: {c: secret}}":                  "",
		"a: {b: {rounds: 17}}":                 rounds,
		"a:":                                   "",
		"signer_key: '*secret*'":               "the hash parameter signer_key is not base64",
		"signer_key: ''":                       "the hash parameter signer_key is not base64",
		"salt_separator: '*secret*'":           "the hash parameter salt_separator is not base64",
		"rounds: 17":                           rounds,
		"rounds: 16":                           "",
		"rounds: 1":                            "",
		"rounds: 0":                            rounds,
		"rounds: secret":                       rounds,
		"mem_cost: 21":                         memory,
		"memory_cost: 20":                      "",
		"mem_cost: 1":                          "",
		"mem_cost: 0":                          memory,
		"signer_key: AAEC\nsignerKey: AAEC":    twice,
		"hash_config: {rounds: 8}\nrounds: 8":  twice,
		"hash_config { rounds: 8, Rounds: 8 }": twice,
		"hash_config { secret }":               "entry 1 of hash_config is not \"name: value\"",
		"hash_config { , #a\n rounds: 8\n\nsecret": "entry 2 of hash_config is not \"name: value\"",
		"hash_config: { rounds: 8, # of all\n}":    "",
		"hash_config":                              neither,
		"hash_config secret":                       neither,
		strings.Repeat("a", maxParams+1):           "the hash parameters are longer than 64 KiB",
		"a: " + strings.Repeat("a", maxParams-3):   "",
		"{}":                                       empty, "# nothing": empty, "hash_config {}": empty,
		"a: &a [*a]": value,
	} {
		params, err := ParseParams([]byte(file))
		if got := text(err); got != want {
			t.Errorf("%.40q: %s, want %s", file, got, want)
		}
		if err == nil && len(params) == 0 {
			t.Errorf("%.40q: neither parameters nor an error", file)
		}
	}
}

func TestParamValues(t *testing.T) {
	want := map[string]string{"pepper": "", "on": "true", "big": "18446744073709551615", "half": "0.5",
		"salt_position": "prefix", "salt_encoding": "hex"}
	got, err := ParseParams([]byte("pepper:\non: true\nbig: 18446744073709551615\nhalf: 0.5\nSalt-Location: prefix\nsalt format: hex\n"))
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestPepperFromFile(t *testing.T) {
	project, err := ParseParams([]byte("pepper: not-so-hot\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p := Recognise(Input{Hash: bcryptHash}, Options{Project: project}); p.Encoding != "bcrypt-peppered" || p.Body != nil {
		t.Errorf("got %v", p)
	}
}
