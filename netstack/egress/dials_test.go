package egress

import (
	"net/netip"
	"os"
	"testing"
)

// A dial goes from its beginning to whoever takes it, also one whose outside was
// connected and has reset the connection before anybody looked.
func TestDials(t *testing.T) {
	d := newDials()
	defer d.close()
	f := flow{netip.MustParseAddrPort("10.89.0.7:4711"), netip.MustParseAddrPort("198.51.100.1:80")}
	file := func() *os.File {
		null, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		return null
	}
	for _, c := range []struct {
		name string
		conn *os.File
		gone bool
	}{{"connected", file(), false}, {"reset", nil, true}} {
		if got := d.begin(f); got != begun {
			t.Errorf("%s: begin: %d, want begun", c.name, got)
		}
		if got := d.begin(f); got != under {
			t.Errorf("%s: while it is under way: %d", c.name, got)
		}
		d.connected(f, c.conn)
		if got := d.begin(f); got != ready {
			t.Errorf("%s: when it is decided: %d, want ready", c.name, got)
		}
		if conn, gone := d.take(f); conn != c.conn || gone != c.gone {
			t.Errorf("%s: take: %v, %t", c.name, conn, gone)
		}
		c.conn.Close()
		if conn, gone := d.take(f); conn != nil || gone || d.len() != 0 {
			t.Errorf("%s: taken twice: %v, %t, %d left", c.name, conn, gone, d.len())
		}
	}
}
