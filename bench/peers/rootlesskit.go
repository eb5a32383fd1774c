package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/rootless-containers/rootlesskit/v3/pkg/port"
	"github.com/rootless-containers/rootlesskit/v3/pkg/port/builtin/child"
	"github.com/rootless-containers/rootlesskit/v3/pkg/port/builtin/parent"
)

// rootlesskit is the driver's side on the host.
func rootlesskit(ctx context.Context, args []string) error {
	hostPort, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	childPort, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d, err := parent.NewDriver(os.Stderr, dir, false, "")
	if err != nil {
		return err
	}
	cmd := inside(ctx, append([]string{"rootlesskit-child", dir}, args[2:]...)...)
	for k, v := range d.OpaqueForChild() {
		cmd.Env = append(cmd.Environ(), "RK_"+k+"="+v)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("namespaces: %w", err)
	}
	ready, failed, quit := make(chan struct{}, 1), make(chan error, 1), make(chan struct{})
	defer close(quit)
	go func() { failed <- d.RunParentDriver(ready, quit, nil) }()
	select {
	case <-ready:
	case err := <-failed:
		return fmt.Errorf("builtin driver: %w", err)
	}
	_, err = d.AddPort(ctx, port.Spec{Proto: "tcp", ParentIP: "127.0.0.1", ParentPort: hostPort, ChildPort: childPort})
	if err != nil {
		return err
	}
	return cmd.Wait()
}

// rootlesskitChild is its side in the namespace. Its command listens there on
// all addresses.
func rootlesskitChild(ctx context.Context, args []string) error {
	if err := ip(ctx, "link", "set", "lo", "up"); err != nil {
		return err
	}
	opaque := map[string]string{}
	for _, k := range []string{"builtin.socketpath", "builtin.readypipepath"} {
		opaque[k] = os.Getenv("RK_" + k)
	}
	quit := make(chan struct{})
	defer close(quit)
	go func() {
		if err := child.NewDriver(os.Stderr).RunChildDriver(opaque, quit, ""); err != nil {
			fmt.Fprintln(os.Stderr, "peers: builtin driver:", err)
		}
	}()
	return command(ctx, args[1:]).Run()
}
