package resolvconf

import (
	"net/netip"
	"reflect"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	got := Parse("; old\n# x\nsearch a b\ndomain c d\nnameserver 192.0.2.1 # x\nnameserver nonsense\n\tnameserver fe80::1%eth0\n" +
		"nameserver ::ffff:192.0.2.2\nnameserver 192.0.2.3\nnameserver\noptions rotate timeout:1\noptions ndots:2\nsortlist 1.2.3.4\noptions")
	want := Conf{
		Servers: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("192.0.2.2")},
		Search:  []string{"c"}, Options: []string{"rotate", "timeout:1", "ndots:2"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if again := Parse(got.String()); !reflect.DeepEqual(again, want) {
		t.Errorf("written and read again: %+v", again)
	}
	if s := (Conf{}).String(); s != "" {
		t.Errorf("nothing is written as %q", s)
	}
}

func TestInside(t *testing.T) {
	host := Parse("nameserver 127.0.0.53\nsearch lan example.org\noptions edns0 trust-ad\n")
	server := netip.MustParseAddr("127.0.0.11")
	for _, c := range []struct {
		host Conf
		w    Wanted
		want string
	}{
		{host, Wanted{}, "nameserver 127.0.0.11\nsearch lan example.org\noptions edns0 trust-ad ndots:0\n"},
		{Conf{}, Wanted{}, "nameserver 127.0.0.11\noptions ndots:0\n"},
		{host, Wanted{Search: []string{"."}}, "nameserver 127.0.0.11\noptions edns0 trust-ad ndots:0\n"},
		{host, Wanted{Search: []string{"corp"}, Options: []string{"use-vc", "ndots:3"}}, "nameserver 127.0.0.11\nsearch corp\noptions use-vc ndots:3\n"},
		{Parse("options ndots:5"), Wanted{}, "nameserver 127.0.0.11\noptions ndots:5\n"},
		{Parse("options ndots:x"), Wanted{}, "nameserver 127.0.0.11\noptions ndots:x ndots:0\n"},
	} {
		if got := c.host.Inside(server, c.w).String(); got != c.want {
			t.Errorf("%+v with %+v:\n%swant\n%s", c.host, c.w, got, c.want)
		}
	}
	if got := host.With(Wanted{Servers: []netip.Addr{server}}).Servers; !reflect.DeepEqual(got, []netip.Addr{server}) {
		t.Errorf("with servers: %v", got)
	}
	if len(host.Options) != 2 {
		t.Errorf("the host's own were changed: %v", host.Options)
	}
}

func TestManners(t *testing.T) {
	for _, c := range []struct {
		options []string
		want    Manners
	}{
		{nil, Manners{}},
		{[]string{"timeout:3", "attempts:1", "rotate"}, Manners{3 * time.Second, 1, true}},
		{[]string{"timeout:0", "attempts:99"}, Manners{time.Second, 5, false}},
		{[]string{"timeout:900", "timeout:x", "attempts"}, Manners{30 * time.Second, 0, false}},
	} {
		if got := MannersOf(c.options); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.options, got, c.want)
		}
	}
}
