package ports

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Holder is a process that has a socket. PID 0: it cannot be seen from here.
type Holder struct {
	PID     int
	Command string
	UID     int // of the socket, as seen in our user namespace; -1 = no socket found
}

// String describes the holder for an error.
func (h Holder) String() string {
	switch {
	case h.PID != 0:
		return fmt.Sprintf("process %d (%s)", h.PID, h.Command)
	case h.UID == os.Getuid():
		return unseenOwn
	case h.UID >= 0:
		return unseenForeign
	}
	return unseen
}

// unseen are what [Holder.String] says of those that it cannot see.
const (
	unseenOwn     = "another process of yours"
	unseenForeign = "a process of another user"
	unseen        = "a process that cannot be seen"
)

// Named puts a process into a text that says of it what could be seen from elsewhere.
func Named(text, who string) (named string, found bool) {
	for _, u := range []string{unseenOwn, unseenForeign, unseen} {
		if before, ok := strings.CutSuffix(text, inUseBy+u); ok {
			return before + inUseBy + who, true
		}
	}
	return text, false
}

// HolderAt tells who has an address of this machine, "tcp 127.0.0.1:80", for the user;
// "" = it cannot be told, or nobody has it.
func HolderAt(address string) string {
	protocol, at, _ := strings.Cut(address, " ")
	a, err := netip.ParseAddrPort(at)
	if err != nil {
		return ""
	}
	if h := FindHolder(protocol, a); h.PID != 0 {
		return h.String()
	}
	return ""
}

// FindHolder looks for the process whose socket is in the way of binding at.
// It sees the processes that we may inspect: those of the same user in the same
// user namespace or below it. So the command line, which runs in the initial
// one, sees more than a supervisor does.
func FindHolder(protocol string, at netip.AddrPort) Holder {
	inode, uid := socketAt(protocol, at)
	switch {
	case inode == "" && protocol == TCP:
		return boundHolder(at)
	case inode == "":
		return Holder{UID: -1}
	}
	h := Holder{UID: uid}
	fds, err := filepath.Glob("/proc/[0-9]*/fd/[0-9]*")
	if err != nil {
		return h
	}
	for _, fd := range fds {
		if link, err := os.Readlink(fd); err != nil || link != "socket:["+inode+"]" {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(fd, "/")[2])
		if err != nil {
			continue
		}
		h.PID, h.Command = pid, commandOf(pid)
		if pid != os.Getpid() {
			return h
		}
	}
	return h
}

// commandOf is the command line of a process, shortened.
func commandOf(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(b) == 0 {
		b, _ = os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)) //nolint:errcheck // it has ended: no name
	}
	text := strings.TrimSpace(strings.ReplaceAll(string(b), "\x00", " "))
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?' // it goes to a terminal
		}
		return r
	}, text)
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:57], "") + "..."
	}
	return text
}

// socketAt finds the socket that keeps others from binding at: of the same
// port, and of the same or of every address. Listening ones come first.
func socketAt(protocol string, at netip.AddrPort) (inode string, uid int) {
	uid = -1
	for _, path := range []string{"/proc/net/" + protocol, "/proc/net/" + protocol + "6"} {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			row, ok := parseSocketRow(line)
			if !ok || row.inode == "0" || !inTheWay(row.local, at) {
				continue
			}
			if row.listening {
				return row.inode, row.uid
			}
			if inode == "" {
				inode, uid = row.inode, row.uid
			}
		}
	}
	return inode, uid
}

func inTheWay(have, want netip.AddrPort) bool {
	h, w := have.Addr().Unmap(), want.Addr()
	return have.Port() == want.Port() && (h == w || h.IsUnspecified() || w.IsUnspecified() && h.Is4() == w.Is4())
}

// socketRow is one line of /proc/net/tcp (proc_net_tcp.rst) or udp, whose sockets
// never listen.
type socketRow struct {
	local     netip.AddrPort
	listening bool
	uid       int
	inode     string
}

func parseSocketRow(line string) (socketRow, bool) {
	f := strings.Fields(line)
	if len(f) < 10 {
		return socketRow{}, false
	}
	local, ok := parseHexAddr(f[1])
	uid, err := strconv.Atoi(f[7])
	return socketRow{local: local, listening: f[3] == "0A", uid: uid, inode: f[9]}, ok && err == nil
}

// parseHexAddr reads 0100007F:1F90: words of 32 bits in the machine's order.
func parseHexAddr(s string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(s, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	b, err2 := hex.DecodeString(host)
	if !ok || err != nil || err2 != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a, uint16(n)), ok
}
