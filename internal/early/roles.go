package early

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// roles are what a process of ours can be besides a command line: the name
// behind RoleArg, and the function that runs it and returns the exit code.
var roles = map[string]func(args []string) int{}

// hooks connect the commands with the host; see client's hooks.
var hooks []func()

func connect() {
	for _, h := range hooks {
		h()
	}
}

// role runs the role that args name.
func role(args []string) int {
	if len(args) > 0 {
		if f := roles[args[0]]; f != nil {
			return f(args[1:])
		}
	}
	known := slices.Sorted(maps.Keys(roles))
	fmt.Fprintf(os.Stderr, "%s: no role in %q; the roles are %s\n", RoleArg, args, strings.Join(known, ", "))
	return 2
}
