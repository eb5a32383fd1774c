package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// Whoever a service is, and however the file says it: what it writes into a directory of
// the user's is the user's, over down and up, and a plain rm removes it. What was there
// before stays the user's, with mode and content, and the service may write to it.
func TestOwnFilesOfAnyUser(t *testing.T) {
	ownerIDs(t)
	const script = `[sh, -c, 'set -e; umask 077; mkdir -p /data/deep; echo x >> /data/deep/file; echo more >> /data/mine; ln -f /data/deep/file /data/link; touch /data/ready; exec sleep 1000']`
	users := map[string]string{
		"root": "root", "named": "server", "number": `"1000"`, "pair": `"1000:1000"`, "caller": `"${UID}:${GID}"`, "mixed": `"1000:0"`,
	}
	file := "services:\n"
	for name, user := range users {
		file += fmt.Sprintf("  %s:\n    image: docker-archive:server.tar\n    user: %s\n    command: %s\n    volumes: ['./%s:/data', './conf:/conf:ro', './new-%s/deep:/new']\n    stop_grace_period: 0s\n", name, user, script, name, name)
	}
	s := begin(t, file)
	s.env = append(s.env, fmt.Sprintf("UID=%d", os.Getuid()), fmt.Sprintf("GID=%d", os.Getgid()))
	s.serverImage(imagetest.Config{})
	s.write("conf/secret", "geheim")
	for name := range users {
		s.write(name+"/mine", "m\n")
	}
	for _, name := range append([]string{"conf"}, "root", "named", "number", "pair", "caller", "mixed") {
		if err := os.Chmod(filepath.Join(s.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for round := 1; round <= 2; round++ {
		s.must("up", "-d")
		for name := range users {
			s.eventually("all that "+name+" writes", func() bool {
				_, err := os.Stat(filepath.Join(s.dir, name, "ready"))
				return err == nil
			})
			s.allMine(name)
			s.allMine("new-" + name)
			if got, want := s.read(name+"/deep/file"), strings.Repeat("x\n", round); got != want {
				t.Errorf("round %d: %s has written %q, want %q", round, name, got, want)
			}
			if got, want := s.read(name+"/mine"), "m\n"+strings.Repeat("more\n", round); got != want {
				t.Errorf("round %d: %s has made of mine %q, want %q", round, name, got, want)
			}
			if r := s.compose("exec", "-T", name, "sh", "-c", "cat /conf/secret; echo >> /conf/secret || touch /conf/new"); r.code == 0 || r.stdout != "geheim" {
				t.Errorf("%s: a read-only directory: %d %q", name, r.code, r.stdout)
			}
			if err := os.Remove(filepath.Join(s.dir, name, "ready")); err != nil {
				t.Error(err)
			}
		}
		s.must("down")
	}
	for name := range users {
		for _, dir := range []string{name, "new-" + name} {
			s.plainRemove(dir)
		}
	}
	if s.read("conf/secret") != "geheim" {
		t.Error("what was mounted read-only has changed")
	}
}

// A service that makes everything that it sees its user's, links, hard links, attributes and
// set-user-id files included: of all this nothing leaves the user's hands, neither in his
// tree nor beside it.
func TestOwnFilesChownAll(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  app:
    image: docker-archive:server.tar
    command: [sh, -c, 'chown -R server:server /data; chown -h server /data/out; chown -RL server /data; chmod u+s /data/deep/tool; exec su server -s /bin/sh -c "echo mine >> /data/precious; exec sleep 1000"']
    volumes: ["./tree:/data"]
    stop_grace_period: 0s
`)
	s.serverImage(imagetest.Config{})
	s.write("tree/precious", "p\n")
	s.write("tree/deep/tool", "#!/bin/sh\n")
	s.write("outside/precious", "o\n")
	tree, outside := filepath.Join(s.dir, "tree"), filepath.Join(s.dir, "outside/precious")
	for to, name := range map[string]string{outside: "out", "/etc/passwd": "passwd", filepath.Join(s.dir, "outside"): "dir", "nowhere": "broken"} {
		if err := os.Symlink(to, filepath.Join(tree, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(outside, filepath.Join(tree, "hard")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(tree, "precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d")
	s.eventually("the server's line", func() bool { return s.read("tree/precious") == "p\nmine\n" })
	s.allMine("tree")
	s.allMine("outside")
	if got := ids(t, "/etc/passwd"); got != "0:0" {
		t.Errorf("/etc/passwd of this machine belongs to %s", got)
	}
	if s.read("outside/precious") != "o\n" {
		t.Error("a file beside the tree has changed")
	}
	s.must("down")
	s.allMine("tree")
	s.plainRemove("tree")
	if s.read("outside/precious") != "o\n" {
		t.Error("the hard link's other name is gone with it")
	}
}

// Directories that are not the user's, or are all that there is: nothing in them changes,
// and the service sees them as without an exchange.
func TestOwnFilesOfOthers(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  all:
    image: docker-archive:server.tar
    user: server
    command: [sh, -c, 'touch /host/etc/mocker /host/usr/mocker; chown -R server /host/etc; sleep 1000']
    volumes: ["/:/host"]
    stop_grace_period: 0s
  system:
    image: docker-archive:server.tar
    user: server
    command: [sh, -c, 'touch /lib2/x; sleep 1000']
    volumes: ["/usr/lib:/lib2"]
    stop_grace_period: 0s
`)
	s.serverImage(imagetest.Config{})
	before := ids(t, "/etc/passwd")
	s.must("up", "-d")
	for _, name := range []string{"all", "system"} {
		s.eventually(name+" runs", func() bool { return s.state(name+"-1") == "running" })
	}
	if got := s.must("exec", "-T", "all", "stat", "-c", "%u", "/host", "/host/etc/passwd"); got != "65534\n65534\n" {
		t.Errorf("inside they belong to %q", got)
	}
	for _, path := range []string{"/etc/mocker", "/usr/mocker", "/usr/lib/x"} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
	if got := ids(t, "/etc/passwd"); got != before {
		t.Errorf("/etc/passwd belongs to %s, before to %s", got, before)
	}
}
