package wire

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// MaxMessage bounds one message, in bytes.
	MaxMessage = 64 << 20
	// MaxFiles bounds the files beside one message (SCM_MAX_FD is 253).
	MaxFiles = 250
)

// ErrTooLarge is returned for a message above [MaxMessage].
var ErrTooLarge = errors.New("message too large")

// Conn is one connection. Send may be called by several goroutines, Receive by one.
type Conn struct {
	uc   *net.UnixConn
	send sync.Mutex

	mu sync.Mutex // guards the rest: Close may come from anywhere
	// early are files that arrived with a header, until their message is read.
	early  []*os.File
	closed bool // whoever takes files in closes them
}

// NewConn wraps a connected stream socket; it takes the socket over.
func NewConn(uc *net.UnixConn) *Conn { return &Conn{uc: uc} }

// Close ends the connection; a Receive in progress returns an error.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	closeAll(c.taken())
	return c.uc.Close()
}

// taken are the early files, which are the caller's from now on.
func (c *Conn) taken() []*os.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	files := c.early
	c.early = nil
	return files
}

// SetDeadline bounds all further sends and receives.
func (c *Conn) SetDeadline(t time.Time) error { return c.uc.SetDeadline(t) }

// Send writes one message. The files stay the caller's.
func (c *Conn) Send(v any, files ...*os.File) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	if len(body) > MaxMessage || len(files) > MaxFiles {
		return ErrTooLarge
	}
	msg := make([]byte, 4, 4+len(body))
	binary.BigEndian.PutUint32(msg, uint32(len(body)))
	msg = append(msg, body...)
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = FD(f)
		}
		rights = unix.UnixRights(fds...)
	}
	c.send.Lock()
	defer c.send.Unlock()
	n, _, err := c.uc.WriteMsgUnix(msg, rights, nil)
	runtime.KeepAlive(files)
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if n < len(msg) {
		if _, err := c.uc.Write(msg[n:]); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return nil
}

// Receive reads one message into v and returns the files beside it, close-on-exec.
// io.EOF means that the peer has closed between two messages.
func (c *Conn) Receive(v any) ([]*os.File, error) {
	var head [4]byte
	if err := c.readFull(head[:], true); err != nil {
		return nil, err
	}
	files := c.taken()
	size := binary.BigEndian.Uint32(head[:])
	if size > MaxMessage {
		closeAll(files)
		return nil, ErrTooLarge
	}
	body := make([]byte, size)
	if err := c.readFull(body, false); err != nil {
		closeAll(files)
		return nil, err
	}
	files = append(files, c.taken()...)
	if err := json.Unmarshal(body, v); err != nil {
		closeAll(files)
		return nil, fmt.Errorf("decode message: %w", err)
	}
	return files, nil
}

// readFull fills buf; files that come along, close-on-exec as net asks for them
// (MSG_CMSG_CLOEXEC), are kept in c.early. first allows the connection to end
// before the first byte.
func (c *Conn) readFull(buf []byte, first bool) error {
	oob := make([]byte, unix.CmsgSpace(MaxFiles*4))
	for got := 0; got < len(buf); {
		n, oobn, _, _, err := c.uc.ReadMsgUnix(buf[got:], oob)
		if oobn > 0 {
			c.keep(oob[:oobn])
		}
		if n > 0 {
			got += n
			continue
		}
		switch {
		case err == nil || errors.Is(err, io.EOF):
			if first && got == 0 {
				return io.EOF
			}
			return io.ErrUnexpectedEOF
		case errors.Is(err, syscall.ECONNRESET) && first && got == 0:
			return io.EOF
		default:
			return fmt.Errorf("receive: %w", err)
		}
	}
	return nil
}

func (c *Conn) keep(oob []byte) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			continue
		}
		var files []*os.File
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
		c.mu.Lock()
		if c.closed {
			closeAll(files)
		} else {
			c.early = append(c.early, files...)
		}
		c.mu.Unlock()
	}
}

// PeerPID is the process that connected, in our pid namespace (0 if it is not visible in it).
func (c *Conn) PeerPID() (int, error) {
	cred, err := c.peer()
	if err != nil {
		return 0, err
	}
	return int(cred.Pid), nil
}

func (c *Conn) peer() (*unix.Ucred, error) {
	raw, err := c.uc.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *unix.Ucred
	var cerr error
	if err := raw.Control(func(fd uintptr) {
		cred, cerr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return nil, err
	}
	return cred, cerr
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
