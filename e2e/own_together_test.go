package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// A service that gives a directory to the user of another, as with docker, gives it to the
// caller here; and it is that user's for the other.
func TestOwnFilesPrepared(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  init:
    image: docker-archive:server.tar
    command: sh -c 'mkdir /data/made && echo x > /data/made/x && chmod 600 /data/made/x && chown -R server:server /data && stat -c %u /data/mine'
    volumes: ["./data:/data"]
  app:
    image: docker-archive:server.tar
    user: server
    command: sh -c 'cat /data/made/x && echo y >> /data/made/x && echo z >> /data/mine && exec sleep 1000'
    volumes: ["./data:/data"]
    depends_on: {init: {condition: service_completed_successfully}}
    stop_grace_period: 0s
  backup:
    image: docker-archive:server.tar
    command: sh -c 'echo b > /data/backup && exec sleep 1000'
    volumes: ["./data:/data"]
    depends_on: [app]
    stop_grace_period: 0s
`)
	s.serverImage(imagetest.Config{})
	s.write("data/mine", "m")
	for range 2 {
		s.must("up", "-d")
		s.eventually("what app has appended", func() bool { return strings.HasPrefix(s.read("data/made/x"), "x\ny\n") })
		s.eventually("what backup has written", func() bool { return s.read("data/backup") == "b\n" })
		if n := s.allMine("data"); n != 5 {
			t.Errorf("%d files", n)
		}
		if got := s.must("exec", "-T", "app", "stat", "-c", "%u", "/data", "/data/made/x", "/data/backup"); got != "999\n999\n999\n" {
			t.Errorf("app sees owners %q", got)
		}
		s.must("down")
		s.plainRemove("data/made")
	}
}

// Who cannot have the same owners as another is told so in one line, and then both have
// those that docker's user has; what the file asks for is not there in vain.
func TestOwnFilesDisagree(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  app:
    image: docker-archive:server.tar
    user: server
    command: sh -c 'umask 077; echo a > /data/a; exec sleep 1000'
    volumes: ["./data:/data"]
    stop_grace_period: 0s
  net:
    image: docker-archive:server.tar
    user: server
    cap_add: [NET_ADMIN]
    command: sh -c 'while ! cat /data/a; do sleep 0.1; done; echo n > /data/n; exec sleep 1000'
    volumes: ["./data:/data"]
    stop_grace_period: 0s
`)
	s.serverImage(imagetest.Config{})
	s.write("data/mine", "m")
	if err := os.Chmod(filepath.Join(s.dir, "data"), 0o777); err != nil {
		t.Fatal(err)
	}
	r := s.compose("up", "-d")
	for _, want := range []string{"service net: what it writes into your directories will belong to user 999 of containers, not to you: cap_add NET_ADMIN", "service app: what it writes into your directories will not be yours: it shares " + filepath.Join(s.dir, "data") + " with net, which has cap_add NET_ADMIN"} {
		if r.code != 0 || strings.Count(r.stderr, want) != 1 {
			t.Errorf("up: %d, want once: %s\n%s", r.code, want, r.stderr)
		}
	}
	s.eventually("net reads what app has written, and writes", func() bool {
		return s.compose("exec", "-T", "app", "cat", "/data/n").stdout == "n\n"
	})
	s.must("down")
	if s.read("data/mine") != "m" || ids(t, filepath.Join(s.dir, "data/mine")) != myIDs() {
		t.Error("what was there has changed")
	}
	s.must("unshare", "rm", "-r", filepath.Join(s.dir, "data"))
}

// What root and the user of a service may do in it with an exchange, of what programs of
// images need: raw sockets excepted.
func TestOwnFilesRights(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  app:
    image: docker-archive:server.tar
    user: server
    command: sleep 1000
    volumes: ["./data:/data"]
    stop_grace_period: 0s
  web:
    image: docker-archive:server.tar
    command: sleep 1000
    stop_grace_period: 0s
`)
	s.serverImage(imagetest.Config{})
	s.must("up", "-d")
	for _, c := range []struct{ user, script string }{
		{"0", "chown -R 999:998 /data && chown 0:0 /data && chown 999 /data"},
		{"0", "nc -l -p 80 & sleep 0.1; kill $!"},
		{"server", "nc -l -p 81 & sleep 0.1; kill $!"},
		{"0", "su server -s /bin/sh -c 'test $(id -u) = 999 && touch /data/su'"},
		{"0", "mknod /srv/fifo p && chmod 4755 /srv/fifo && rm /srv/fifo"},
		{"0", "chroot / id -u"},
		{"0", "touch /srv/x && chown 1234:1234 /srv/x && chmod 600 /srv/x && cat /srv/x"},
		{"server", "kill -0 1"},
		{"0", "kill -0 1"},
	} {
		if r := s.compose("exec", "-T", "-u", c.user, "app", "sh", "-ec", c.script); r.code != 0 {
			t.Errorf("as %s: %s: %d %s%s", c.user, c.script, r.code, r.stdout, r.stderr)
		}
	}
	if got := ids(t, filepath.Join(s.dir, "data/su")); got != myIDs() {
		t.Errorf("what su has written belongs to %s", got)
	}
}
