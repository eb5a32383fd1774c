package loader

import (
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/bounds"
)

// resources converts the limits of a service.
func (l *load) resources(s types.ServiceConfig, out *project.Service) (err error) {
	out.Resources, err = bounds.Convert(keySource{l}, s)
	return err
}
