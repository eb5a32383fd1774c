package ether

import (
	"net/netip"
	"testing"
)

func TestCheckName(t *testing.T) {
	for name, good := range map[string]bool{
		"eth0": true, "wan": true, "a.b-c_d": true, "fifteen-letters": true,
		"": false, "sixteen--letters": false, "lo": false, "all": false, "default": false, "..": false, "a/b": false, "a:1": false, "a b": false, "e%d": false, "é": false,
	} {
		if err := CheckName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestMAC(t *testing.T) {
	for text, want := range map[string]string{
		"02:42:ac:11:00:02": "02:42:ac:11:00:02", "02-42-AC-11-00-02": "02:42:ac:11:00:02", "0242.ac11.0002": "02:42:ac:11:00:02",
		"01:42:ac:11:00:02": "", "ff:ff:ff:ff:ff:ff": "", "00:00:00:00:00:00": "", "02:42:ac:11:00": "", "02:42:ac:11:00:02:00:01": "", "x": "", "": "",
	} {
		mac, err := ParseMAC(text)
		if (err == nil) != (want != "") || err == nil && mac.String() != want {
			t.Errorf("%q: %s, %v", text, mac, err)
		}
	}
	seen := map[string]bool{}
	for _, a := range []string{"10.5.0.2", "10.5.0.3", "fd00::2", "fd00::3", "fd01::2"} {
		mac := MACFor(netip.MustParseAddr(a))
		if _, err := ParseMAC(mac.String()); err != nil || mac[0]&2 == 0 || seen[mac.String()] {
			t.Errorf("%s: %s, %v", a, mac, err)
		}
		seen[mac.String()] = true
	}
	if got := LinkLocal(MACFor(netip.MustParseAddr("10.5.0.2"))); got.String() != "fe80::6d:aff:fe05:2" {
		t.Errorf("link-local %s", got)
	}
}
