package loader

import (
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/internal/userspec"
	"github.com/mocker-compose/mocker-compose/project"
)

// user refuses what can be no user or group, whatever the files of the root
// file system say; names are looked up there at each start.
func (l *load) user(s types.ServiceConfig, _ *project.Service) error {
	if l.o.Tolerant {
		return nil
	}
	if _, err := userspec.Parse(s.User); err != nil {
		return l.fault("write USER or USER:GROUP, each a name or a decimal number", fmt.Sprintf("services.%s.user: %v", s.Name, err), "services", s.Name, "user")
	}
	for _, g := range s.GroupAdd {
		if err := userspec.CheckGroup(g); err != nil {
			return l.fault("write a name or a decimal number", fmt.Sprintf("services.%s.group_add: %v", s.Name, err), "services", s.Name, "group_add")
		}
	}
	return nil
}
