package loader

import (
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// mountAt finds the line of a mount. Its index in the merged model need not be
// that in the file, so the target is looked for first.
func (l *load) mountAt(service string, index int, v types.ServiceVolumeConfig) (file string, line int) {
	all := append(append([]*document.File(nil), l.files...), l.reached...)
	for _, s := range all {
		for _, doc := range s.Docs {
			list := document.Child(doc, "services")
			for _, part := range []string{service, "volumes"} {
				if list != nil {
					list = document.Child(list, part)
				}
			}
			if list == nil {
				continue
			}
			for _, item := range list.Content {
				if l.mountsAt(document.Target(item), v.Target) {
					return s.Name, item.Line
				}
			}
		}
	}
	return l.at("services", service, "volumes", strconv.Itoa(index))
}

// mountsAt reports that one item of volumes has this target.
func (l *load) mountsAt(item *yaml.Node, path string) bool {
	if item.Kind == yaml.MappingNode {
		t := document.Child(item, "target")
		return t != nil && l.scalar(t.Value) == path
	}
	for _, part := range strings.Split(l.scalar(item.Value), ":") {
		if part == path || strings.TrimSuffix(part, "/") == path {
			return true
		}
	}
	return false
}
