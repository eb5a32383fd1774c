package delegate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
)

// HoldUser gives the user holder, which calls it, a scope of its own, if it would end
// with what it was started from: logind may end the processes of a session with it
// (logind.conf(5), KillUserProcesses=), and systemd those of a service.
func HoldUser(ctx context.Context, start Starter) error {
	if os.Getenv("MOCKER_FORCE_NO_CGROUP") != "" || os.Getenv("MOCKER_FORCE_NO_SYSTEMD") != "" {
		return nil
	}
	user, err := outside()
	if err != nil {
		return err
	}
	group, err := groupOf(os.Getpid())
	if err != nil || !endsWithStarter(group, user.uid) {
		return nil // no cgroups, or none that ends
	}
	addresses := reachable(user.sockets())
	if len(addresses) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, obtainLimit)
	defer cancel()
	q := Question{
		Op: OpScope, Unit: scopeName("", ""), Description: "mocker-compose: what owns the user namespace of containers",
		PIDs: []int{os.Getpid()}, UID: user.uid, Addresses: addresses,
	}
	a, err := ask(ctx, start, q)
	if err == nil && a.Taken { // one of another run directory: they get on
		q.Op = OpAttach
		a, err = ask(ctx, start, q)
	}
	if err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	if err != nil {
		return fmt.Errorf("a scope for the user holder: %w", err)
	}
	return nil
}

// endsWithStarter tells whether the processes of a cgroup end with whoever started
// them: true for a session and for a service, not for a scope of an application.
func endsWithStarter(group string, uid int) bool {
	unit := innermostUnit(group)
	if strings.HasPrefix(unit, prefix) {
		return false
	}
	manager := fmt.Sprintf("/user@%d.service/", uid)
	if uid == 0 {
		manager = "/system.slice/"
	}
	return !strings.Contains(group, manager) || !strings.HasSuffix(unit, ".scope") || unit == "init.scope"
}

// innermostUnit is the last part of a cgroup that is a unit's name.
func innermostUnit(group string) string {
	for group != "/" && group != "." {
		name := path.Base(group)
		for _, kind := range []string{".scope", ".service", ".slice"} {
			if strings.HasSuffix(name, kind) {
				return name
			}
		}
		group = path.Dir(group)
	}
	return ""
}
