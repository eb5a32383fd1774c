package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// reachPatience is how long a target may take. Nothing answers a test's
// questions more slowly that answers at all.
const reachPatience = 5 * time.Second

// reach tries all targets at once and prints, in their order, "TARGET RESULT".
// A result is what the other side said, or one word for what came instead:
// refused, unreachable, timeout, reset, forbidden, closed, nothing.
//
//	tcp:HOST:PORT   connects, and reads a line
//	ask:HOST:PORT   connects, says "hello" first, and reads a line
//	udp:HOST:PORT   sends "hello", and reads a packet
//	ping:ADDRESS    ICMP echo through a ping socket (icmp(7))
//	arp:ADDRESS     asks for it by ARP on every interface, needs NET_RAW
//	dns:NAME        addresses of a name; dns4, dns6: of one family
//	nsudp:SERVER:PORT/NAME, nstcp:...   IPv4 addresses of a name, asked of that server
func reach(args []string) error {
	results := make([]string, len(args))
	var wg sync.WaitGroup
	for i, target := range args {
		wg.Go(func() {
			kind, rest, _ := strings.Cut(target, ":")
			said, err := reachOne(kind, rest)
			if results[i] = strings.TrimSpace(said); err != nil {
				results[i] = reachWord(err)
			}
		})
	}
	wg.Wait()
	for i, target := range args {
		fmt.Println(target, results[i])
	}
	return nil
}

func reachOne(kind, target string) (string, error) {
	switch kind {
	case "tcp", "ask":
		return reachStream(target, kind == "ask")
	case "udp":
		return reachPacket(target)
	case "ping":
		return reachPing(target)
	case "arp":
		return reachARP(target)
	case "dns", "dns4", "dns6":
		ctx, cancel := context.WithTimeout(context.Background(), 2*reachPatience)
		defer cancel()
		ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip"+strings.TrimPrefix(kind, "dns"), target)
		var words []string
		for _, ip := range ips {
			words = append(words, ip.Unmap().String())
		}
		return strings.Join(words, " "), err
	}
	if network, ok := strings.CutPrefix(kind, "ns"); ok {
		server, name, _ := strings.Cut(target, "/")
		return reachName(network, server, name)
	}
	return "", fmt.Errorf("no such kind of target: %s", kind)
}

// reachName asks one server.
func reachName(network, server, name string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), reachPatience)
	defer cancel()
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server)
	}}
	ips, err := r.LookupNetIP(ctx, "ip4", name+".")
	var words []string
	for _, ip := range ips {
		words = append(words, ip.Unmap().String())
	}
	return strings.Join(words, " "), err
}

func reachWord(err error) string {
	var noName *net.DNSError
	switch {
	case errors.As(err, &noName) && noName.IsNotFound:
		return "unknown"
	case errors.As(err, &noName) && noName.IsTemporary && !noName.IsTimeout:
		return "servfail"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "forbidden"
	case errors.Is(err, io.EOF):
		return "closed"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		return "timeout"
	}
	return "error: " + err.Error()
}

func reachStream(target string, first bool) (string, error) {
	c, err := net.DialTimeout("tcp", target, reachPatience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(reachPatience)); err != nil {
		return "", err
	}
	if first {
		if _, err := io.WriteString(c, "hello\n"); err != nil {
			return "", err
		}
	}
	return bufio.NewReader(c).ReadString('\n')
}

func reachPacket(target string) (string, error) {
	c, err := net.Dial("udp", target)
	if err != nil {
		return "", err
	}
	defer c.Close()
	buf := make([]byte, 2048)
	for range 3 { // a packet may be lost
		if _, err = io.WriteString(c, "hello"); err != nil {
			return "", err
		}
		if err = c.SetReadDeadline(time.Now().Add(reachPatience / 3)); err != nil {
			return "", err
		}
		var n int
		if n, err = c.Read(buf); err == nil {
			return string(buf[:n]), nil
		}
		if !os.IsTimeout(err) {
			return "", err
		}
	}
	return "", err
}

func reachPing(target string) (string, error) {
	a, err := netip.ParseAddr(target)
	if err != nil {
		return "", err
	}
	family, proto, echo, reply := syscall.AF_INET, syscall.IPPROTO_ICMP, byte(8), byte(0)
	var to syscall.Sockaddr = &syscall.SockaddrInet4{}
	if a.Is4() {
		to = &syscall.SockaddrInet4{Addr: a.As4()}
	} else {
		family, proto, echo, reply = syscall.AF_INET6, syscall.IPPROTO_ICMPV6, 128, 129
		to = &syscall.SockaddrInet6{Addr: a.As16()}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, proto)
	if err != nil {
		return "", err
	}
	defer syscall.Close(fd)
	if err := syscall.Connect(fd, to); err != nil {
		return "", err
	}
	// The kernel puts in identifier and checksum (icmp(7)).
	packet := append([]byte{echo, 0, 0, 0, 0, 0, 0, 1}, "hello"...)
	buf := make([]byte, 256)
	patience := syscall.NsecToTimeval((reachPatience / 2).Nanoseconds())
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &patience); err != nil {
		return "", err
	}
	for range 2 {
		if _, err = syscall.Write(fd, packet); err != nil {
			return "", err
		}
		var n int
		n, err = syscall.Read(fd, buf)
		for errors.Is(err, syscall.EINTR) { // a read with a time-out is not begun again (signal(7))
			n, err = syscall.Read(fd, buf)
		}
		if err == nil && n >= 8 && buf[0] == reply {
			return "pong " + string(buf[8:n]), nil
		}
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			return "", err
		}
	}
	return "", os.ErrDeadlineExceeded
}

// reachARP broadcasts a request for the address on every interface and waits for
// somebody to say that it is his (RFC 826).
func reachARP(target string) (string, error) {
	a, err := netip.ParseAddr(target)
	if err != nil {
		return "", err
	}
	links, err := net.Interfaces()
	if err != nil {
		return "", err
	}
	const arp = 0x0806
	swapped := uint16(arp>>8 | arp&0xff<<8)
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, int(swapped))
	if err != nil {
		return "", err
	}
	defer syscall.Close(fd)
	patience := syscall.NsecToTimeval((200 * time.Millisecond).Nanoseconds())
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &patience); err != nil {
		return "", err
	}
	want := a.As4()
	for _, l := range links {
		if len(l.HardwareAddr) != 6 {
			continue
		}
		request := binary.BigEndian.AppendUint16([]byte{0, 1, 8, 0, 6, 4}, 1)
		request = append(request, l.HardwareAddr...)
		request = append(request, own4(l)...)
		request = append(append(request, 0, 0, 0, 0, 0, 0), want[:]...)
		to := &syscall.SockaddrLinklayer{Protocol: swapped, Ifindex: l.Index, Halen: 6, Addr: [8]byte{255, 255, 255, 255, 255, 255}}
		if err := syscall.Sendto(fd, request, 0, to); err != nil {
			return "", err
		}
	}
	buf := make([]byte, 64)
	for end := time.Now().Add(reachPatience / 5); time.Now().Before(end); {
		n, _, err := syscall.Recvfrom(fd, buf, 0)
		if err == nil && n >= 28 && buf[7] == 2 && [4]byte(buf[14:18]) == want {
			return "at " + net.HardwareAddr(buf[8:14]).String(), nil
		}
	}
	return "", os.ErrDeadlineExceeded
}

// own4 is an IPv4 address of the interface, or none.
func own4(l net.Interface) []byte {
	addrs, err := l.Addrs()
	if err == nil {
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
				return n.IP.To4()
			}
		}
	}
	return []byte{0, 0, 0, 0}
}
