package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/etchosts"
	"github.com/mocker-compose/mocker-compose/internal/host/netspec"
	"github.com/mocker-compose/mocker-compose/internal/resolvconf"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// etcFiles are bound over the container's own.
var etcFiles = []string{"hosts", "hostname", "resolv.conf"}

// scratchFile names a container's file in the holder's scratch directory. in is
// its path for a sandbox; here it is reached by the open directory, since the
// tmpfs is mounted in the holder's mount namespace.
func (r *Runtime) scratchFile(container, name string) (here, in string) {
	base := container + "." + name
	return r.scratchPath(base), r.scratchDir(base)
}

// scratchPath is where this process sees something in the scratch directory, and
// scratchDir where a sandbox does.
func (r *Runtime) scratchPath(name string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", wire.FD(r.scratch), name)
}

func (r *Runtime) scratchDir(name string) string {
	return filepath.Join(rootless.ScratchDir(r.dirs, r.project), name)
}

// removeScratch removes a container's files there, but for those below /etc.
func (r *Runtime) removeScratch(container string) error {
	return errors.Join(r.contents().Remove(container), r.removeFiles(container, recordName))
}

// removeEtc removes a container's files below /etc.
func (r *Runtime) removeEtc(container string) error { return r.removeFiles(container, etcFiles...) }

func (r *Runtime) removeFiles(container string, names ...string) error {
	var errs []error
	for _, name := range names {
		here, _ := r.scratchFile(container, name)
		if err := os.Remove(here); !errors.Is(err, os.ErrNotExist) && !errors.Is(err, unix.ENAMETOOLONG) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// writeFiles writes the container's /etc/hosts, /etc/hostname and /etc/resolv.conf.
// They are new at each creation, and the container's to change after that.
func (r *Runtime) writeFiles(c *container, sc *supervisor.Container) error {
	contents := map[string]string{
		"hosts":       r.hostsFile(c, sc),
		"hostname":    r.uname(sc) + "\n",
		"resolv.conf": r.resolvConf(c, sc),
	}
	for _, name := range etcFiles {
		here, _ := r.scratchFile(c.name, name)
		if err := os.WriteFile(here, []byte(contents[name]), 0o644); err != nil {
			return err
		}
		if err := c.rec.Give(here); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runtime) hostsFile(c *container, sc *supervisor.Container) string {
	config := etchosts.Config{Hostname: netspec.Hostname(sc), Domainname: sc.Service.Domainname, Extra: sc.Service.ExtraHosts}
	if c.rec.HostNet {
		if host, err := os.ReadFile("/etc/hosts"); err == nil {
			config.Host = string(host) + "\n"
		}
	}
	for _, e := range c.rec.Endpoints {
		config.Addresses = append(config.Addresses, e.Addresses()...)
	}
	if c.box != nil && sc.Service.WantsHost() {
		if config.Gateways = r.net.HostGateway(c.box); config.Gateways == nil {
			r.notice(fmt.Sprintf("service %s: extra_hosts: host-gateway is left out: none of its networks has a way out", sc.Service.Name))
		}
	}
	return config.Text()
}

// resolvConf names our resolver, and keeps the host's search list and options
// where the file wants no others: short names that the user types on the host work
// inside. Its own name servers are asked by our resolver, but on the host's own
// network there is none.
func (r *Runtime) resolvConf(c *container, sc *supervisor.Container) string {
	text, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		text = nil // as with an empty one (resolv.conf(5))
	}
	dns := sc.Service.DNS
	want := resolvconf.Wanted{Servers: netspec.NameServers(dns), Search: dns.Search, Options: dns.Options}
	if c.rec.HostNet {
		if len(dns.Servers)+len(dns.Search)+len(dns.Options) == 0 {
			return string(text)
		}
		return resolvconf.Parse(string(text)).With(want).String()
	}
	if c.box == nil || !c.box.Nameserver().IsValid() {
		return "# no network\n"
	}
	return resolvconf.Parse(string(text)).Inside(c.box.Nameserver(), want).String()
}

// hostTarget is where a file of /etc is to be mounted in a root of the host's
// directories: what a link leads to may be in /run, which is fresh.
func hostTarget(path string) (string, bool) {
	for range 40 { // as many links as the kernel follows
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = filepath.Clean(to)
	}
	if strings.HasPrefix(path, "/run/") || strings.HasPrefix(path, "/tmp/") {
		return path, true
	}
	_, err := os.Lstat(path)
	return path, err == nil
}
