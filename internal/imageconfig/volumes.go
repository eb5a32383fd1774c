package imageconfig

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// reserved are the places that are the sandbox's own: what is at or below them
// must be what we put there.
var reserved = []string{"/proc", "/sys", "/dev"}

// ownFiles are bound by us; a volume has no business there.
var ownFiles = []string{"/", "/etc", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}

// mounts adds an anonymous volume for each of the image's, unless the file has a
// mount at the same place.
func mounts(file []project.Mount, volumes []string) (list []project.Mount, notices []string) {
	list = slices.Clone(file)
	for _, v := range volumes {
		target := path.Clean("/" + v)
		if isReserved(target) {
			notices = append(notices, fmt.Sprintf("the image asks for a volume at %s, which is left out: that place is the container's own", target))
			continue
		}
		if !slices.ContainsFunc(list, func(m project.Mount) bool { return path.Clean(m.Target) == target }) {
			list = append(list, project.Mount{Type: project.MountVolume, Target: target})
		}
	}
	return list, notices
}

func isReserved(target string) bool {
	if slices.Contains(ownFiles, target) {
		return true
	}
	for _, dir := range reserved {
		if target == dir || strings.HasPrefix(target, dir+"/") {
			return true
		}
	}
	return false
}
