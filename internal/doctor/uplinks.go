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
	"github.com/mocker-compose/mocker-compose/rootless"
)

// device tries to open what taps are made by.
func device() lack {
	if err := uplink.CheckDevice(); err != nil {
		return lacks(err)
	}
	return lack{}
}

func lacks(err error) lack {
	var m *uplink.Missing
	if errors.As(err, &m) {
		return lack{m.What, m.Fix}
	}
	return lack{What: err.Error()}
}

// tryUplink looks for the helper and, if taps can be made, starts it on one.
func tryUplink(name string, taps bool) (w way) {
	helper, err := uplink.Find(name)
	if err != nil {
		w.Lack = lacks(err)
		return w
	}
	w.Version = versionOf(helper)
	if !taps {
		return w
	}
	r, err := newRoom()
	if err == nil {
		err = r.do(func() error { return netlink.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}) })
	}
	if err == nil {
		err = r.attach(helper)
	}
	if err != nil {
		w.Failed = oneLine(err.Error())
	}
	return w
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
	return r.start(h, helper, plan)
}

// start runs the helper until it has opened the tap.
func (r *room) start(h *netlink.Handle, helper *uplink.Helper, plan uplink.Plan) error {
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
