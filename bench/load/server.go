package load

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// The first byte of a connection.
const (
	modeHTTP    = 'G' // of GET
	modeBulk    = 'b'
	modePing    = 'p'
	modeConnect = 'c'
	modeHold    = 'h'
)

const (
	pingSize = 64
	block    = 256 << 10 // of one read or write of the bulk
	patience = 10 * time.Second
)

// Serve answers on TCP and UDP at addr, prints the address with its port to
// ready, and ends with an error only.
func Serve(addr string, ready io.Writer) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", l.Addr().String())
	if err != nil {
		return err
	}
	defer u.Close()
	fmt.Fprintln(ready, l.Addr())
	go echoPackets(u)
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go serve(c)
	}
}

func echoPackets(u net.PacketConn) {
	b := make([]byte, 64<<10)
	for {
		n, from, err := u.ReadFrom(b)
		if err != nil {
			return
		}
		_, _ = u.WriteTo(b[:n], from) // one that is lost is the client's to notice
	}
}

func serve(c net.Conn) {
	defer c.Close()
	var mode [1]byte
	if _, err := io.ReadFull(c, mode[:]); err != nil {
		return
	}
	switch mode[0] {
	case modeBulk:
		var sum [8]byte
		binary.BigEndian.PutUint64(sum[:], uint64(drain(c)))
		_, _ = c.Write(sum[:]) // the client says if it did not come
	case modePing:
		b := make([]byte, pingSize)
		for {
			if _, err := io.ReadFull(c, b); err != nil {
				return
			}
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	case modeHTTP:
		serveHTTP(c, mode[:])
	case modeConnect, modeHold: // the client closes first, soon or late
		_, _ = c.Write(mode[:])
		_, _ = io.ReadFull(c, mode[:])
	}
}

// drain reads to the end, into memory: io.Copy could splice it away.
func drain(c net.Conn) (sum int64) {
	b := make([]byte, block)
	for {
		n, err := c.Read(b)
		sum += int64(n)
		if err != nil {
			return sum
		}
	}
}
