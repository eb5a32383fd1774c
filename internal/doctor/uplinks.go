package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/uplink"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// uplinks tries each way out that projects can have.
func (r *room) uplinks(rules Check) []Check {
	device := r.device()
	checks := []Check{device}
	for _, u := range project.Uplinks() {
		var c Check
		name := "uplink " + string(u)
		switch u {
		case project.UplinkRelay:
			if c = ok(name, "can run; it is the default"); rules.State != OK {
				c = failed(name, errors.New("it is the default, and needs nf_tables"), rules.Fix).optional()
			}
		case project.UplinkNone:
			c = ok(name, "can run")
		default:
			c = r.tap(string(u), device, rules)
			c.Name = name
		}
		checks = append(checks, c)
	}
	return checks
}

// device tries to open what taps are made by.
func (r *room) device() Check {
	err := uplink.CheckDevice()
	if err == nil {
		return ok(uplink.Device, "can be opened")
	}
	c := lacks(err)
	c.Name, c.Detail = uplink.Device, c.Detail+"; the relay does not need it"
	return c
}

// lacks is the check of an uplink that something is missing for.
func lacks(err error) Check {
	var m *uplink.Missing
	if errors.As(err, &m) {
		return failed("", errors.New(m.What), m.Fix).optional()
	}
	return failed("", err, "").optional()
}

// tap makes a tap and starts the helper on it.
func (r *room) tap(name string, needs ...Check) Check {
	helper, err := uplink.Find(name)
	if err != nil {
		return lacks(err)
	}
	version := versionOf(helper)
	for _, c := range needs {
		if c.State != OK {
			return failed("", fmt.Errorf("%s; it needs %s", version, c.Name), c.Fix).optional()
		}
	}
	if err := r.attach(helper); err != nil {
		return failed("", fmt.Errorf("%s does not run: %w", version, err), "").optional()
	}
	return ok("", "%s can run", version)
}

// attachLimit bounds the start of a helper, which takes some tens of milliseconds.
const attachLimit = 5 * time.Second

func (r *room) attach(helper *uplink.Helper) error {
	plan, err := uplink.MakePlan(helper, []netip.Prefix{})
	if err != nil {
		return err
	}
	var h *netlink.Handle
	err = r.do(func() error {
		if h, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
			return err
		}
		_, err = uplink.Make(h, helper.Name, plan)
		return err
	})
	if h != nil {
		defer h.Close()
	}
	if err != nil {
		return err
	}
	defer uplink.Remove(h) //nolint:errcheck // it goes with the namespace
	ctx, cancel := context.WithTimeout(context.Background(), attachLimit)
	defer cancel()
	// The helper finds the namespace as its first file behind the standard ones.
	path, args := helper.Program, helper.Args(plan, "/proc/self/fd/3")
	if path == "" {
		path, args = "/proc/self/exe", append([]string{"mocker-compose", rootless.RoleArg, uplink.GvisorRole}, args[1:]...)
	}
	var says bytes.Buffer
	cmd := exec.CommandContext(ctx, path)
	cmd.Args, cmd.ExtraFiles, cmd.Stderr, cmd.WaitDelay = args, []*os.File{r.file}, &says, time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if on, err := uplink.Attached(h); on || err != nil {
			cancel()
			<-ended
			return err
		}
		select {
		case err := <-ended:
			return fmt.Errorf("%w: %s", err, uplink.LastLine(says.String()))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// versionOf is the first line that says something of a version.
func versionOf(h *uplink.Helper) string {
	if h.Program == "" {
		return h.Name + ", in this binary,"
	}
	out, err := exec.Command(h.Program, "--version").CombinedOutput()
	if err == nil {
		for line := range strings.Lines(string(out)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, h.Name) {
				return saidVersion(h.Name, line)
			}
		}
	}
	return h.Name
}

// saidVersion is what a helper says of its version. Debian's pasta knows none: it
// was built outside of its repository.
func saidVersion(name, line string) string {
	if strings.Contains(line, "unknown version") {
		return name + ", which does not tell its version"
	}
	return line
}
