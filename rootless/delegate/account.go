package delegate

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the user as the world outside of the user namespace knows him.
type account struct {
	uid int
	dir string // XDG_RUNTIME_DIR, or where it would be; "/run" for root
}

// outside finds it: inside of the user namespace we are 0.
func outside() (account, error) {
	b, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return account{}, err
	}
	uid, err := mapOut(string(b), os.Geteuid())
	if err != nil {
		return account{}, err
	}
	a := account{uid: uid, dir: "/run"}
	if uid != 0 {
		a.dir = os.Getenv("XDG_RUNTIME_DIR")
		if !filepath.IsAbs(a.dir) || !mine(a.dir) { // su(1) leaves that of the other user
			a.dir = "/run/user/" + strconv.Itoa(uid)
		}
	}
	return a, nil
}

func mine(dir string) bool {
	st, err := os.Stat(dir)
	if err != nil {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Geteuid()
}

// mapOut translates an id by the text of /proc/self/uid_map (user_namespaces(7)).
func mapOut(text string, id int) (int, error) {
	for line := range strings.Lines(text) {
		var in, out, count int
		if n, _ := fmt.Sscan(line, &in, &out, &count); n == 3 && id >= in && id-in < count {
			return out + id - in, nil
		}
	}
	return 0, fmt.Errorf("user id %d is not in the map of this user namespace", id)
}

// root tells whether the manager is the system's.
func (a account) root() bool { return a.uid == 0 }

// name is the login name, or the number, which loginctl takes as well.
func (a account) name() string {
	number := strconv.Itoa(a.uid)
	if u, err := user.LookupId(number); err == nil && u.Username != "" {
		return u.Username
	}
	return number
}

// sockets are the addresses at which the manager may be asked, the best first: its
// private socket needs no bus.
func (a account) sockets() []string {
	private := "unix:path=" + filepath.Join(a.dir, "systemd", "private")
	if a.root() {
		return []string{private, firstNonEmpty(os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"), "unix:path=/run/dbus/system_bus_socket")}
	}
	return []string{private, firstNonEmpty(os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "unix:path="+filepath.Join(a.dir, "bus"))}
}

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// reachable are those addresses at which there is a socket. An address that is no
// path is kept: only who dials it can tell.
func reachable(addresses []string) (list []string) {
	for _, a := range addresses {
		path, ok := strings.CutPrefix(a, "unix:path=")
		path, _, _ = strings.Cut(path, ",")
		if st, err := os.Stat(path); !ok || err == nil && st.Mode().Type() == os.ModeSocket {
			list = append(list, a)
		}
	}
	return list
}

// lingers tells whether the user's manager outlives his last session (loginctl(1),
// enable-linger): logind keeps a file for each who has that.
func (a account) lingers() bool {
	if a.root() {
		return true
	}
	_, err := os.Stat(filepath.Join("/var/lib/systemd/linger", a.name()))
	return err == nil
}

// booted tells whether systemd runs this machine (sd_booted(3)).
func booted() bool {
	st, err := os.Stat("/run/systemd/system")
	return err == nil && st.IsDir()
}
