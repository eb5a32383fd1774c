package copycmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
)

// Options are the flags of cp.
type Options struct {
	Archive, Follow, All bool
	Index                int
}

// Register defines the flags in fs.
func (o *Options) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Archive, "archive", "a", false, "into a container: keep user and group ids")
	fs.BoolVarP(&o.Follow, "follow-link", "L", false, "follow a link that is the source")
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several (default: from the first, to all)")
	fs.BoolVar(&o.All, "all", false, "into containers: those that run made too")
}

// side is one of the two arguments of cp.
type side struct{ service, path string }

// parseSide takes SERVICE:PATH apart; an absolute path, or one that begins with
// a dot, is always a local one.
func parseSide(arg string) side {
	service, path, ok := strings.Cut(arg, ":")
	if !ok || filepath.IsAbs(arg) || strings.HasPrefix(service, ".") {
		return side{path: arg}
	}
	return side{service, path}
}

// Copy copies files between a service's containers and this side. args are
// source and destination.
func Copy(ctx context.Context, env *client.Env, t client.Target, o *Options, args []string) error {
	if len(args) != 2 {
		return client.ErrUnread // cobra explains it
	}
	src, dst := parseSide(args[0]), parseSide(args[1])
	service := src.service + dst.service
	switch {
	case src.service != "" && dst.service != "":
		return errors.New("copying between services is not supported")
	case service == "":
		return fmt.Errorf("neither %q nor %q is SERVICE:PATH: unknown copy direction", args[0], args[1])
	case src.path == "" || dst.path == "":
		return fmt.Errorf("%q: a path must follow the colon", service+":")
	}
	cs, err := env.Replicas(ctx, t, service, o.Index, o.All && dst.service != "", client.AnyState)
	if err != nil {
		return err
	}
	if dst.service != "" {
		return copyIn(ctx, env, t, o, cs, src.path, dst.path)
	}
	return copying(env, cs[0].Name, cs[0].Name+":"+src.path+" to "+dst.path, func() error {
		return copyOut(ctx, env, t, o, &cs[0], src.path, dst.path)
	})
}

// copying tells of a copy, before and after.
func copying(env *client.Env, container, what string, do func() error) error {
	p := env.Progress()
	p.Line(&api.Progress{Kind: "Container", Name: container, Status: "Copying", Text: what})
	if env.Global.DryRun {
		do = func() error { return nil }
	}
	if err := do(); err != nil {
		p.Line(&api.Progress{Kind: "Container", Name: container, Status: "Error"})
		return err
	}
	p.Line(&api.Progress{Kind: "Container", Name: container, Status: "Copied", Text: what})
	return nil
}

// askCopy has the container's side do its part on a stream, which it closes.
func askCopy(ctx context.Context, env *client.Env, project string, req *api.CopyRequest, stream *os.File) error {
	defer stream.Close()
	c, err := env.Supervisors().Connect(ctx, project, reach.Starting)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := c.Send(api.Request{Op: api.OpCopy, Copy: req}, stream); err != nil {
		return reach.Broken(ctx, err)
	}
	stream.Close() // the supervisor has it now; at its end the other side must see the end
	p := env.Progress()
	for {
		var a api.Answer
		got, err := c.Receive(&a)
		for _, f := range got {
			f.Close()
		}
		if err != nil {
			return reach.Broken(ctx, err)
		}
		_ = p.Answer(&a)
		if a.Error != nil {
			return client.Remote(a.Error)
		}
		if a.Done {
			return nil
		}
	}
}

// absolute makes a local path absolute, and keeps its end, which says something.
func absolute(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	switch {
	case path == "." || strings.HasSuffix(path, "/."):
		return strings.TrimSuffix(abs, "/") + "/.", nil
	case strings.HasSuffix(path, "/") && abs != "/":
		return abs + "/", nil
	}
	return abs, nil
}
