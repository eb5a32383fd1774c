package commitcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/internal/containertree"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// tree is a container and where its files are.
type tree struct {
	container api.Container
	service   project.Service // as the container has it: the file's over the image's
	store     *image.Store
	image     image.Image
	request   containertree.Request
}

// find finds a service's container and its image.
func find(ctx context.Context, e *client.Env, t client.Target, service string, index int) (*tree, error) {
	c, err := e.Replica(ctx, t, service, index, client.AnyState)
	if err != nil {
		return nil, err
	}
	out := &tree{container: c}
	rec, _, err := record.Read(e.Dirs.StateFile(t.Name))
	if err != nil {
		return nil, err
	}
	for i := range rec.Containers {
		if rec.Containers[i].Name == c.Name {
			out.service = rec.Containers[i].Service
		}
	}
	switch ref := out.service.Image; {
	case ref == "":
		return nil, fmt.Errorf("container %s has no image: it runs on this machine's files, and has none of its own", c.Name)
	case strings.HasPrefix(ref, "rootfs:"):
		return nil, fmt.Errorf("container %s has no image, but %s: make one of that first (mocker-compose image import)", c.Name, ref)
	}
	if out.store, err = imagecmd.Open(e); err != nil {
		return nil, err
	}
	data := e.Dirs.ContainerData(t.Name, c.Name)
	if out.image, err = out.store.HeldBy(data); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("container %s has no files: it was never started", c.Name)
	} else if err != nil {
		return nil, err
	}
	root, own, err := out.store.RootOf(data, &out.image)
	if err != nil {
		return nil, err
	}
	out.request = containertree.Request{Data: data, Base: e.Dirs.BaseLayer(), Lower: root.Lower, Own: own, Contents: root.Data}
	return out, nil
}

// write writes the container's root, or its changes, as a tar.
func (t *tree) write(ctx context.Context, changes bool, out *os.File) (containertree.Answer, error) {
	req := t.request
	req.Changes = changes
	return containertree.Tar(ctx, t.store.Start, req, out)
}
