package inside

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// agent shows the socket of an SSH agent. It is one of ours, that passes bytes on: the
// agent on the host answers to its user only, which is root here and nobody else.
func (r *running) agent(i int, m *build.Mount) error {
	host := r.job.Mounts[i].Agent
	if host == "" || r.job.Mounts[i].Absent {
		if m.Required {
			return fmt.Errorf("ssh agent %s: not found: it is given by ssh: of the build, or --ssh", m.ID)
		}
		return nil
	}
	name := fmt.Sprintf("agent%d", i)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: r.files.here(name), Net: "unix"})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false) // it goes with its directory
	p := &passage{host: host, open: map[*net.UnixConn]bool{}}
	r.back.Add("ssh agent", func() error { l.Close(); p.close(); return nil })
	o := r.owner(m, 0o600)
	if err := os.Chown(r.files.here(name), o.uid, o.gid); err != nil {
		return err
	}
	if err := os.Chmod(r.files.here(name), o.mode); err != nil {
		return err
	}
	go p.serve(l)
	r.mountAt(m.Target, path.Join(r.files.in, name))
	return nil
}

// passage passes connections on to the socket at host.
type passage struct {
	host string

	mu   sync.Mutex
	open map[*net.UnixConn]bool // nil: closed
}

// maxPassages bounds the connections of one step.
const maxPassages = 64

func (p *passage) serve(l *net.UnixListener) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return
		}
		go p.pass(c)
	}
}

// enter notes a connection, unless all are to be closed.
func (p *passage) enter(c *net.UnixConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil || len(p.open) >= 2*maxPassages {
		return false
	}
	p.open[c] = true
	return true
}

func (p *passage) leave(c *net.UnixConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
	c.Close()
}

func (p *passage) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
	p.open = nil
}

func (p *passage) pass(c *net.UnixConn) {
	defer p.leave(c)
	if !p.enter(c) {
		return
	}
	to, err := dial(p.host)
	if err != nil {
		return
	}
	defer p.leave(to)
	if !p.enter(to) {
		return
	}
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(to, c)
		_ = to.CloseWrite()
		close(done)
	}()
	_, _ = io.Copy(c, to)
	_ = c.CloseWrite()
	<-done
}

// dial connects to a socket on the host, however long its path is.
func dial(name string) (*net.UnixConn, error) {
	fd, err := unix.Open(name, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	c, err := new(net.Dialer).DialContext(context.Background(), "unix", fmt.Sprintf("/proc/self/fd/%d", wire.FD(f)))
	if err != nil {
		return nil, err
	}
	uc, ok := c.(*net.UnixConn)
	if !ok {
		return nil, fmt.Errorf("%s is no unix socket", name)
	}
	return uc, nil
}
