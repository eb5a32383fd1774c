package loader

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// mountOptions are those of the short form of a mount. The library drops others without
// a word. The last four are docker's for other machines, and mean nothing on Linux.
var mountOptions = []string{
	"ro", "rw", "nocopy", "z", "Z", "private", "rprivate", "shared", "rshared", "slave", "rslave",
	"cached", "delegated", "consistent", "default",
}

// habits warns of items of lists that are accepted and do nothing, so that nobody has meant
// them: row is the list's key in the support table, here its path in the file.
func (w *walker) habits(list *yaml.Node, row, here string) {
	for _, n := range list.Content {
		n = document.Target(n)
		if n.Kind != yaml.ScalarNode {
			continue
		}
		what := ""
		switch row {
		case "services.*.environment", "services.*.build.args":
			what = noValue(n.Value)
		case "services.*.volumes":
			what = noOption(w.value(n.Value))
		}
		if what != "" {
			w.warnings = append(w.warnings, fmt.Sprintf("%s:%d: %s: %s", w.file.Name, n.Line, here, what))
		}
	}
}

// noValue tells what is wrong with a variable that is written as no variable can be named.
func noValue(item string) string {
	if strings.Contains(item, "=") || !strings.ContainsAny(item, ": \t") {
		return ""
	}
	name, value, _ := strings.Cut(item, ":")
	if !strings.Contains(item, ":") {
		name, value, _ = strings.Cut(item, " ")
	}
	return fmt.Sprintf("%q sets nothing (write %s=%s)", item, strings.TrimSpace(name), strings.TrimSpace(value))
}

// noOption tells which option of a mount there is not.
func noOption(mount string) string {
	parts := strings.Split(mount, ":")
	if len(parts) != 3 {
		return ""
	}
	for option := range strings.SplitSeq(parts[2], ",") {
		if !slices.Contains(mountOptions, option) {
			return fmt.Sprintf("there is no option %q of a mount: it changes nothing (possible are %s)", option, strings.Join(mountOptions[:len(mountOptions)-4], ", "))
		}
	}
	return ""
}
