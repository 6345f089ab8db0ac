package password

import "testing"

// TestFirebaseForms: Firebase's scrypt in each of its spellings, and its bounds.
func TestFirebaseForms(t *testing.T) {
	h, m := bareInput, namedInput
	checkForms(t, Options{}, []form{
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{
			h("$fbscrypt$n=20,r=16,p=1,v=1,sk=" + b64(64) + ",ss=Bw==$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=16 memory=20",
		},
		{
			h("$fbscrypt$v=1,n=1,r=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=1 memory=1",
		},
		{
			h("$fbscrypt$v=1,n=21,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt refused: Kinde takes 1 to 16 rounds and a memory cost of 1 to 20",
		},
		{
			h("$fbscrypt$v=1,n=0,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt refused: Kinde takes 1 to 16 rounds and a memory cost of 1 to 20",
		},
		{
			h("$fbscrypt$v=1,n=14,r=17,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt refused: Kinde takes 1 to 16 rounds and a memory cost of 1 to 20",
		},
		{
			h("$fbscrypt$v=1,n=14,r=0,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt refused: Kinde takes 1 to 16 rounds and a memory cost of 1 to 20",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=2,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt refused: its parallelism is not 1",
		},
		{h("$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)), "firebase-scrypt refused: its version is not 1"},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$$" + b64(64)),
			"firebase-scrypt malformed: its hash or its salt is missing or not base64",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$"),
			"firebase-scrypt malformed: its hash or its salt is missing or not base64",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$*$" + b64(64)),
			"firebase-scrypt malformed: its hash or its salt is missing or not base64",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$*"),
			"firebase-scrypt malformed: its hash or its salt is missing or not base64",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=*$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt malformed: the signer key or the salt separator is not base64",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt malformed: the signer key or the salt separator is not base64",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=*,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt malformed: the signer key or the salt separator is not base64",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,sk=" + b64(64) + "$" + b64(8) + "$" + b64(64)),
			"firebase-scrypt refused: Kinde requires the salt separator; name it with --hash-params",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8) + "$" + b64(32)),
			"firebase-scrypt malformed: its hash does not have the length of the signer key",
		},
		{
			h("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "$" + b64(8)),
			"firebase-scrypt malformed: it does not have the parts of this form",
		},
		{
			m("firebase", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk="+b64(64)+"$"+b64(8)+"$"+b64(64)),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{
			h("$firescrypt$ln=14,r=8,p=1$" + b64(8) + "$" + b64(64) + "$Bw==$" + b64(64)),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{
			m("firebase", "$firescrypt$ln=14,r=8,p=1$"+b64(8)+"$"+b64(64)+"$Bw==$"+b64(64)),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{
			h("$firescrypt$ln=14,r=8$" + b64(8) + "$" + b64(64) + "$Bw==$" + b64(64)),
			"firebase-scrypt malformed: it does not have the parts of this form",
		},
		{
			h("$firescrypt$ln=14,r=8,p=1$" + b64(8) + "$" + b64(64) + "$Bw=="),
			"firebase-scrypt malformed: it does not have the parts of this form",
		},
		{
			h("$f_scrypt$" + b64(64) + "$" + b64(8) + "$m=14$r=8$s=Bw=="),
			"firebase-scrypt refused: the project's hash parameters are missing; name them with --hash-params",
		},
		{
			m("firebase", "$f_scrypt$"+b64(64)+"$"+b64(8)+"$m=14$r=8$s=Bw=="),
			"firebase-scrypt refused: the project's hash parameters are missing; name them with --hash-params",
		},
		{h("$f_scrypt$" + b64(64) + "$" + b64(8) + "$m=14$r=8"), "firebase-scrypt malformed: it does not have the parts of this form"},
		{
			m("firebase", b64(64)+"$"+b64(8)+"$"+b64(64)+"$Bw==$8$14"),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{m("firebase", b64(64)), "firebase-scrypt malformed: its hash or its salt is missing or not base64"},
		{
			Input{Hash: b64(64), Method: "firebase", Salt: " " + b64(8) + " "},
			"firebase-scrypt refused: the project's hash parameters are missing; name them with --hash-params",
		},
		{
			Input{Hash: "?", Method: "firebase", Salt: b64(8)},
			"firebase-scrypt malformed: its hash or its salt is missing or not base64",
		},
		{
			Input{Hash: b64(64), Method: "firebase", Salt: " " + b64(8) + " ",
				Params: map[string]string{"signer_key": b64(64), "salt_separator": "Bw==", "rounds": "8", "mem_cost": "14"}},
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{
			Input{Hash: b64(64), Method: "firebase", Salt: b64(8), Params: map[string]string{"signer_key": b64(64),
				"salt_separator": "Bw==", "rounds": "8"}},
			"firebase-scrypt refused: the project's hash parameters are missing; name them with --hash-params",
		},
		{
			Input{Hash: b64(64), Method: "firebase", Salt: b64(8), Params: map[string]string{"signer_key": b64(64),
				"salt_separator": "Bw==", "mem_cost": "8"}},
			"firebase-scrypt refused: the project's hash parameters are missing; name them with --hash-params",
		},
		{
			Input{Hash: b64(64), Method: "firebase", Salt: b64(8), Params: map[string]string{"signer_key": b64(64), "rounds": "8", "mem_cost": "8"}},
			"firebase-scrypt refused: Kinde requires the salt separator; name it with --hash-params",
		},
		{
			Input{Hash: b64(64), Method: "firebase", Salt: b64(8), Params: map[string]string{"rounds": "8", "mem_cost": "8"}},
			"firebase-scrypt refused: the project's hash parameters are missing; name them with --hash-params",
		},
		{
			m("firebase", "REDACTED"),
			"firebase-scrypt refused: it was withheld: the account that exported lacks the permission firebaseauth.configs.getHashConfig; export again with one that has it",
		},
		{
			m("firebase", "UkVEQUNURUQ="),
			"firebase-scrypt refused: it was withheld: the account that exported lacks the permission firebaseauth.configs.getHashConfig; export again with one that has it",
		},
	})
}

// TestProjectForms: what holds for every hash of a project.
func TestProjectForms(t *testing.T) {
	h, m := bareInput, namedInput
	checkForms(t, Options{Project: testForms}, []form{
		{m("bcrypt", "$2y$10$"+crypt64Of(53)), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{
			Input{Hash: b64(64), Salt: b64(8)},
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{
			h("$f_scrypt$" + b64(64) + "$" + b64(8) + "$m=14$r=8$s=Bw=="),
			"firebase-scrypt kept: firebase-scrypt <b64 64> salt=<b64 8> key=<b64 64> separator=Bw== rounds=8 memory=14",
		},
		{Input{Hash: hexOf(16), Method: "md5", Salt: "73616c74"}, "md5 kept: md5 <hex 16> salt=salt position=prefix"},
		{
			Input{Hash: hexOf(16), Method: "md5", Salt: "salt", SaltEncoding: "text", SaltPosition: "suffix"},
			"md5 kept: md5 <hex 16> salt=salt position=suffix",
		},
		{
			Input{Hash: b64(32), Salt: hexOf(16), Method: "pbkdf2_sha256"},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=1234 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: b64(32), Salt: hexOf(16), Method: "pbkdf2_sha256", Iterations: 7},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
	})
}

// TestDocumentForms: parts in parameters and in JSON.
func TestDocumentForms(t *testing.T) {
	h := bareInput
	checkForms(t, Options{}, []form{
		{h("{}"), "no password"},
		{h("[]"), "logto-legacy malformed: it does not have the parts of this form"},
		{h("["), "unknown refused"},
		{h("{\""), "unknown malformed: it is a JSON document that can't be read"},
		{h("{ \n\t\"a\": 1}"), "unknown refused: it is a JSON document, and nothing in it is known to be the hash"},
		{h("{ \n\t\"Hash\": null, \"salt\": \"x\"}"), "no password"},
		{h("{\"algorithm\":\"md5\"}"), "unknown refused: it is a JSON document, and nothing in it is known to be the hash"},
		{h("{\"nonce\":\"x\",\"data\":\"y\"}"), "supabase-encrypted refused"},
		{h("{\"nonce\":\"x\",\"value\":\"y\"}"), "unknown refused"},
		{h("{\"hash\":\"$2y$10$" + crypt64Of(53) + "\"}"), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{h("{\"hash\":\"$2y$10$" + crypt64Of(53) + "\",\"password\":{\"encoding\":\"UTF-8\"}}"), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{h("{\"hash\":\"$2y$10$" + crypt64Of(53) + "\",\"password\":{\"encoding\":\"utf8\"}}"), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{h("{\"hash\":\"$2y$10$" + crypt64Of(53) + "\",\"password\":{\"encoding\":\"ascii\"}}"), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{
			h("{\"hash\":\"$2y$10$" + crypt64Of(53) + "\",\"password\":{\"encoding\":\"ucs2\"}}"),
			"unknown refused: the password was not hashed as UTF-8",
		},
		{h("{\"password\":{\"hash\":\"$2y$10$" + crypt64Of(53) + "\"}}"), "bcrypt kept: bcrypt $2a$10$<crypt 53>"},
		{
			h("{\"algorithm\":\"md5\",\"hash\":{\"value\":\"" + hexOf(16) + "\"},\"salt\":{\"value\":\"salt\",\"position\":\"prefix\"}}"),
			"md5 kept: md5 <hex 16> salt=salt position=prefix",
		},
		{
			h("{\"algorithm\":\"md5\",\"hash\":{\"value\":\"" + hexOf(16) + "\"},\"salt\":{\"value\":\"73616c74\",\"encoding\":\"hex\",\"position\":\"suffix\"}}"),
			"md5 kept: md5 <hex 16> salt=salt position=suffix",
		},
		{
			h("{\"algorithm\":\"pbkdf2\",\"hash\":{\"value\":\"" + b64(32) + "\",\"digest\":\"sha256\"},\"salt\":{\"value\":\"salt\"},\"iterations\":7}"),
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=c2FsdA== iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			h("{\"algorithm\":\"pbkdf2_sha256\",\"hash\":\"" + b64(32) + "\",\"salt\":\"" + b64(16) + "\",\"config\":{\"iterations\":7}}"),
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			h("{\"algorithm\":\"pbkdf2_sha256\",\"hash\":\"" + b64(32) + "\",\"salt\":\"" + b64(16) + "\",\"iterations\":7.5}"),
			"pbkdf2-sha256 malformed: its number of iterations is missing or not a number",
		},
		{
			h("{\"algorithm\":\"pbkdf2_sha256\",\"hash\":\"" + b64(32) + "\",\"salt\":\"" + b64(16) + "\",\"iterations\":-7}"),
			"pbkdf2-sha256 malformed: its number of iterations is missing or not a number",
		},
		{
			h("{\"algorithm\":\"pbkdf2_sha256\",\"hash\":\"" + b64(32) + "\",\"salt\":\"" + b64(16) + "\",\"iterations\":1e10}"),
			"pbkdf2-sha256 malformed: its number of iterations is missing or not a number",
		},
		{
			h("{\"algorithm\":\"md5\",\"type\":\"sha256\",\"method\":\"sha1\",\"value\":\"" + hexOf(32) + "\",\"hash\":\"" + hexOf(16) + "\"}"),
			"md5 kept: md5 <hex 16>",
		},
		{
			Input{Params: map[string]string{"method": "sha1", "algorithm": "md5", "scheme": "sha256", "value": "x",
				"password": "y", "Hash": hexOf(16)}},
			"md5 kept: md5 <hex 16>",
		},
		{h("{\"hash\":"), "unknown malformed: it is a JSON document that can't be read"},
		{
			h("{\"secretData\":\"{\\\"value\\\":\\\"" + b64(32) + "\\\",\\\"salt\\\":\\\"" + b64(16) + "\\\"}\",\"credentialData\":\"{\\\"hashIterations\\\":7,\\\"algorithm\\\":\\\"pbkdf2-sha256\\\"}\"}"),
			"keycloak-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{h("{\"credentialData\":\"{\\\"hashIterations\\\":7,\\\"algorithm\\\":\\\"pbkdf2-sha256\\\"}\"}"), "no password"},
		{h("{\"secretData\":\"{\\\"value\\\":\\\"" + hexOf(16) + "\\\"}\"}"), "hex-32 refused"},
		{
			h("{\"type\":\"password\",\"hashedSaltedValue\":\"" + b64(32) + "\",\"salt\":\"" + b64(16) + "\",\"hashIterations\":7,\"algorithm\":\"PBKDF2\"}"),
			"pbkdf2-sha1 refused",
		},
		{
			h("{\"type\":\"password\",\"hashedSaltedValue\":\"" + b64(32) + "\",\"salt\":\"" + b64(16) + "\",\"hashIterations\":7,\"algorithm\":\"pbkdf2-sha256\"}"),
			"keycloak-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Params: map[string]string{"secretData": "{\"value\":\"" + b64(32) + "\",\"salt\":\"" + b64(16) + "\"}", "credentialData": "{\"hashIterations\":7,\"algorithm\":\"pbkdf2-sha256\"}"}},
			"keycloak-pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Params: map[string]string{"secretData": "{\"value\":\"" + b64(32) + "\",\"salt\":\"" + b64(16) + "\"}", "credentialData": "{\"hashIterations\":7,\"algorithm\":\"pbkdf2\"}"}},
			"pbkdf2-sha1 refused",
		},
		{Input{Params: map[string]string{"credentialData": "{\"hashIterations\":7,\"algorithm\":\"pbkdf2\"}"}}, "no password"},
		{Input{Params: map[string]string{"secretData": "{", "credentialData": "{}"}}, "no password"},
		{
			Input{Params: map[string]string{"Hashing Config": "{\"hash\":\"" + hexOf(16) + "\",\"algorithm\":\"md5\"}"}},
			"md5 kept: md5 <hex 16>",
		},
		{
			Input{Params: map[string]string{"custom_password_hash": "{\"hash\":"}},
			"unknown malformed: it is a JSON document that can't be read",
		},
		{
			Input{Hash: hexOf(16), Params: map[string]string{"hashing_method": "md5", "salt": "salt",
				"salt-location": "after", "salt_format": "text"}},
			"md5 kept: md5 <hex 16> salt=salt position=suffix",
		},
		{
			Input{Hash: hexOf(16), Method: "md5", Salt: "a", SaltPosition: "prefix", SaltEncoding: "text",
				Params: map[string]string{"hash": "x", "algorithm": "sha1", "salt": "b", "position": "suffix",
					"salt_encoding": "hex"}},
			"md5 kept: md5 <hex 16> salt=a position=prefix",
		},
		{
			Input{Hash: b64(32), Salt: b64(16), Method: "pbkdf2_sha256", Iterations: 7, Params: map[string]string{"factor": "9"}},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=7 variant=salted-pbkdf2-hmac-sha256",
		},
		{
			Input{Hash: b64(32), Salt: b64(16), Method: "pbkdf2_sha256", Params: map[string]string{"factor": "9"}},
			"pbkdf2-sha256 kept: pbkdf2 <b64 32> salt=<b64 16> iterations=9 variant=salted-pbkdf2-hmac-sha256",
		},
		{Input{Hash: "$2y$10$" + crypt64Of(53), Params: map[string]string{"pepper": "x"}}, "bcrypt-peppered refused"},
		{
			Input{Hash: hexOf(16), Method: "md5", Params: map[string]string{"pepper": "x"}},
			"md5 refused: a secret was added to the password, and Kinde can't add it",
		},
		{Input{Hash: "hello", Params: map[string]string{"pepper": "x"}}, "unknown refused"},
		{h("[\"md5\",[\"salt\",\"@\"],\"" + hexOf(16) + "\"]"), "md5 kept: md5 <hex 16> salt=salt position=prefix"},
		{h("[\"SHA256\",[\"@\",\"salt\",\"x\"],\"" + hexOf(32) + "\"]"), "sha256 kept: sha256 <hex 32> salt=saltx position=suffix"},
		{h("[\"md5\",[\"@\"],\"" + hexOf(16) + "\"]"), "md5 kept: md5 <hex 16>"},
		{h("[\"md5\",[\"a\",\"@\",\"b\"],\"" + hexOf(16) + "\"]"), "logto-legacy refused"},
		{h("[\"md5\",[\"@\",\"a\",\"@\"],\"" + hexOf(16) + "\"]"), "logto-legacy refused"},
		{h("[\"md5\",[\"@\",\"@\"],\"" + hexOf(16) + "\"]"), "logto-legacy refused"},
		{h("[\"md5\",[\"a\"],\"" + hexOf(16) + "\"]"), "logto-legacy refused"},
		{h("[\"sha1\",[\"@\"],\"" + hexOf(16) + "\"]"), "logto-legacy refused"},
		{h("[\"md5\",[\"@\"]]"), "logto-legacy malformed: it does not have the parts of this form"},
		{h("[1,[\"@\"],\"x\"]"), "logto-legacy malformed: it does not have the parts of this form"},
		{h("[\"md5\",\"@\",\"x\"]"), "logto-legacy malformed: it does not have the parts of this form"},
		{h("[\"md5\",[\"@\"],1]"), "logto-legacy malformed: it does not have the parts of this form"},
		{h("[x]"), "logto-legacy malformed: it does not have the parts of this form"},
		{h("[x"), "unknown refused"},
		{h("{\"a\":\"b\"}"), "unknown refused: it is a JSON document, and nothing in it is known to be the hash"},
	})
}
