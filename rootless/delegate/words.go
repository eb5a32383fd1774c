package delegate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// unifyCommand gives v2 the controllers at the next boot: systemd is told to mount no other
// (kernel-command-line(7)); where there is none, the kernel to keep them from v1
// (kernel-parameters.txt, cgroup_no_v1).
func unifyCommand() string {
	word := "cgroup_no_v1=all"
	if booted() {
		word = "systemd.unified_cgroup_hierarchy=1"
	}
	return `sudo sed -i 's/^GRUB_CMDLINE_LINUX="/&` + word + ` /' /etc/default/grub && sudo update-grub && sudo reboot`
}

// noHierarchy says why there is no cgroup v2.
func noHierarchy(err error) *NoneError {
	if !errors.Is(err, errNoV2) {
		return &NoneError{Cause: err.Error()}
	}
	if cause.Here().Container() != "" {
		return &NoneError{Cause: "cgroup v2 is not mounted in this container", Remedy: containerCommand}
	}
	return &NoneError{Cause: "this machine has cgroup v1 alone", Remedy: unifyCommand()}
}

// containerCommand makes /sys/fs/cgroup writable in an outer container.
const containerCommand = "start the outer container with: docker run --privileged --cgroupns=private, or: podman run --security-opt unmask=/sys/fs/cgroup --cgroupns=private"

// why joins what both ways said into the one thing to be done.
func (s *search) why(asked, here error) *NoneError {
	var stranger *strangerError
	switch {
	case !errors.Is(asked, errNoSystemd):
		return &NoneError{Cause: asked.Error(), Remedy: s.startInScope()}
	case booted() && !s.user.root() && os.Getenv("MOCKER_FORCE_NO_SYSTEMD") == "":
		return &NoneError{
			Cause: fmt.Sprintf("no systemd manager of user %s runs (none answers in %s)", s.user.name(), filepath.Join(s.user.dir, "systemd")),
			// Lingering starts the manager some time later: whoever goes on at once would still have none.
			Remedy: fmt.Sprintf("sudo loginctl enable-linger %s && sudo systemctl start user@%d.service", s.user.name(), s.user.uid),
		}
	case errors.Is(here, unix.EROFS):
		return &NoneError{Cause: here.Error(), Remedy: containerCommand}
	case errors.As(here, &stranger) && booted():
		return &NoneError{Cause: here.Error(), Remedy: s.startInScope()}
	case errors.As(here, &stranger):
		return &NoneError{Cause: here.Error(), Remedy: makeRoom(stranger.dir) + " && export " + HandOver + "=" + stranger.dir}
	case s.h.v1 && !slices.ContainsFunc(s.kernelControllers(), wanted):
		// A directory would be given away in vain: no limit could be set in it.
		return &NoneError{Cause: here.Error() + "; and " + heldByV1 + strings.Join(Wanted, " "), Remedy: unifyCommand()}
	}
	return &NoneError{Cause: here.Error(), Remedy: s.giveCommand(s.gift())}
}

func wanted(controller string) bool { return slices.Contains(Wanted, controller) }

// startInScope starts a project where it has a cgroup to itself from the beginning.
func (s *search) startInScope() string {
	if s.user.root() {
		return "systemd-run --scope -p Delegate=yes mocker-compose up -d"
	}
	return "systemd-run --user --scope -p Delegate=yes mocker-compose up -d"
}

// gift is the directory that an administrator could give to the user.
func (s *search) gift() string {
	return filepath.Join(s.h.mount, fmt.Sprintf("%s.%d", prefix, s.user.uid))
}

// heldByV1 and the names of controllers: why v2 has none of them to give.
const heldByV1 = "cgroup v1 has the controllers on this machine, so v2 is without "

// lacks says why controllers are missing in D, and what adds them.
func (s *search) lacks(d Delegation) (cause, remedy string) {
	if len(d.Missing) == 0 {
		return "", ""
	}
	if s.h.v1 {
		return heldByV1 + strings.Join(d.Missing, " "), unifyCommand()
	}
	held, absent := d.Missing, []string(nil)
	if kernel := s.kernelControllers(); len(kernel) > 0 {
		in := func(c string) bool { return slices.Contains(kernel, c) }
		absent = slices.DeleteFunc(slices.Clone(d.Missing), in)
		held = slices.DeleteFunc(slices.Clone(d.Missing), func(c string) bool { return !in(c) })
	}
	list := strings.Join(held, " ")
	switch {
	case len(held) == 0:
	case d.By == BySystemd && !s.user.root():
		cause, remedy = fmt.Sprintf("systemd does not delegate %s to user %s", list, s.user.name()), dropIn
	default:
		cause, remedy = list+" is not enabled in the cgroups above "+d.Dir, enableAbove(s.h.mount, d.Dir, held)
	}
	if len(absent) > 0 {
		if cause != "" {
			cause += "; "
		}
		cause += "the kernel has no " + strings.Join(absent, " ") + " controller"
	}
	return cause, remedy
}

// dropIn has the manager of every user get all controllers; a manager that runs
// takes them when it is executed anew.
const dropIn = `sudo sh -c 'mkdir -p /etc/systemd/system/user@.service.d && printf "[Service]\nDelegate=cpu cpuset io memory pids\n" >/etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload' && systemctl --user daemon-reexec`

// kernelControllers are those at the root of the hierarchy, nil if it is not seen.
func (s *search) kernelControllers() []string {
	if s.h.root != "/" {
		return nil
	}
	g, err := openGroup(s.h.mount)
	if err != nil {
		return nil
	}
	defer g.close()
	return g.controllers()
}

// enableAbove enables controllers in all groups between the mount and dir.
func enableAbove(mount, dir string, controllers []string) string {
	var groups []string
	for up := filepath.Dir(dir); below(up, mount); up = filepath.Dir(up) {
		groups = append(groups, up)
		if up == mount || up == "/" {
			break
		}
	}
	slices.Reverse(groups)
	return fmt.Sprintf("sudo sh -c 'for d in %s; do for c in %s; do echo +$c >$d/cgroup.subtree_control; done; done'",
		strings.Join(groups, " "), strings.Join(controllers, " "))
}

// notice says how long the project lasts, where that is less than one would think.
func (s *search) notice(d Delegation) string {
	if d.By != BySystemd || s.user.lingers() {
		return ""
	}
	return fmt.Sprintf("the services end with your last session on this machine; what keeps them running: loginctl enable-linger %s", s.user.name())
}
