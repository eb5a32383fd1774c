package firewall

import (
	"errors"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

func someRules() Rules {
	return Rules{
		TCP4: 1001, TCP6: 1002, UDP4: 1003, UDP6: 1004, Hold: true,
		Networks: []Network{
			{Bridge: "mcbfront", Subnets: []netip.Prefix{netip.MustParsePrefix("10.89.0.0/24"), netip.MustParsePrefix("fd00:1::/64")},
				Gateways: []netip.Addr{netip.MustParseAddr("10.89.0.1"), netip.MustParseAddr("fd00:1::1")}},
			{Bridge: "mciback", Subnets: []netip.Prefix{netip.MustParsePrefix("10.89.1.0/25")},
				Gateways: []netip.Addr{netip.MustParseAddr("10.89.1.1")}, Internal: true},
		},
	}
}

func TestApplyIsAtomicAndRepeatable(t *testing.T) {
	if !testns.Isolated(t, testns.Net|testns.Mount) {
		return
	}
	if err := netlink.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}); err != nil {
		t.Fatal(err)
	}
	open := func() *Table {
		table, err := Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { table.Close() })
		return table
	}
	first := open()
	for range 3 {
		if err := first.Apply(someRules()); err != nil {
			t.Fatal(err)
		}
	}
	once := list(t)
	for _, want := range []string{
		"socket transparent 1 meta mark set 0x00000001 accept",
		"tproxy ip to 127.0.0.1:1001", "tproxy ip6 to [::1]:1004",
		"ip daddr 10.89.1.0/25 goto refuse", "reject with icmpx admin-prohibited",
		`iifname "mciback" goto from-1`, "ip6 daddr fd00:1::/64 accept", "policy drop",
		`iifname "mciback" jump source-1`, "ip saddr 10.89.1.0/25 return",
	} {
		if !strings.Contains(once, want) {
			t.Errorf("not in the table: %s", want)
		}
	}
	// Another process finds the table and writes it anew, with what has changed.
	second := open()
	if err := second.Apply(someRules()); err != nil {
		t.Fatal(err)
	}
	if again := list(t); again != once {
		t.Errorf("was\n%s\nand is\n%s", once, again)
	}
	changed := someRules()
	changed.Networks = changed.Networks[:1]
	if err := second.Apply(changed); err != nil {
		t.Fatal(err)
	}
	if now := list(t); strings.Contains(now, "mciback") {
		t.Errorf("the old network is still there:\n%s", now)
	}
	uplink := someRules()
	uplink.Uplink, uplink.Closed = "tap0", []netip.Prefix{netip.MustParsePrefix("10.0.2.0/24")}
	if err := second.Apply(uplink); err != nil {
		t.Fatal(err)
	}
	if now := list(t); !strings.Contains(now, `iifname "mcbfront" oifname "tap0" accept`) || strings.Contains(now, `iifname "mciback" oifname`) {
		t.Errorf("the way to the uplink:\n%s", now)
	}
	if now := list(t); !strings.Contains(now, "ip daddr 10.0.2.0/24 goto refuse") {
		t.Errorf("the uplink's own range is open:\n%s", now)
	}
}

func list(t *testing.T) string {
	t.Helper()
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skip("needs the program nft to read the rules back (package nftables)")
	}
	out, err := exec.CommandContext(t.Context(), nft, "list", "table", "inet", TableName).CombinedOutput()
	if err != nil {
		t.Fatalf("nft: %v\n%s", err, out)
	}
	return string(out)
}

func TestForcedOff(t *testing.T) {
	t.Setenv("MOCKER_FORCE_NO_NFT", "1")
	_, err := Open()
	var missing *Unavailable
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "modprobe") {
		t.Errorf("got %v", err)
	}
}
