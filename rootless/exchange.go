package rootless

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// ErrNoExchange says that processes cannot be put into a user namespace that was made
// ahead: Go has threads, and with them setns(2) fails; it takes the stub.
var ErrNoExchange = errors.New("not on this architecture")

// ExchangedUserNS makes a user namespace below the one that the caller is in and has
// all capabilities in: it has the same ids, two of which have changed places. It is
// there as long as somebody has the file, or a process is in it (user_namespaces(7));
// its maps need no newuidmap, since the ids are ours already.
func ExchangedUserNS(ctx context.Context, x exchange.IDs) (*os.File, error) {
	if UsePortable() {
		return nil, ErrNoExchange
	}
	maps, err := exchangedMaps(x)
	if err != nil {
		return nil, err
	}
	r, w, err := blockingPipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	defer r.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	var p program.Program
	p.Do("close the writing end", unix.SYS_CLOSE, 6)
	p.Do("wait until the namespace has been opened", unix.SYS_READ, 5, p.Bytes(make([]byte, 8)), 1)
	p.Do("end", unix.SYS_EXIT_GROUP, 0)
	b, err := spawn(&p, [3]*os.File{null, null, null}, []*os.File{r, w}, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER})
	if err != nil {
		return nil, fmt.Errorf("make a user namespace in ours: %w", err)
	}
	defer b.status.Close()
	defer b.kill()
	if err := maps.write(ctx, b.pid); err != nil {
		return nil, err
	}
	// The pid is that of our child, which has not been collected.
	return os.OpenFile(fmt.Sprintf("/proc/%d/ns/user", b.pid), os.O_RDONLY|unix.O_CLOEXEC, 0)
}

func exchangedMaps(x exchange.IDs) (m IDMaps, err error) {
	m.Direct = true
	if m.UIDs, err = exchanged("/proc/self/uid_map", x.UID); err == nil {
		m.GIDs, err = exchanged("/proc/self/gid_map", x.GID)
	}
	return m, err
}

func exchanged(path string, id uint32) (lines []IDRange, err error) {
	ranges, err := identity(path)
	if err != nil {
		return nil, err
	}
	var have []exchange.Range
	for _, r := range ranges {
		have = append(have, exchange.Range(r))
	}
	list, ok := exchange.Map(have, id)
	if !ok {
		return nil, fmt.Errorf("id %d does not exist in your user namespace (%s)", id, path)
	}
	for _, r := range list {
		lines = append(lines, IDRange(r))
	}
	return lines, nil
}
