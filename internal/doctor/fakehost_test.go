package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// fake is a machine that does not exist: its files, and how attempts ended on it.
type fake struct {
	files map[string]string // "" = a directory
	host  cause.Host
	found found
}

const debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n"

// healthy is a Debian on which all is well.
func healthy() *fake {
	fk := &fake{files: map[string]string{
		"/etc/os-release": debian, "/etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n",
		"/etc/group": "root:x:0:\nann:x:1000:\n", "/etc/subuid": "ann:100000:65536\n", "/etc/subgid": "ann:100000:65536\n",
		"/usr/bin/newuidmap": "#", "/usr/bin/newgidmap": "#", "/usr/bin/sudo": "#", "/usr/sbin/usermod": "#", "/usr/sbin/update-grub": "#",
		"/proc/self/status":    "Name:\tmocker-compose\nNoNewPrivs:\t0\nSeccomp:\t0\n",
		"/proc/self/mountinfo": "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 24 0:21 / /proc rw - proc proc rw\n40 24 8:2 / /home rw - ext4 /dev/sda2 rw\n",
		"/proc/1/mountinfo":    "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 24 0:21 / /proc rw - proc proc rw\n",
		"/proc/meminfo":        "MemTotal:        8000000 kB\nMemAvailable:    6000000 kB\nSwapTotal:       2000000 kB\n",
		"/proc/filesystems":    "nodev\tproc\n\text4\nnodev\toverlay\n",
		"/proc/cgroups":        "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t0\t100\t1\n",
		"/proc/key-users":      " 1000:     5 5/5 5/200 100/20000\n",
		"/proc/self/cgroup":    "0::/user.slice/user-1000.slice/session-1.scope\n",
		"/run/systemd/system":  "", "/var/lib/systemd/linger/ann": "#", "/etc/default/grub": "GRUB_CMDLINE_LINUX=\"\"\n",
		"/sys/fs/cgroup/user.slice/user-1000.slice/pids.max":                        "9000\n",
		"/sys/fs/cgroup/user.slice/user-1000.slice/session-1.scope/memory.max":      "max\n",
		"/sys/fs/cgroup/user.slice/user-1000.slice/session-1.scope/memory.swap.max": "max\n",
	}}
	for name, value := range map[string]string{
		"kernel.osrelease": "6.1.0-28-amd64", "user.max_user_namespaces": "30000", "user.max_net_namespaces": "30000", "user.max_mnt_namespaces": "30000",
		"user.max_pid_namespaces": "30000", "user.max_ipc_namespaces": "30000", "user.max_uts_namespaces": "30000", "user.max_cgroup_namespaces": "30000",
		"net.ipv4.ip_unprivileged_port_start": "80", "net.ipv4.ping_group_range": "0\t2147483647", "fs.inotify.max_user_instances": "128",
		"fs.inotify.max_user_watches": "65536", "kernel.keys.maxkeys": "200", "fs.mount-max": "100000", "kernel.pid_max": "4194304", "kernel.threads-max": "60000",
	} {
		fk.sysctl(name, value)
	}
	fk.host = cause.Host{UID: 1000, User: "ann", Exe: "/usr/local/bin/mocker-compose"}
	fk.found = found{
		ids: 65537, files: 524288, processes: 30000,
		data:   dirFound{dir: cause.Data("/home/ann/.local/share/mocker-compose"), fs: "ext4", bytes: 9 << 30, inodes: 1 << 20},
		run:    dirFound{dir: cause.Run("/run/user/1000/mocker-compose"), fs: "tmpfs", bytes: 700 << 20, inodes: 1 << 20},
		cgroup: delegate.Report{Delegation: delegate.Delegation{By: delegate.BySystemd, Dir: "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/mocker-compose-probe.scope", Controllers: delegate.Wanted}, Linger: true},
		inside: &inside{
			Namespaces: map[string]Tried{}, Fuse: Tried{Text: "fuse-overlayfs is not installed"},
			Uplinks: map[string]way{"pasta": {Version: "pasta 0.0~git20250503"}, "slirp4netns": {Version: "slirp4netns version 1.2.0"}, "gvisor": {Version: "gvisor, in this binary,"}},
		},
	}
	for i, name := range []string{"newuidmap", "newgidmap"} {
		fk.found.tools[i] = mapTool{name: name, path: "/usr/bin/" + name, privileged: true}
	}
	return fk
}

func (fk *fake) sysctl(name, value string) {
	fk.files["/proc/sys/"+strings.ReplaceAll(name, ".", "/")] = value + "\n"
}

func (fk *fake) set(path, text string) { fk.files[path] = text }

func (fk *fake) remove(paths ...string) {
	for _, p := range paths {
		delete(fk.files, p)
	}
}

// single is what is left when ids cannot be mapped.
func (fk *fake) single() { fk.found.single, fk.found.ids = true, 1 }

// noUserNS: nothing was tried inside.
func (fk *fake) noUserNS(err error) {
	fk.found.userNS, fk.found.inside = tried(err), nil
}

// tree is a directory with the files of one fake after the other.
type tree struct {
	root string
	has  map[string]string
}

// build makes the files what they are on this machine, and then the report.
func (tr *tree) build(t *testing.T, fk *fake) Report {
	t.Helper()
	for path := range tr.has {
		if _, ok := fk.files[path]; !ok {
			if err := os.Remove(tr.root + path); err != nil {
				t.Fatal(err)
			}
			delete(tr.has, path)
		}
	}
	for path, text := range fk.files {
		at := tr.root + path
		if old, ok := tr.has[path]; ok && old == text {
			continue
		}
		tr.has[path] = text
		if text == "" {
			if err := os.MkdirAll(at, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	fk.host.Root = tr.root
	return report(fk.host, &fk.found)
}
