package mapping

import "testing"

func TestDistinguishedNames(t *testing.T) {
	for dn, want := range map[string][2]string{
		`cn=editors,ou=groups,dc=example,dc=com`: {"editors", "cn=editors,ou=groups,dc=example,dc=com"},
		`CN=Ops\2C North, OU=Groups, DC=example`: {"Ops, North", `cn=ops\, north,ou=groups,dc=example`},
		`cn=Ops\, North,ou=groups,dc=example`:    {"Ops, North", `cn=ops\, north,ou=groups,dc=example`},
		`cn="Ops, North",ou=groups,dc=example`:   {"Ops, North", `cn=ops\, north,ou=groups,dc=example`},
		`cn=Lu\C4\8Di\C4\87`:                     {"Lučić", "cn=lučić"},
		`cn=a\20 ,ou=x`:                          {"a ", "cn=a ,ou=x"},
		`cn=C\23,ou=x`:                           {"C#", "cn=c#,ou=x"},
		`cn=back\\slash\+plus+sn=x,dc=y`:         {`back\slash+plus`, `cn=back\\slash\+plus,sn=x,dc=y`},
		`ipaUniqueID=1,cn=hbac`:                  {"", "ipauniqueid=1,cn=hbac"},
		`cn="a,b" ,ou="c" + d=e`:                 {"a,b", `cn=a\,b,ou=c,d=e`},
		`cn=a  b  ;ou= x `:                       {"a  b", "cn=a  b,ou=x"},
		`cn="a ",ou=x`:                           {"a ", "cn=a ,ou=x"},
		`cn=a\`:                                  {`a\`, `cn=a\\`},
		`cn=a\4`:                                 {"a4", "cn=a4"},
		`cn=a\g1`:                                {"ag1", "cn=ag1"},
		`cn=\ff`:                                 {"\ufffd", "cn=\ufffd"},
		`cn=`:                                    {"", "cn="},
		`=x`:                                     {"", "=x"},
		` cn = x , nothing`:                      {"x", " cn = x , nothing"},
		`no name`:                                {"", "no name"},
	} {
		name, ok := commonName(dn)
		if !ok {
			name = ""
		}
		if canon, _ := canonicalDN(dn); name != want[0] || canon != want[1] {
			t.Errorf("%s: %q and %q", dn, name, canon)
		}
	}
}

func FuzzDistinguishedNames(f *testing.F) {
	f.Add(`cn=Ops\2C North,dc=x`)
	f.Add(`cn="a,b"+sn=\`)
	f.Fuzz(func(t *testing.T, dn string) {
		once, _ := canonicalDN(dn)
		_, _ = commonName(once)
	})
}
