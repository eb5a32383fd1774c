package early

import (
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build/copying"
	"github.com/mocker-compose/mocker-compose/internal/build/worker"
	"github.com/mocker-compose/mocker-compose/internal/build/worker/inside"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/containertree"
	treeinside "github.com/mocker-compose/mocker-compose/internal/containertree/inside"
	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/internal/doctor"
	"github.com/mocker-compose/mocker-compose/internal/host"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/rootfs"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/netstack/uplink"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// readyFile is the descriptor on which a role tells its starter that it is ready.
const readyFile = 3

// The collector's targets (the default is 100). Holders have little and do
// little: memory is dearer to them than time. A supervisor that starts fifty
// services at once would spend a fifth of that time collecting little heaps.
const (
	holderGC     = 25
	supervisorGC = 150
)

// roles are what a process of ours can be besides a command line: the name
// behind RoleArg, and the function that runs it and returns the exit code.
var roles = map[string]func(args []string) int{
	rootless.RoleUserHolder: func(args []string) int {
		return withDirs(args, holderGC, func(d state.Dirs, _ string, ready *os.File) int {
			return rootless.RunUserHolder(d, ready)
		})
	},
	rootless.RoleProjectHolder: func(args []string) int { return withDirs(args, holderGC, rootless.RunProjectHolder) },
	rootless.RoleSupervisor: func(args []string) int {
		return withDirs(args, supervisorGC, func(d state.Dirs, project string, ready *os.File) int {
			return host.RunSupervisor(d, project, client.Version, ready)
		})
	},
	rootless.RoleOwnHolder: func(args []string) int {
		if len(args) != 2 {
			return 2
		}
		debug.SetGCPercent(holderGC)
		return rootless.RunOwnHolder(args[0], args[1], os.NewFile(readyFile, "ready"), os.NewFile(readyFile+1, "socket"))
	},
	worker.Role:        inside.Run,
	rootfs.Role:        rootfs.RunRole,
	volumes.RoleRemove: volumes.RunRemove,
	copytar.Role:       copytar.Serve,
	containertree.Role: treeinside.Run,
	copying.Role:       copying.RunRole,
	rootless.RoleProgram: func([]string) int {
		program.Run(readyFile, 4)
		return 127
	},
}

// withDirs reads a role's arguments, run dir, data dir, project, and prepares the process;
// gc is the collector's target.
func withDirs(args []string, gc int, run func(d state.Dirs, project string, ready *os.File) int) int {
	if len(args) != 3 {
		fmt.Fprintf(os.Stderr, "%s: %q: wanted run dir, data dir and project\n", RoleArg, args)
		return 2
	}
	debug.SetGCPercent(gc)
	cause.Ours(args[0], args[1])
	// Executed by /proc/self/exe, we would be "exe" in top and ps.
	if err := os.WriteFile("/proc/self/comm", []byte("mocker-compose"), 0); err != nil {
		fmt.Fprintf(os.Stderr, "%s: set the process's name: %v\n", RoleArg, err)
	}
	return run(state.Dirs{Run: args[0], Data: args[1]}, args[2], os.NewFile(readyFile, "ready"))
}

// connect gives the commands the host.
func connect() {
	client.EnsureProject = rootless.EnsureProject
	client.Unshare = rootless.Unshare
	image.StartInside = rootless.RunRole
}

// laterRoles are those of cmd/mocker-compose, which take heavy packages.
var laterRoles = []string{image.Role, image.RoleStorageLayer, doctor.Role, uplink.GvisorRole, delegate.Role}

// roleMask is the umask of all roles. What they make for containers, the top of a
// writable layer, mount points, has to be what it says also if the shell that
// started us has 077: nobody but root could enter it else. What is nobody's
// business lies in directories that are for the user only.
const roleMask = 0o022

// role runs the role that args name, unless it is one of main's.
func role(args []string) (code int, done bool) {
	if len(args) > 0 {
		if args[0] != rootless.RoleProgram { // that one starts programs for others: unshare
			unix.Umask(roleMask)
		}
		if f := roles[args[0]]; f != nil {
			return f(args[1:]), true
		}
		if slices.Contains(laterRoles, args[0]) {
			return 0, false
		}
	}
	known := append(slices.Sorted(maps.Keys(roles)), laterRoles...)
	fmt.Fprintf(os.Stderr, "%s: no role in %q; the roles are %s\n", RoleArg, args, strings.Join(known, ", "))
	return 2, true
}
