package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
	_ "github.com/mocker-compose/mocker-compose/internal/early" // fast commands and roles; see its page
)

func main() { os.Exit(run(os.Args[1:])) }

// run carries a command line out and returns the exit code.
func run(args []string) int {
	env, err := client.NewEnv()
	if err != nil {
		return client.Report(os.Stderr, err)
	}
	client.Templates = render
	root := newRoot(env)
	root.SetArgs(args)
	return client.Report(env.Stderr, teach(root.ExecuteContext(context.Background())))
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
	path := "mocker-compose"
	if usage != nil {
		path = usage.path
	}
	return &client.ExitError{Code: 1, Err: err, Hint: fmt.Sprintf("\nRun '%s --help' for its flags.", path)}
}
