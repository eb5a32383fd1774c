package uplink

import (
	"fmt"
	"net/netip"
	"os/exec"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// Helper is what carries the frames of a tap.
type Helper struct {
	Name string
	// Program is the absolute path of what is executed; "" = our own binary.
	Program string
	// IPv6 is the range that the tap gets for IPv6; invalid = the helper has none.
	IPv6 netip.Prefix
	// args are the arguments for a tap in the net namespace of the file ns, a path
	// as the helper will see it.
	args func(p Plan, ns string) []string
}

// Args is the command line, with the program's name first.
func (h *Helper) Args(p Plan, ns string) []string {
	return append([]string{h.Name}, h.args(p, ns)...)
}

// finders look for a helper on this machine, and say why it cannot be used.
var finders = map[string]func() (*Helper, error){
	"pasta":       findPasta,
	"slirp4netns": findSlirp4netns,
	"gvisor":      findGvisor,
}

// Find looks for the helper called name: whether it is there and has what we
// need. It runs nothing that has an effect.
func Find(name string) (*Helper, error) {
	f := finders[name]
	if f == nil {
		return nil, fmt.Errorf("no helper is called %q", name)
	}
	return f()
}

// LastLine is the last line of what a helper has said, made fit for a terminal. Lines
// about a system logger that is not there say nothing.
func LastLine(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasSuffix(line, "bytes to syslog") {
			last = line
		}
	}
	last = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, last)
	return strings.ToValidUTF8(last[:min(len(last), 200)], "")
}

// install is how a package is installed here.
func install(pkg cause.Package) string {
	commands, note := cause.Here().Install(pkg)
	if len(commands) == 0 {
		return note
	}
	return commands[0]
}

func lookUp(name string, pkg cause.Package) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", &Missing{name + " is not installed", install(pkg)}
	}
	return path, nil
}
