package rootless

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// EnsureProject makes sure that the project's supervisor accepts connections:
// it starts the user holder, the project holder and the supervisor, each if it
// does not run. report gets what the user should know once (a line each).
func EnsureProject(ctx context.Context, dirs state.Dirs, project string, report func(string)) error {
	for {
		err := ensureOnce(ctx, dirs, project, report)
		if !errors.Is(err, errHolderLost) {
			return err
		}
		select { // it died under our hands: the next one takes over what it had
		case <-ctx.Done():
			return err
		case <-time.After(retryPause):
		}
	}
}

// errHolderLost says that the user holder ended while we talked to it.
var errHolderLost = errors.New("the user holder has died")

const retryPause = 20 * time.Millisecond

func ensureOnce(ctx context.Context, dirs state.Dirs, project string, report func(string)) error {
	c, err := ensureUserHolder(ctx, dirs, report)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	defer c.lock.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.conn.SetDeadline(deadline)
	}
	if err := c.conn.Send(userRequest{Ensure: project, Cgroup: os.Getenv(delegate.HandOver)}); err != nil {
		return lost(ctx, err)
	}
	var answer userAnswer
	if _, err := c.conn.Receive(&answer); err != nil {
		return lost(ctx, err)
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	if answer.Notice != "" {
		report(answer.Notice)
	}
	return nil
}

func lost(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("the user holder does not answer: %w", err)
	}
	return fmt.Errorf("%w: %w", errHolderLost, err)
}

// holderConn is a connection to the user holder, and the lock that keeps it
// from ending meanwhile.
type holderConn struct {
	conn *wire.Conn
	lock *os.File
}

func ensureUserHolder(ctx context.Context, dirs state.Dirs, report func(string)) (*holderConn, error) {
	if err := makeDirs(dirs); err != nil {
		return nil, err
	}
	lock, err := state.Lock(dirs.UserLock())
	if err != nil {
		return nil, explainDir(cause.Run(dirs.Run), err)
	}
	conn, err := wire.Dial(ctx, dirs.UserSocket())
	if err == nil {
		return &holderConn{conn, lock}, nil
	}
	if err := startUserHolder(ctx, dirs, report); err != nil {
		lock.Close()
		return nil, err
	}
	conn, err = wire.Dial(ctx, dirs.UserSocket())
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &holderConn{conn, lock}, nil
}

// makeDirs makes our directories.
func makeDirs(dirs state.Dirs) error {
	for _, d := range []struct {
		is   cause.Dir
		path string
	}{
		{cause.Run(dirs.Run), dirs.Run},
		{cause.Run(dirs.Run), dirs.ProjectsRun()},
		{cause.Data(dirs.Data), dirs.Data},
		{cause.Data(dirs.Data), dirs.ProjectsData()},
	} {
		if err := state.MakePrivate(d.path); err != nil {
			return explainDir(d.is, err)
		}
	}
	return nil
}

// explainDir says why a directory of ours cannot be written to, if the kernel says so.
func explainDir(d cause.Dir, err error) error {
	for _, known := range []error{unix.EACCES, unix.EPERM, unix.EROFS, unix.ENOSPC, unix.EDQUOT} {
		if errors.Is(err, known) {
			return &cause.Error{Doing: "use " + d.Path, Err: err, Cause: cause.Write(cause.Here(), d, err)}
		}
	}
	return err
}

func startUserHolder(ctx context.Context, dirs state.Dirs, report func(string)) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	argv := []string{"mocker-compose", RoleArg, RoleUserHolder, dirs.Run, dirs.Data, ""}
	if survivor := anySurvivor(dirs); survivor != nil {
		report("the process that owns the user namespace had died; a new one has taken over what still runs")
		err = joinUserNamespace(survivor, argv, w)
		survivor.Close()
	} else {
		err = startFresh(ctx, argv, w, report)
	}
	w.Close()
	if err != nil {
		return err
	}
	if err := awaitReady(r); err != nil {
		return fmt.Errorf("start user holder: %w", err)
	}
	return nil
}

func startFresh(ctx context.Context, argv []string, ready *os.File, report func(string)) error {
	maps, err := FindIDMaps()
	if err != nil {
		return err
	}
	if maps.Degraded != "" {
		report(maps.Degraded)
	}
	err = createUserNamespace(ctx, maps, argv, ready)
	if c, known := cause.Of(err); err == nil || maps.Single() || maps.Direct || known && !cause.OfIDs(c) {
		return err
	}
	// A range that the kernel or newuidmap refuses must not be the end: one id works.
	if serr := createUserNamespace(ctx, SingleID(), argv, ready); serr != nil {
		return errors.Join(err, serr)
	}
	report(onlyOne + cause.Line(err))
	return nil
}

// anySurvivor is a pidfd of a process of ours that lives in the user namespace
// of a user holder that does not, nil if there is none.
func anySurvivor(dirs state.Dirs) *os.File {
	entries, err := os.ReadDir(dirs.ProjectsRun())
	if err != nil {
		return nil
	}
	for _, e := range entries {
		for _, socket := range []string{dirs.HolderSocket(e.Name()), dirs.APISocket(e.Name())} {
			if f := listener(socket); f != nil {
				return f
			}
		}
	}
	return nil
}

// Unshare runs a command in the user namespace, as its root, on the caller's
// terminal and in the caller's directory. It returns the command's exit code.
func Unshare(ctx context.Context, dirs state.Dirs, argv []string, report func(string)) (int, error) {
	if len(argv) == 0 {
		argv = []string{shell()}
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return 127, fmt.Errorf("unshare: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return 127, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return 1, err
	}
	c, err := ensureUserHolder(ctx, dirs, report)
	if err != nil {
		return 1, err
	}
	holder, err := c.conn.PeerPidfd()
	c.conn.Close()
	if err != nil {
		c.lock.Close()
		return 1, err
	}
	defer holder.Close()
	defer c.lock.Close()
	argv[0] = path
	return execInside(holder, argv, os.Environ(), dir, [3]*os.File{os.Stdin, os.Stdout, os.Stderr})
}

func shell() string {
	if s := os.Getenv("SHELL"); s != "" {
		return s
	}
	return "/bin/sh"
}
