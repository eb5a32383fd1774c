package systemd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
)

// manager is a connection to a systemd.
type manager struct {
	conn *systemd.Conn
}

// connect connects and says who we are: uid is that outside of our user namespace,
// the one that the socket's credentials give (unix(7), SO_PEERCRED), by which we are known.
func connect(ctx context.Context, address string, uid int) (*manager, error) {
	private := strings.HasSuffix(address, "/systemd/private")
	failed := make(chan error, 1)
	dial := func() (*dbus.Conn, error) {
		c, err := dbus.Dial(address, dbus.WithContext(ctx))
		if err != nil {
			return nil, err
		}
		if err = c.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(uid))}); err == nil && !private {
			err = c.Hello()
		}
		if err != nil {
			c.Close()
			return nil, err
		}
		return c, nil
	}
	// The library's talk before a context is looked at can hang on a peer that says nothing.
	made := make(chan *systemd.Conn, 1)
	go func() {
		c, err := systemd.NewConnection(dial)
		if err != nil {
			failed <- err
			return
		}
		made <- c
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("it does not answer: %w", ctx.Err())
	case err := <-failed:
		return nil, err
	case c := <-made:
		if !private {
			if err := c.Subscribe(); err != nil { // else a bus hands no signals to us
				c.Close()
				return nil, err
			}
		}
		return &manager{c}, nil
	}
}

// lost tells an error of the connection from one that the manager has answered with.
func lost(ctx context.Context, err error) bool {
	var answered dbus.Error
	switch {
	case err == nil:
		return false
	case errors.As(err, &answered):
		// A bus that has no manager to hand the call to, or one that is silent.
		return strings.HasPrefix(answered.Name, "org.freedesktop.DBus.Error.") && (strings.HasSuffix(answered.Name, ".ServiceUnknown") ||
			strings.HasSuffix(answered.Name, ".NoReply") || strings.HasSuffix(answered.Name, ".NameHasNoOwner") ||
			strings.HasPrefix(answered.Name, "org.freedesktop.DBus.Error.Spawn."))
	}
	return ctx.Err() != nil || errors.Is(err, dbus.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
