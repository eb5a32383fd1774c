package carry

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// TestIdleConnections carries many idle connections, MOCKER_TEST_CONNECTIONS of
// them, and logs what each costs of this process's memory: they hold no buffer
// and no pipe. Each needs four descriptors here, two in a supervisor.
func TestIdleConnections(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("MOCKER_TEST_CONNECTIONS"))
	if err != nil {
		n = 500
	}
	if files := openFiles(); uint64(4*n+100) > files {
		t.Skipf("%d connections need %d descriptors, the limit is %d: see ulimit -n", n, 4*n+100, files)
	}
	s := NewBounded(n, 8)
	measure := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	type ends struct{ client, server Conn }
	joined, kept := make([][4]Conn, n), make([]ends, n)
	for i := range n {
		client, outside := join(t)
		inside, server := join(t)
		joined[i], kept[i] = [4]Conn{client, outside, inside, server}, ends{client, server}
	}
	before := measure()
	for _, c := range joined {
		if err := c[1].SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		go s.Pair("web-1", c[1], c[2])
	}
	for _, e := range kept { // each has carried something before it is idle
		say(t, e.client, e.server)
		say(t, e.server, e.client)
	}
	quiet(t, s)
	after := measure()
	each := float64(after-min(after, before)) / float64(n) / 1024
	t.Logf("%d idle connections: %.1f KiB each", n, each)
	if each > 16 {
		t.Errorf("%.1f KiB for each idle connection: it holds a buffer", each)
	}
	s.Abort()
	for end := time.Now().Add(patience); s.Active() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("connections are left after the abort")
		}
	}
}

func say(t *testing.T, from, to Conn) {
	t.Helper()
	w, ok1 := from.(interface{ Write([]byte) (int, error) })
	r, ok2 := to.(interface{ Read([]byte) (int, error) })
	if !ok1 || !ok2 {
		t.Fatal("no connection")
	}
	_, err := w.Write([]byte("x"))
	must(t, err)
	_, err = r.Read(make([]byte, 1))
	must(t, err)
}
