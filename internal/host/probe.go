package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/host/notify"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// What the watch over readiness needs; see package supervisor/ready.

var errNotThere = errors.New("the container is not there")

// Dial implements supervisor.Runtime.
func (r *Runtime) Dial(ctx context.Context, sc *supervisor.Container, port uint16) (net.Conn, error) {
	c := r.lookup(sc.Name)
	if c == nil {
		return nil, errNotThere
	}
	owner, err := r.netOwner(c)
	if err != nil {
		return nil, err
	}
	if owner.box != nil {
		return r.net.Dial(ctx, owner.box, port)
	}
	if !owner.rec.HostNet {
		return nil, errors.New("its network is not complete")
	}
	var first error
	for _, a := range []string{"127.0.0.1", "::1"} {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(a, strconv.Itoa(int(port))))
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
			var op *net.OpError
			if errors.As(err, &op) {
				first = op.Err // the address says nothing
			}
		}
	}
	return nil, first
}

// FollowLog implements supervisor.Runtime.
func (r *Runtime) FollowLog(ctx context.Context, sc *supervisor.Container, since time.Time, found func(line []byte) bool) error {
	return r.logs.Follow(ctx, sc, since, found)
}

// Notifications implements supervisor.Runtime.
func (r *Runtime) Notifications(ctx context.Context, sc *supervisor.Container, on func(message string) error) error {
	c := r.lookup(sc.Name)
	if c == nil || c.notify == nil {
		return errNotThere
	}
	c.listening.Lock()
	defer c.listening.Unlock()
	return notify.Listen(ctx, c.notify, on)
}

// notified reports that a container has a socket that it tells of its readiness.
func notified(sc *supervisor.Container) bool {
	return sc.Service.Ready != nil && sc.Service.Ready.Notify
}

// notifyFile is the name of the socket in the scratch directory. It is short: the path
// of a socket has 107 bytes at most (unix(7)).
func notifyFile(sc *supervisor.Container) string { return "notify-" + sc.ID[:min(12, len(sc.ID))] }

// openNotify makes the container's socket, or takes the one that an earlier supervisor
// left.
func (r *Runtime) openNotify(c *container, sc *supervisor.Container) error {
	if !notified(sc) {
		return nil
	}
	if c.notify = r.kept.Claim(kept.Notify(c.name)); c.notify != nil {
		return nil
	}
	f, err := notify.Bind(r.scratchPath(notifyFile(sc)))
	if err != nil {
		return fmt.Errorf("socket for readiness: %w", err)
	}
	if err := r.kept.Keep(kept.Notify(c.name), f); err != nil {
		f.Close()
		return err
	}
	c.notify = f
	return nil
}

// closeNotify gives the socket up.
func (r *Runtime) closeNotify(c *container, sc *supervisor.Container) error {
	if c.notify != nil {
		c.notify.Close()
		c.notify = nil
	}
	if !notified(sc) {
		return nil
	}
	err := os.Remove(r.scratchPath(notifyFile(sc)))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, r.kept.Drop(kept.Notify(c.name)))
}

// notifyMount shows the container its socket.
func (r *Runtime) notifyMount(sc *supervisor.Container) specs.Mount {
	return specs.Mount{Type: "bind", Source: r.scratchDir(notifyFile(sc)), Destination: notify.Inside,
		Options: []string{"bind", "ro", "nosuid", "nodev", "noexec"}}
}
