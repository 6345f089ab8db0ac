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

func TestParseParamsErrors(t *testing.T) {
	for _, text := range []string{
		"", "jxspr8Ki0RYsecret", "- a\n- b", "a: [secret]", "signer_key: '*secret*'", "rounds: 17", "mem_cost: 0", "rounds: secret",
		"a: {b: {c: {d: secret}}}", "signer_key: AAEC\nsignerKey: AAEC", "hash_config { secret }", "a: secret\n\tb: c",
		strings.Repeat("a", maxParams+1),
	} {
		_, err := ParseParams([]byte(text))
		if err == nil {
			t.Errorf("%.40q: want an error", text)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: the error quotes the file: %v", text, err)
		}
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
