package e2e

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// busyboxRoot puts a root file system with busybox, and more files, into the
// project directory, to be used as rootfs:./bb.tar.
func (s *scenario) busyboxRoot(more ...imagetest.File) {
	s.t.Helper()
	s.write("bb.tar", string(imagetest.Tar(s.t, append(imagetest.Busybox(s.t), more...))))
}

// Configs and secrets are where the file says, whose it says, with the mode it
// says: on every root, also a read-only one and for users other than root; and
// they follow what they were made from.
func TestConfigsAndSecrets(t *testing.T) {
	testns.RequireIDRange(t)
	const common = `
    command: sh -c 'while :; do sleep 1; done'
    read_only: true
    configs:
      - plain
      - { source: inline, target: /etc/app/inline.conf, mode: 0640 }
      - { source: script, target: /opt/run.sh, mode: "0755" }
      - { source: env, target: relative.conf }
    secrets:
      - from_file
      - { source: from_env, target: renamed, uid: "33", gid: "44", mode: 0400 }
      - { source: from_file, target: /srv/deep/key, uid: "7" }
`
	s := begin(t, "services:\n  image:\n    image: rootfs:./bb.tar\n"+common+"  host:\n"+strings.ReplaceAll(common, "/etc/app", "/run/app")+`
configs:
  plain: { file: ./plain.conf }
  inline: { content: "a = ${VALUE}\n" }
  script: { content: "#!/bin/sh\necho ran\n" }
  env: { environment: VALUE }
secrets:
  from_file: { file: ./secret.txt }
  from_env: { environment: SECRET_VALUE }
`)
	s.busyboxRoot()
	s.env = append(s.env, "VALUE=v1", "SECRET_VALUE=hush")
	s.write("plain.conf", "plain")
	s.write("secret.txt", "s3cret")
	s.must("up", "-d")
	for service, dir := range map[string]string{"image": "/etc/app", "host": "/run/app"} {
		for path, want := range map[string]string{
			"/plain": "plain 444 0:0", dir + "/inline.conf": "a = v1 640 0:0", "/relative.conf": "v1 444 0:0",
			"/run/secrets/from_file": "s3cret 444 0:0", "/run/secrets/renamed": "hush 400 33:44", "/srv/deep/key": "s3cret 444 7:0",
		} {
			if got := strings.Join(strings.Fields(s.must("exec", "-T", service, "sh", "-c", "cat "+path+"; echo; stat -c '%a %u:%g' "+path)), " "); got != want {
				t.Errorf("%s: %s is %q, want %q", service, path, got, want)
			}
		}
		if got := s.must("exec", "-T", service, "/opt/run.sh"); got != "ran\n" {
			t.Errorf("%s: the script says %q", service, got)
		}
		if got := s.must("exec", "-T", "-u", "33", service, "cat", "/run/secrets/renamed"); got != "hush" {
			t.Errorf("%s: its owner reads %q", service, got)
		}
		if r := s.compose("exec", "-T", "-u", "34", service, "cat", "/run/secrets/renamed"); r.code == 0 {
			t.Errorf("%s: somebody else reads a secret", service)
		}
		if r := s.compose("exec", "-T", service, "sh", "-c", "echo x >/run/secrets/from_file"); r.code == 0 {
			t.Errorf("%s: a secret was written to", service)
		}
	}
	before := s.ps()
	s.must("up", "-d")
	for name, c := range s.ps() {
		if c.ID != before[name].ID {
			t.Errorf("%s was recreated although nothing has changed", name)
		}
	}
	s.write("secret.txt", "n3w")
	if got := s.must("exec", "-T", "host", "cat", "/run/secrets/from_file"); got != "s3cret" {
		t.Errorf("the user's own file is mounted: %q", got)
	}
	s.must("up", "-d")
	if got := s.must("exec", "-T", "host", "cat", "/run/secrets/from_file"); got != "n3w" {
		t.Errorf("after the change: %q", got)
	}
	s.killSupervisor()
	s.must("restart", "-t", "0", "image")
	if got := s.must("exec", "-T", "image", "cat", "/run/secrets/renamed"); got != "hush" {
		t.Errorf("after a crash of the supervisor and a restart: %q", got)
	}
}

// killSupervisor kills the project's supervisor, as a crash would.
func (s *scenario) killSupervisor() {
	s.t.Helper()
	if err := syscall.Kill(s.supervisorPID(), syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
}

// What is secret is on no disk, in no output and in no process's arguments.
func TestSecretsLeakNowhere(t *testing.T) {
	const count = 20
	var file strings.Builder
	file.WriteString("services:\n  a:\n    command: sh -c 'cat /run/secrets/* >/dev/null; echo up; while :; do sleep 1; done'\n    secrets:\n")
	for i := range count {
		fmt.Fprintf(&file, "      - s%d\n", i)
	}
	file.WriteString("secrets:\n")
	s := begin(t, "services: {}\n")
	var values []string
	for i := range count {
		value := fmt.Sprintf("PLANTED-%d-%s", i, s.project)
		values = append(values, value)
		if i%2 == 0 {
			fmt.Fprintf(&file, "  s%d: { file: ./s%d.txt }\n", i, i)
			s.write(fmt.Sprintf("s%d.txt", i), value)
		} else {
			fmt.Fprintf(&file, "  s%d: { environment: PLANTED_%d }\n", i, i)
			s.env = append(s.env, fmt.Sprintf("PLANTED_%d=%s", i, value))
		}
	}
	s.write("compose.yaml", file.String())
	var said bytes.Buffer
	for _, args := range [][]string{
		{"up", "-d"}, {"ps", "--format", "json"}, {"logs"}, {"config"}, {"config", "--format", "json"}, {"config", "--hash", "*"}, {"ls", "--format", "json"},
		{"up", "-d", "--force-recreate"}, {"top"}, {"volumes"},
	} {
		r := s.compose(args...)
		said.WriteString(r.stdout + r.stderr)
	}
	if got := s.must("exec", "-T", "a", "cat", "/run/secrets/s7"); got != values[7] {
		t.Fatalf("the service reads %q", got)
	}
	search := func(what string, text []byte) {
		for _, v := range values {
			if bytes.Contains(text, []byte(v)) {
				t.Errorf("%s holds %s", what, v)
			}
		}
	}
	search("the output", said.Bytes())
	for _, dir := range []string{s.dirs.Data, s.dirs.Run} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				b, _ := os.ReadFile(path)
				search(path, b)
			}
			return nil
		})
		st, err := os.Stat(dir)
		if err != nil || st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v, %v", dir, st, err)
		}
	}
	procs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range procs {
		b, _ := os.ReadFile(p)
		search(p, b)
		// The environment of the command line's caller is not passed on.
		if st, err := os.Stat(filepath.Dir(p)); err == nil && st.Sys().(*syscall.Stat_t).Uid == uint32(os.Getuid()) && bytes.Contains(b, []byte("mocker-compose")) {
			env, _ := os.ReadFile(filepath.Dir(p) + "/environ")
			search(filepath.Dir(p)+"/environ", env)
		}
	}
}

// What is wrong with a config or secret is said before anything is changed.
func TestSecretFaults(t *testing.T) {
	s := begin(t, "services: {}\n")
	service := "services:\n  a:\n    command: sleep 100\n    "
	for _, c := range []struct{ file, want string }{
		{service + "secrets: [x]\nsecrets:\n  x:\n    file: ./none\n", "compose.yaml:7: secrets.x.file: cannot read"},
		{service + "secrets: [x]\nsecrets:\n  x:\n    environment: NO_SUCH\n", "compose.yaml:7: secrets.x.environment: the variable NO_SUCH is not set"},
		{service + "secrets: [x]\nsecrets:\n  x:\n    external: true\n", "compose.yaml:7: secrets.x.external is not possible"},
		{service + "secrets: [y]\n", `compose.yaml:4: services.a.secrets: secret "y" is not defined`},
		{service + "secrets:\n      - source: x\n        uid: www\nsecrets: { x: { file: ./compose.yaml } }\n", `uid "www" is not a number`},
	} {
		s.write("compose.yaml", c.file)
		s.fails(1, []string{c.want}, "up", "-d")
	}
	if left := s.ps(); len(left) != 0 {
		t.Errorf("there are containers: %v", left)
	}
}

// With one id a secret belongs to root, and up says so; what has to be somebody
// else's is degraded, not refused.
func TestSecretsWithOneID(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: `+sleep+`
    secrets: [{ source: key, uid: "33", gid: "44", mode: 0400 }]
    tmpfs: /scratch:uid=33,mode=0700
secrets: { key: { file: ./key } }
`)
	s.env = append(s.env, "MOCKER_FORCE_SINGLE_ID=1")
	s.write("key", "hush")
	if r := s.compose("up", "-d"); r.code != 0 || !strings.Contains(r.stderr, "secret key belongs to 0:0 in containers, not to 33:44") || !strings.Contains(r.stderr, "tmpfs uid=33") {
		t.Fatalf("up: %d\n%s", r.code, r.stderr)
	}
	if got := s.inShell("a", "cat /run/secrets/key; stat -c ' %a %u:%g' /run/secrets/key; touch /scratch/x"); got != "hush 400 0:0" {
		t.Errorf("the secret is %q", got)
	}
}

// When the project's processes have died, start reads what came from a file
// again; what was in memory only takes another up.
func TestSecretsAfterTheEnd(t *testing.T) {
	s := begin(t, `
services:
  a: { command: `+sleep+`, secrets: [key] }
  b: { command: `+sleep+`, secrets: [word] }
secrets: { key: { file: ./key }, word: { environment: WORD } }
`)
	s.env = append(s.env, "WORD=swordfish")
	s.write("key", "hush")
	s.must("up", "-d")
	holder := s.projectHolderPID("a")
	if err := syscall.Kill(holder, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.eventually("the project's holder is gone", func() bool { return syscall.Kill(holder, 0) != nil })
	s.must("start", "a")
	if got := s.inShell("a", "cat /run/secrets/key"); got != "hush" {
		t.Errorf("from the file: %q", got)
	}
	s.fails(1, []string{"secret word", "run mocker-compose up again"}, "start", "b")
	s.must("up", "-d")
	if got := s.inShell("b", "cat /run/secrets/word"); got != "swordfish" {
		t.Errorf("after up: %q", got)
	}
}
