package netstack

import (
	"testing"

	"github.com/vishvananda/netlink"
)

// Ends of pairs and, with its first port, the bridge allow bursts above 64 KiB,
// where the kernel has them.
func TestLargeBursts(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	n := ensure(t, s, Network{Name: "n"})
	web := service(t, s, "web-1", "n")
	allowed := func(name string, links []netlink.Link) {
		t.Helper()
		for _, l := range links {
			if l.Attrs().Name != name {
				continue
			}
			switch got := l.Attrs().GSOIPv4MaxSize; got {
			case 0:
				t.Skip("this kernel has no large bursts of IPv4: Linux 6.3")
			case burst:
			default:
				t.Errorf("%s allows %d", name, got)
			}
			return
		}
		t.Errorf("no interface %s", name)
	}
	inR, err := s.router.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	allowed(n.Bridge, inR)
	allowed(web.Endpoints()[0].RouterEnd, inR)
	visit(t, web.NS(), func() error {
		inside, err := netlink.LinkList()
		allowed("eth0", inside)
		return err
	})
}
