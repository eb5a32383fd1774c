package imageconfig

import (
	"fmt"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// Image is what a container was made from, as its record keeps it: what else it
// took over is in its service. The zero value is no image: the host's root file
// system, or rootfs:PATH.
type Image struct {
	ID   string `json:"id"`   // "sha256:<hex>"
	Name string `json:"name"` // as ps shows it
}

// Resolved is an image that was found.
type Resolved struct {
	Image
	Config image.Config
}

// Set are the images of services, by service.
type Set map[string]Resolved

// Check refuses what no container could be made of.
func (s Set) Check() error {
	for service, img := range s {
		if _, err := policy.ParseSignal(img.Config.StopSignal, syscall.SIGTERM); err != nil {
			return fmt.Errorf("service %q: image %s: stop signal: %w", service, img.Name, err)
		}
	}
	return nil
}

// IDs are the ids of the images, by service.
func (s Set) IDs() map[string]string {
	ids := make(map[string]string, len(s))
	for service, img := range s {
		ids[service] = img.ID
	}
	return ids
}
