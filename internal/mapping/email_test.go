package mapping

import (
	"strings"
	"testing"
)

// TestEmailFaults says of each address what is wrong with it, and changes nothing
// of one that is right but the blanks around it.
func TestEmailFaults(t *testing.T) {
	const sign, domain, dot = "it contains a character that isn't allowed in an address", "the part after the @ is not a domain",
		"a dot is in the wrong place before the @"
	label := strings.Repeat("d", 63)
	long := label + "." + label + "." + label
	for addr, want := range map[string]string{
		"ana@example.com": "", "\tana@example.com\n": "", "a@b@example.com": sign, "azAZ09!#$%&'*+-/=?^_`{|}~@example.com": "",
		"ana": "it has no @", "": "it has no @", "@example.com": "nothing is before the @", "ana@": "nothing is after the @",
		strings.Repeat("a", 64) + "@example.com": "",
		strings.Repeat("a", 65) + "@example.com": "the part before the @ is longer than 64 characters",
		strings.Repeat("a", 62) + "@" + long:     "",
		strings.Repeat("a", 63) + "@" + long:     "it is longer than 254 characters",
		"a@" + label + "d.com":                   domain,
		"a@" + label + ".com":                    "",
		".a@example.com":                         dot, "a.@example.com": dot, "a..b@example.com": dot, "a.b@example.com": "",
		"a b@example.com": sign, "a\x7fb@example.com": sign, "a\x00@example.com": sign, "a~b@example.com": "",
		"a,b@example.com": sign, `a"b@example.com`: sign,
		"jos\u00e9@example.com": "", "jos\u00e9(x@example.com": sign, "jos\u00e9 x@example.com": sign, "jos\u00e9\u00a0x@example.com": sign,
		"jos\u00e9\u0085x@example.com": sign, "jos\u00e9\ufffdx@example.com": sign,
		"jos\u00e9\xff@example.com": "it is not valid UTF-8", "a@ex\xff.com": "it is not valid UTF-8",
		"\u0915\u200d\u0937@example.com": "", "\u0915\u200d\u0937\u200b@example.com": "it contains the invisible character U+200B", "a\u200d\u00e9@example.com": "it contains the invisible character U+200D",
		"\u02ff\u200cx@example.com": "it contains the invisible character U+200C", "\u0300\u200cx@example.com": "",
		"\u200cx@example.com": "it contains the invisible character U+200C", "a\u200b@example.com": "it contains the invisible character U+200B",
		"a@example.com.": "it ends with a dot", "a@example": domain, "a@.com": domain, "a@example..com": domain, "a@-x.com": domain,
		"a@x-.com":  domain,
		"a@x-y.com": "", "a@x_y.com": "", "a@1.2": domain, "a@1.2c": "", "a@1.-": domain, "a@1.2-3": "", "a@EXAMPLE.Com": "",
		"a@exa/mple.com": domain, "a@exa:mple.com": domain,
		"a@exa[mple.com": domain, "a@exa{mple.com": domain, "a@exa`mple.com": domain, "a@9x.0z": "",
		"a@\u043f\u0440.\u0440\u0444": "", "a@x.\u0440\u0444": "",
		"a@1.2\u0440": "", "a@\u0440\u0444.1": domain, "a@ex\u00ad\u0440.com": "it contains the invisible character U+00AD", "a@ex\u200bx.example.com": "it contains the invisible character U+200B",
		"a@ex ample.com": domain,
	} {
		got, err := CheckEmail(addr)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != want || err == nil && got != strings.TrimSpace(addr) || err != nil && got != "" {
			t.Errorf("%q: %q, %q; want %q", addr, got, text, want)
		}
	}
}

// TestUsernames takes what Kinde takes.
func TestUsernames(t *testing.T) {
	const long, signs = "a username in Kinde has 2 to 64 characters", "a username in Kinde has only letters, digits, hyphens and underscores"
	for name, want := range map[string]string{
		"ab": "", "azAZ09-_": "", "a": long, "": long, strings.Repeat("x", 64): "", strings.Repeat("x", 65): long,
		"a.b": signs, "a b": signs, "\u00e9\u00e9": signs, "a/": signs, "a:": signs, "a@": signs, "a[": signs, "a`": signs, "a{": signs,
	} {
		got := ""
		if err := CheckUsername(name); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
