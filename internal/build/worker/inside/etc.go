package inside

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/etchosts"
	"github.com/mocker-compose/mocker-compose/internal/resolvconf"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Both read as those of a service; files that are not there read as empty ones.

// resolvConf is the text of /etc/resolv.conf; at is nil in the host's network.
func resolvConf(at *place) string {
	text, _ := os.ReadFile("/etc/resolv.conf")
	switch {
	case at == nil:
		return string(text)
	case !at.box.Nameserver().IsValid():
		return "# no network\n"
	}
	return resolvconf.Parse(string(text)).Inside(at.box.Nameserver(), resolvconf.Wanted{}).String()
}

// hostsFile is the text of /etc/hosts.
func (n *network) hostsFile(at *place, m *build.Machine) string {
	config := etchosts.Config{Hostname: hostname, Extra: m.Hosts}
	if at == nil {
		if host, err := os.ReadFile("/etc/hosts"); err == nil {
			config.Host = string(host) + "\n"
		}
		return config.Text()
	}
	for _, e := range at.box.Endpoints() {
		config.Addresses = append(config.Addresses, e.Addresses()...)
	}
	config.Gateways = n.stack.HostGateway(at.box)
	return config.Text()
}

// files are a step's small files, in the scratch tmpfs: what is seen of them goes with
// its mount namespace.
type files struct {
	scratch *os.File
	name    string // of their directory there
	in      string // its path for a sandbox
}

func (p *process) newFiles() (*files, error) {
	name := strconv.Itoa(p.next())
	f := &files{p.scratch, name, filepath.Join(p.dirs.ProjectsRun(), name)}
	return f, os.Mkdir(f.here(""), 0o755)
}

func (f *files) close() error { return safepath.RemoveAll(f.scratch, f.name) }

// here is where this process sees a file.
func (f *files) here(name string) string {
	return filepath.Join(fmt.Sprintf("/proc/self/fd/%d", wire.FD(f.scratch)), f.name, name)
}

// owner is who a file is given to, and how.
type owner struct {
	mode     os.FileMode
	uid, gid int
}

// write writes a file, and returns its path for a sandbox.
func (f *files) write(name string, data []byte, o owner) (string, error) {
	out, err := os.OpenFile(f.here(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer out.Close()
	if _, err = out.Write(data); err == nil {
		err = out.Chown(o.uid, o.gid)
	}
	if err == nil {
		err = out.Chmod(o.mode)
	}
	if err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	return filepath.Join(f.in, name), nil
}
