package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// served is a service with a root file system, which an overlay is made for.
const served = "services:\n  a: { image: 'rootfs:./root', command: /probe pause }\n"

// onTmpfs makes the data directory a file system of its own.
func onTmpfs(options string) string {
	return "mkdir -p $DATA; mount -t tmpfs -o uid=1000,mode=700," + options + " data $DATA"
}

// fills has an image take room that a prune gives back.
func fills(files ...imagetest.File) func(*scenario) {
	return func(s *scenario) {
		s.t.Helper()
		img := imagetest.Image{Names: []string{"large:1"}, Layers: [][]imagetest.File{files}}
		img.WriteDockerArchive(s.t, filepath.Join(s.dir, "large.tar"))
		s.must("image", "load", "-q", "-i", "large.tar")
	}
}

// small are many files.
func small(n int) (files []imagetest.File) {
	for i := range n {
		files = append(files, imagetest.File{Name: fmt.Sprintf("f%d", i)})
	}
	return files
}

// Directories and devices.
func TestCrippledPaths(t *testing.T) {
	theLab(t).cripples([]cripple{
		{name: "tun is root's", take: "chmod 600 /dev/net/tun", cause: "tun-refused", up: works},
		{
			name: "no ports below 1024", take: sysctlTo("net.ipv4.ip_unprivileged_port_start", "1024"), cause: "port-floor",
			file: "services:\n  a: { command: ./probe pause, ports: ['127.0.0.1:80:80'] }\n",
		},
		{name: "no ping", rare: true, take: sysctlTo("net.ipv4.ping_group_range", "1 0"), cause: "ping-group", up: works},
		{name: "no overlay", take: noModules("overlay"), cause: "overlay-kernel", up: says, file: served},
		{name: "data of root", take: "rm -rf $DATA; install -d -m 755 $DATA", cause: "dir-refused"},
		{
			name: "data read-only", rare: true, cause: "dir-readonly",
			take: "mkdir -p $DATA; chown dev: $DATA; mount --bind $DATA $DATA; mount -o remount,bind,ro $DATA",
		},
		{
			name: "data without programs", cause: "dir-noexec", up: works,
			take: "mkdir -p $DATA; chown dev: $DATA; mount --bind $DATA $DATA; mount -o remount,bind,noexec $DATA",
		},
		{
			name: "little room", cause: "disk-low", up: works, take: onTmpfs("size=560m"),
			then: fills(imagetest.File{Name: "large", Text: strings.Repeat("0123456789abcdef", 60<<16)}),
		},
		{name: "few inodes", rare: true, cause: "disk-inodes", up: works, take: onTmpfs("nr_inodes=21000,size=1g"), then: fills(small(2000)...)},
		{name: "run directory of root", rare: true, take: "rm -rf $RUN; install -d -m 755 $RUN", cause: "dir-refused"},
	})
}
