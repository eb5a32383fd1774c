package systemd

import (
	"os"

	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// The role is run from here and not from main: the compose loader's packages, which
// the same binary has, are initialised later, for twice the time that all of this takes
// (see internal/early, which cannot import us).
func init() {
	if len(os.Args) == 3 && os.Args[1] == delegate.RoleArg && os.Args[2] == delegate.Role {
		os.Exit(RunRole())
	}
}
