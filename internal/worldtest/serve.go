package worldtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// World is one party of the outside.
type World struct {
	name    string
	queries queryLog
}

// Serve answers as name on all addresses until ctx ends. It returns at once, or
// the error of the first socket that cannot be had.
func Serve(ctx context.Context, name string, addrs ...netip.Addr) (*World, error) {
	w := &World{name: name}
	for _, a := range addrs {
		if err := w.serveAt(ctx, a); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *World) serveAt(ctx context.Context, a netip.Addr) error {
	for port, serve := range map[uint16]func(net.Conn){
		7: w.echo, 53: w.dnsStream, 2001: resets, 2002: neverReads(ctx), 2003: drips,
	} {
		if err := listen(ctx, netip.AddrPortFrom(a, port), serve); err != nil {
			return err
		}
	}
	for port, answer := range map[uint16]func(net.PacketConn, []byte, net.Addr){7: w.echoPacket, 53: w.dnsPacket} {
		if err := packets(ctx, netip.AddrPortFrom(a, port), answer); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", netip.AddrPortFrom(a, 80).String())
	if err != nil {
		return err
	}
	s := &http.Server{Handler: w.web(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { s.Close() })
	go s.Serve(l) //nolint:errcheck // ends with the server
	return nil
}

func (w *World) web() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/peer", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(rw, "peer %s at %s\n", r.RemoteAddr, w.name)
	})
	mux.HandleFunc("/queries", func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, w.queries.text()) }) //nolint:errcheck // the client has gone
	mux.HandleFunc("/bytes/{n}", func(rw http.ResponseWriter, r *http.Request) {
		n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		io.CopyN(rw, zeros{}, n) //nolint:errcheck // the client has gone
	})
	return mux
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// listen serves each connection in a goroutine of its own.
func listen(ctx context.Context, at netip.AddrPort, serve func(net.Conn)) error {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			go func() { defer c.Close(); serve(c) }()
		}
	}()
	return nil
}

func packets(ctx context.Context, at netip.AddrPort, answer func(net.PacketConn, []byte, net.Addr)) error {
	c, err := net.ListenPacket("udp", at.String())
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { c.Close() })
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := c.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				answer(c, append([]byte(nil), buf[:n]...), from)
			}
		}
	}()
	return nil
}

func (w *World) echo(c net.Conn) {
	fmt.Fprintf(c, "peer %s at %s\n", c.RemoteAddr(), w.name)
	io.Copy(c, c) //nolint:errcheck // the client has gone
}

func (w *World) echoPacket(c net.PacketConn, b []byte, from net.Addr) {
	c.WriteTo(fmt.Appendf(nil, "peer %s at %s: %s", from, w.name, b), from) //nolint:errcheck // as the network does: lost
}

func resets(c net.Conn) {
	if tc, ok := c.(*net.TCPConn); ok {
		tc.SetLinger(0) //nolint:errcheck // then it is closed in order, and the test sees that
	}
}

func neverReads(ctx context.Context) func(net.Conn) { return func(net.Conn) { <-ctx.Done() } }

func drips(c net.Conn) {
	for {
		if _, err := c.Write([]byte{'.'}); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
