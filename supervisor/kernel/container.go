package kernel

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// NewContainer is replica number of a service, with a fresh id.
func NewContainer(p *project.Project, svc *project.Service, number int) Container {
	made := *svc
	return Container{
		Made: &made, Volumes: p.VolumesOf(svc),
		Project: p.Name, Dir: p.WorkingDir, Name: p.ContainerName(svc, number), ID: NewID(),
		Number: number, Service: *svc, Hash: p.Hash(svc), Created: time.Now(), On: p.Attached(svc),
	}
}

// oneOffNumber stands in place of a replica's number, as in docker compose.
const oneOffNumber = -1

// NewOneOff is the container that a run asks for.
func NewOneOff(b *api.RunRequest) Container {
	return Container{
		Project: b.Project.Name, Dir: b.Project.WorkingDir, Name: b.Name, ID: b.ID, Number: oneOffNumber,
		Service: b.Service, Hash: b.Project.Hash(&b.Service), Created: time.Now(), On: b.Project.Attached(&b.Service),
		OneOff: &OneOff{Slug: b.Slug, Aliases: b.UseAliases, Remove: b.Remove},
	}
}

// NewID is 64 hex digits that nobody else has.
func NewID() string {
	var id [32]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(id[:])
}
