package builds

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/internal/ulimit"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// Limits reads resource limits. In the long form what is missing is 0, as in docker
// compose.
func Limits(src Source, limits map[string]*types.UlimitsConfig, key ...string) (list []project.Ulimit, err error) {
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		u := limits[name]
		at := append(slices.Clone(key), name)
		where := strings.Join(at[:len(at)-1], ".")
		if _, ok := ulimit.Resource(name); !ok {
			return nil, src.Fault(suggest.Name(name, "limits", ulimit.Names()), fmt.Sprintf("%s: unknown limit %q", where, name), at...)
		}
		limit := project.Ulimit{Name: name}
		if u != nil {
			limit.Soft, limit.Hard = int64(u.Soft), int64(u.Hard)
			if u.Soft == 0 && u.Hard == 0 {
				limit.Soft, limit.Hard = int64(u.Single), int64(u.Single)
			}
		}
		if limit.Soft < -1 || limit.Hard < -1 {
			return nil, src.Fault("write a number, or -1 for none", fmt.Sprintf("%s.%s: negative", where, name), at...)
		}
		if of := ulimit.Of(limit.Soft, limit.Hard); of.Soft > of.Hard {
			return nil, src.Fault("write a soft limit that is at most the hard one", fmt.Sprintf("%s.%s: the soft limit is above the hard limit: %v", where, name, of), at...)
		}
		list = append(list, limit)
	}
	return list, nil
}
