package loader

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/locate"
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

// readable looks at a file of variables before the library reads it.
func (l *load) readable(path string, required, raw bool) error {
	f, err := document.Open(path)
	if os.IsNotExist(err) && !required {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, document.MaxFileSize+1))
	switch {
	case err != nil:
		return err
	case len(text) > document.MaxFileSize:
		return errTooLarge
	case raw:
		return nil
	}
	// The library's parser has no bounds. What else is wrong it tells itself.
	var bound *locate.BoundError
	if _, err := locate.ParseEnv(string(text), l.lookup); errors.As(err, &bound) {
		return err
	}
	return nil
}
