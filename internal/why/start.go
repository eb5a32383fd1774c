package why

import (
	"fmt"
	"strings"

	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// startRemedy is what mends a start that failed, where its own remedy does not say which
// key of the file is meant; "" = nothing to add.
func (f *Facts) startRemedy(r *record.Replica) string {
	svc, why := &r.Service, r.Detail
	has := func(words ...string) bool {
		for _, w := range words {
			if !strings.Contains(why, w) {
				return false
			}
		}
		return true
	}
	switch {
	case has("exec ", "not found in $PATH"), has("exec ", "no such file or directory"):
		return f.edit(svc, "command and entrypoint must name a program that its image has")
	case has("exec ", "exec format error"):
		return f.edit(svc, "image, platform or command: "+program(why)+" is not for this machine, or a script without #!")
	case has("exec ", "permission denied"):
		return "chmod +x " + program(why) + "   (in the image, or where it is bound from)"
	case has("user ", "no such id"), has("group_add", "no such id"):
		return f.edit(svc, "user and group_add: ids that exist in containers here")
	case has("group_add"):
		return f.edit(svc, "group_add: a number, or a name in the image's /etc/group")
	case strings.HasPrefix(why, "device "):
		return f.edit(svc, "devices: a device file of this machine that you may open")
	case has("volumes ", ": stat ", "permission denied"):
		return f.edit(svc, "volumes: a file or directory that you may look at (ls -ld "+deniedPath(why)+")")
	case has("volumes ", ": mkdir ", "permission denied"):
		return f.edit(svc, "volumes: "+deniedPath(why)+" is not there, and not for you to make: sudo mkdir -p "+deniedPath(why))
	case has("user "):
		return f.edit(svc, fmt.Sprintf("user: %q must be a number, or a name in the image's /etc/passwd", svc.User))
	case has("bind source"), has("volumes "):
		return f.edit(svc, "volumes")
	case has("publish port"), has("ports"):
		return f.edit(svc, "ports: another port of this machine")
	}
	return ""
}

// deniedPath is the path in "stat /x: permission denied".
func deniedPath(why string) string {
	before, _, _ := strings.Cut(why, ": permission denied")
	return plain(before[strings.LastIndex(before, " ")+1:])
}

// program is the object of a failed exec: "exec /x: permission denied".
func program(why string) string {
	_, rest, _ := strings.Cut(why, "exec ")
	name, _, _ := strings.Cut(rest, ": ")
	return name
}

// hints are the lines of a remedy.
func hints(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, plain(line))
		}
	}
	return list
}
