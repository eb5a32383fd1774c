package supervisor

import (
	"context"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

// images finds the images of services. Nothing has been changed when one is
// missing. Progress is told as docker compose tells it of an image that it pulls.
func (s *Supervisor) images(ctx context.Context, r *request, services []project.Service) (imageconfig.Set, error) {
	services = slices.DeleteFunc(services, func(s project.Service) bool { return s.Image == "" })
	if len(services) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, createLimit)
	defer cancel()
	found, err := s.rt.Images(ctx, services, func(name, status string) { r.Progress("Image", name, status) })
	if err != nil {
		return nil, err
	}
	return found, found.Check()
}

// applyImage makes c a container of an image, and tells what the user should know.
func applyImage(c *Container, img imageconfig.Resolved, r *request) {
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
