package netstack

import (
	"errors"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/netstack/settings"
)

// birth is what comes out of the making of a namespace.
type birth struct {
	ns    *os.File
	names nameSockets // empty: the container has no resolver of its own
}

// files are those to be kept, by their names.
func (b birth) files(id string) map[string]*os.File {
	files := map[string]*os.File{netName(id): b.ns}
	if b.names.packets != nil {
		files[dnsName(id, "udp")], files[dnsName(id, "tcp")] = b.names.packets, b.names.streams
	}
	return files
}

// makeNamespace makes a namespace with all that is in it. It runs on the worker
// and leaves it in there. All is done in one visit and by one thread, although
// the endpoints could be made by any: nearly all of the time is spent under the
// kernel's one network lock, and threads that wait for it burn their processor.
// On failure nothing is left.
func (s *Stack) makeNamespace(sb *Sandbox, ports []port) (b birth, err error) {
	if b.ns, err = unshareNet(sb.id); err != nil {
		return birth{}, err
	}
	defer func() {
		if err != nil {
			b.ns.Close()
			b.names.close()
		}
	}()
	inside, err := openRTNetlink()
	if err != nil {
		return b, err
	}
	defer inside.close()
	if err := s.configure(inside, wantsIPv6(ports)); err != nil {
		return b, err
	}
	if sb.ownResolver() {
		if b.names, err = listenForNames(resolverAddr); err != nil {
			return b, err
		}
	}
	return b, attachAll(b.ns, inside, ports, wantsIPv6(ports))
}

// configure gives the calling thread's namespace, which is new, its loopback
// and settings.
func (s *Stack) configure(inside rtnetlink, ipv6 bool) error {
	inherits := true
	err := inside.do(func(body []byte) { inherits = !clean(body) }, askInherited(), loopbackUp())
	if err != nil {
		return err
	}
	if inherits {
		err = settings.Apply(settings.Inherited)
	}
	if ipv6 {
		err = errors.Join(err, settings.AllowIPv6())
	} else {
		err = errors.Join(err, settings.WithoutIPv6())
	}
	if err := errors.Join(err, settings.Apply(settings.Service, s.calm)); err != nil {
		return err
	}
	if err := settings.AllowPing(s.lastGID); err != nil {
		s.noPing.Do(func() { s.report(fmt.Sprintf("ping works in containers only with the capability NET_RAW: %v", err)) })
	}
	return nil
}
