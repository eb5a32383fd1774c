package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imageprep"
	"github.com/mocker-compose/mocker-compose/internal/client/lookcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/watchcmd"
	"github.com/mocker-compose/mocker-compose/internal/doctor"
	"github.com/mocker-compose/mocker-compose/internal/early" // fast commands and roles; see its page
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/ingest"
	"github.com/mocker-compose/mocker-compose/internal/sources/containersstorage"
	"github.com/mocker-compose/mocker-compose/netstack/uplink"
	"github.com/mocker-compose/mocker-compose/netstack/uplink/gvisor"
	_ "github.com/mocker-compose/mocker-compose/rootless/delegate/systemd" // its role, before main
)

// roles are what a process of ours can be that needs more packages than those
// of internal/early.
var roles = map[string]func(args []string) int{
	image.Role: ingest.Run, image.RoleStorageLayer: containersstorage.Run, doctor.Role: doctor.RunRole, uplink.GvisorRole: gvisor.Run,
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == early.RoleArg {
		if f := roles[os.Args[2]]; f != nil {
			os.Exit(f(os.Args[3:]))
		}
	}
	os.Exit(run(client.Arguments(os.Args)))
}

// run carries a command line out and returns the exit code.
func run(args []string) int {
	env, err := client.NewEnv()
	if err != nil {
		return client.Report(os.Stderr, err)
	}
	lookcmd.Templates = render
	client.GetImages = imageprep.Prepare
	client.LookAtImages = imageprep.Look
	client.NewWatching = watchcmd.New
	root := newRoot(env)
	rename(root)
	root.SetArgs(args)
	return env.End(teach(root.ExecuteContext(context.Background())))
}

// teach adds the command that helps to an error of the command line itself.
func teach(err error) error {
	if err == nil {
		return nil
	}
	var usage *usageError
	if !errors.As(err, &usage) && !strings.HasPrefix(err.Error(), "unknown command") {
		return err
	}
	path := client.Program
	if usage != nil {
		path = usage.path
	}
	return &client.ExitError{Code: 1, Err: err, Hint: fmt.Sprintf("\nRun '%s --help' for its flags.", path)}
}
