package dns

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func BenchmarkAnswer(b *testing.B) {
	z, msg := shop(), query(b, "db.", dnsmessage.TypeA)
	b.ReportAllocs()
	for b.Loop() {
		Answer(z, "api-1", msg, false)
	}
}

// BenchmarkServer is one client over UDP, with so many questions under way at
// once, the client's own work included.
func BenchmarkServer(b *testing.B) {
	for name, lanes := range map[string]int{"one": 1, "eight": 8, "sixtyfour": 64} {
		b.Run(name, func(b *testing.B) { benchmarkServer(b, lanes) })
	}
}

func benchmarkServer(b *testing.B, lanes int) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	s := NewServer(shop(), FixedUpstream(dialHere, nil), nil)
	var server, clients sync.WaitGroup
	server.Go(func() { s.ServePackets(ctx, c, Only("api-1")) })
	defer server.Wait()
	defer c.Close()
	defer cancel()
	share := b.N/lanes + 1
	took := make([][]time.Duration, lanes)
	b.ResetTimer()
	for lane := range lanes {
		clients.Go(func() { took[lane] = askMany(b, c.LocalAddr().String(), share) })
	}
	clients.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "questions/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}

func askMany(b *testing.B, at string, n int) []time.Duration {
	took := make([]time.Duration, 0, n)
	c, err := net.Dial("udp", at)
	if err != nil {
		b.Error(err)
		return took
	}
	defer c.Close()
	msg, buf := query(b, "db.", dnsmessage.TypeA), make([]byte, MaxUDP)
	for range n {
		start := time.Now()
		if _, err := c.Write(msg); err != nil {
			b.Error(err)
			return took
		}
		if _, err := c.Read(buf); err != nil {
			b.Error(err)
			return took
		}
		took = append(took, time.Since(start))
	}
	return took
}
