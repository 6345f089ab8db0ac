package loopback

import "testing"

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "localhost.": true, "kinde.localhost": true,
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.example.com": false, "notlocalhost": false, "127.0.0.1.example.com": false,
		"128.0.0.1": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "::ffff:10.0.0.1": false, "0x7f.1": false,
	} {
		if Host(host) != want {
			t.Errorf("Host(%q) is not %v", host, want)
		}
	}
}
