package firewall

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// A project may have many networks: the kernel must not be asked to say more than
// its socket can hold, and nobody may wait for what it dropped.
func TestManyNetworks(t *testing.T) {
	if !testns.Isolated(t, testns.Net|testns.Mount) {
		return
	}
	if err := netlink.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}); err != nil {
		t.Fatal(err)
	}
	table, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	rules := someRules()
	rules.Networks = nil
	for i := range 50 {
		four, six := netip.AddrFrom4([4]byte{10, 89, byte(i), 1}), netip.AddrFrom16([16]byte{0: 0xfd, 1: byte(i), 15: 1})
		rules.Networks = append(rules.Networks, Network{
			Bridge: fmt.Sprintf("mcb%d", i), Internal: i%3 == 0, Gateways: []netip.Addr{four, six},
			Subnets: []netip.Prefix{netip.PrefixFrom(four, 24).Masked(), netip.PrefixFrom(six, 64).Masked()},
		})
	}
	done := make(chan error, 1)
	go func() { done <- table.Apply(rules) }()
	select {
	case err = <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for ever")
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(list(t), "jump source-"); n != len(rules.Networks) {
		t.Errorf("%d networks are in the table, want %d", n, len(rules.Networks))
	}
	// What the kernel refuses is told, and the rules before stay in force.
	nowhere := &nftables.Chain{Name: "nowhere", Table: &nftables.Table{Family: nftables.TableFamilyINet, Name: TableName}}
	for range 3 {
		table.conn.AddRule(&nftables.Rule{Table: nowhere.Table, Chain: nowhere, Exprs: accept()})
		table.conn.FlushTable(nowhere.Table)
		if err := table.socket.flush(table.conn); !errors.Is(err, unix.ENOENT) {
			t.Errorf("a rule for a chain that is not there: %v", err)
		}
	}
	if n := strings.Count(list(t), "jump source-"); n != len(rules.Networks) {
		t.Errorf("after that, %d networks are in the table", n)
	}
	// A batch that fails in many places is told once.
	for range 500 {
		table.conn.AddRule(&nftables.Rule{Table: nowhere.Table, Chain: nowhere, Exprs: accept()})
	}
	if err := table.socket.flush(table.conn); !errors.Is(err, unix.ENOENT) {
		t.Errorf("many of them: %v", err)
	}
	rules.Networks = rules.Networks[:7]
	if err := table.Apply(rules); err != nil {
		t.Errorf("and after that: %v", err)
	}
}
