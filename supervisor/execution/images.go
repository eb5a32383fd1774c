package execution

import (
	"context"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
)

// FindImages finds the images of services. Nothing has been changed when one is
// missing. Progress is told as docker compose tells it of an image that it pulls.
func FindImages(ctx context.Context, rt kernel.Runtime, r *door.Request, services []project.Service) (imageconfig.Set, error) {
	services = slices.DeleteFunc(services, func(s project.Service) bool { return s.Image == "" })
	if len(services) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lifecycle.CreateLimit)
	defer cancel()
	found, err := rt.Images(ctx, services, func(name, status string) { r.Progress("Image", name, status) })
	if err != nil {
		return nil, err
	}
	return found, found.Check()
}

// ApplyImage makes c a container of an image, and tells what the user should know.
func ApplyImage(c *kernel.Container, img imageconfig.Resolved, r *door.Request) {
	if img.ID == "" {
		return
	}
	var notices []string
	c.Image = img.Image
	c.Service, notices = imageconfig.Apply(c.Service, &img.Config)
	for _, text := range notices {
		r.Warn("Container", c.Name, text)
	}
}
