package netstack

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

// Benchmarks need all capabilities and use the namespace that they are started
// in as the host's. As a plain user:
//
//	go test -c -o /tmp/b ./netstack && unshare -Urn sh -c 'ip link set lo up; /tmp/b -test.bench . -test.run ^$'
func requireCapabilities(b *testing.B) {
	b.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	if err != nil {
		b.Skipf("no capabilities over this net namespace (%v): run it below `unshare -Urn`", err)
	}
	unix.Close(fd)
}

// BenchmarkSandboxes makes and removes 50 containers on one network.
func BenchmarkSandboxes(b *testing.B) { benchmarkSandboxes(b, Network{Name: "n"}) }

// BenchmarkSandboxes6 does so on one with both families.
func BenchmarkSandboxes6(b *testing.B) { benchmarkSandboxes(b, Network{Name: "n", IPv6: true}) }

func benchmarkSandboxes(b *testing.B, network Network) {
	requireCapabilities(b)
	const n = 50
	var cpu time.Duration
	for b.Loop() {
		b.StopTimer()
		s := open(b, newNamespace(b), newHolder(b))
		share(b, s)
		ensure(b, s, network)
		time.Sleep(settleTime)
		before := cpuTime()
		b.StartTimer()
		for i := range n {
			service(b, s, fmt.Sprintf("web-%d", i), "n")
		}
		b.StopTimer()
		cpu += cpuTime() - before
		for i := range n {
			if err := s.RemoveSandbox(fmt.Sprintf("web-%d", i)); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/sandbox")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N*n), "cpu-µs/sandbox")
}

// BenchmarkTogether makes 50 containers at once, as up does.
func BenchmarkTogether(b *testing.B) {
	requireCapabilities(b)
	const n = 50
	var cpu time.Duration
	for b.Loop() {
		b.StopTimer()
		s := open(b, newNamespace(b), newHolder(b))
		ensure(b, s, Network{Name: "n"})
		time.Sleep(settleTime)
		before := cpuTime()
		b.StartTimer()
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() { service(b, s, fmt.Sprintf("web-%d", i), "n") })
		}
		all.Wait()
		b.StopTimer()
		cpu += cpuTime() - before
		for i := range n {
			if err := s.RemoveSandbox(fmt.Sprintf("web-%d", i)); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/sandbox")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N*n), "cpu-µs/sandbox")
}

// settleTime lets the kernel take earlier namespaces apart, which holds the lock
// that making one needs.
const settleTime = 500 * time.Millisecond

// cpuTime is what this process has used of the processors (getrusage(2)); the
// kernel's own threads, which take namespaces apart, are not in it.
func cpuTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRemove takes 50 containers away.
func BenchmarkRemove(b *testing.B) {
	requireCapabilities(b)
	const n = 50
	for b.Loop() {
		b.StopTimer()
		s := open(b, newNamespace(b), newHolder(b))
		ensure(b, s, Network{Name: "n"})
		for i := range n {
			service(b, s, fmt.Sprintf("web-%d", i), "n")
		}
		b.StartTimer()
		for i := range n {
			if err := s.RemoveSandbox(fmt.Sprintf("web-%d", i)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/sandbox")
}

// BenchmarkLookup asks from inside a container.
func BenchmarkLookup(b *testing.B) {
	requireCapabilities(b)
	s := open(b, newNamespace(b), newHolder(b))
	ensure(b, s, Network{Name: "n"})
	web := service(b, s, "web-1", "n")
	var c net.Conn
	visit(b, web.NS(), func() (err error) {
		c, err = net.Dial("udp", "127.0.0.11:53")
		return err
	})
	defer c.Close()
	q := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName("web."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	msg, err := q.Pack()
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 512)
	for b.Loop() {
		if _, err := c.Write(msg); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStream sends one stream by the host's loopback, and by a published
// port: the ratio counts.
func BenchmarkStream(b *testing.B) {
	requireCapabilities(b)
	s := open(b, newNamespace(b), newHolder(b))
	ensure(b, s, Network{Name: "n"})
	web := service(b, s, "web-1", "n")
	var inside *net.TCPListener
	visit(b, web.NS(), func() (err error) {
		inside, err = net.ListenTCP("tcp", &net.TCPAddr{Port: 80})
		return err
	})
	defer inside.Close()
	p, err := s.Publish("web-1", PortSpec{HostIP: "127.0.0.1", Target: 80})
	if err != nil {
		b.Fatal(err)
	}
	opened(b, hostAddr(p))
	if c, err := inside.Accept(); err == nil { // that of opened
		c.Close()
	}
	host, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer host.Close()
	b.Run("loopback", func(b *testing.B) { stream(b, host, host.Addr().String()) })
	b.Run("published", func(b *testing.B) { stream(b, inside, hostAddr(p)) })
	b.Run("bridge", func(b *testing.B) {
		to := netip.AddrPortFrom(web.Endpoints()[0].IPv4, 80)
		db := service(b, s, "db-1", "n")
		defer func() {
			if err := s.RemoveSandbox("db-1"); err != nil {
				b.Error(err)
			}
		}()
		var c net.Conn
		visit(b, db.NS(), func() (err error) {
			c, err = net.Dial("tcp", to.String())
			return err
		})
		streamOver(b, inside, c)
	})
	b.Run("talk/loopback", func(b *testing.B) { talkOver(b, host, host.Addr().String()) })
	b.Run("talk/published", func(b *testing.B) { talkOver(b, inside, hostAddr(p)) })
	b.Run("connect/loopback", func(b *testing.B) { connects(b, host, host.Addr().String()) })
	b.Run("connect/published", func(b *testing.B) { connects(b, inside, hostAddr(p)) })
}

// talkOver sends a byte there and back, again and again.
func talkOver(b *testing.B, l *net.TCPListener, addr string) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	srv, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	go func() {
		buf := make([]byte, 1)
		for {
			if _, err := srv.Read(buf); err != nil {
				return
			}
			if _, err := srv.Write(buf); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1)
	for b.Loop() {
		if _, err := c.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func stream(b *testing.B, l *net.TCPListener, addr string) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	streamOver(b, l, c)
}

func streamOver(b *testing.B, l *net.TCPListener, c net.Conn) {
	defer c.Close()
	srv, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	const chunk = 1 << 20
	b.SetBytes(chunk)
	b.ResetTimer()
	// Read, not copied: io.Copy to io.Discard could be spliced away.
	done := make(chan error)
	go func() {
		buf := make([]byte, 256<<10)
		for {
			if _, err := srv.Read(buf); err != nil {
				done <- err
				return
			}
		}
	}()
	data := make([]byte, chunk)
	for range b.N {
		if _, err := c.Write(data); err != nil {
			b.Fatal(err)
		}
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		b.Fatal(err)
	}
	if err := <-done; err != io.EOF {
		b.Fatal(err)
	}
}

// connects opens a connection, gets one byte, and closes, again and again.
func connects(b *testing.B, l *net.TCPListener, addr string) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range b.N {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte{1}) // checked by the reader
			c.Close()
		}
	}()
	b.ResetTimer()
	for range b.N {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
	b.StopTimer()
	<-ended
}
