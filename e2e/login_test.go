package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// login and logout have docker's words, and keep docker's file.
func TestLogin(t *testing.T) {
	s, r := atRegistry(t, registrytest.Options{Auth: registrytest.Basic, Users: map[string]string{"ann": "secret"}})
	file := filepath.Join(s.dir, "docker", "config.json")
	s.write("docker/config.json", `{"detachKeys":"ctrl-q"}`)
	got := s.composeWith("secret\n", "login", "-u", "ann", "--password-stdin", r.Host)
	if got.code != 0 || got.stdout != "Login Succeeded\n" || !strings.Contains(got.stderr, "WARNING! Your credentials are stored unencrypted in '"+file+"'.") {
		t.Errorf("login: exit %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	if text := s.read("docker/config.json"); !strings.Contains(text, `"detachKeys": "ctrl-q"`) || !strings.Contains(text, `"auth": "YW5uOnNlY3JldA=="`) {
		t.Errorf("file: %s", text)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
	again := s.compose("login", r.Host)
	if again.code != 0 || again.stdout != "Login Succeeded\n" || !strings.Contains(again.stderr, "Authenticating with existing credentials... [Username: ann]") || strings.Contains(again.stderr, "WARNING") {
		t.Errorf("login again: %+v", again)
	}
	s.fails(1, []string{"unauthorized", "log in to " + r.Host}, "login", "-u", "ann", "-p", "wrong", r.Host)
	s.fails(1, []string{"cannot perform an interactive login from a non-TTY device"}, "login", "-u", "ann", r.Host)
	s.fails(1, []string{"--password-stdin option requires --username"}, "login", "--password-stdin", r.Host)
	s.fails(1, []string{"cannot specify both"}, "login", "-u", "a", "-p", "b", "--password-stdin", r.Host)
	if out := s.must("logout", r.Host); out != "Removing login credentials for "+r.Host+"\n" {
		t.Errorf("logout: %q", out)
	}
	if text := s.read("docker/config.json"); strings.Contains(text, "YW5u") || !strings.Contains(text, "ctrl-q") {
		t.Errorf("after logout: %s", text)
	}
}

// At a terminal the password is asked for and not shown.
func TestLoginAtATerminal(t *testing.T) {
	s, r := atRegistry(t, registrytest.Options{Auth: registrytest.Token, Users: map[string]string{"ann": "secret"}})
	master, slave := openPTY(t)
	defer master.Close()
	cmd := s.command(t.Context(), "login", r.Host)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	screen := watch(master)
	echoes := func() bool {
		state, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
		return err != nil || state.Lflag&unix.ECHO != 0
	}
	for _, q := range []struct{ prompt, answer string }{{"Username: ", "ann\n"}, {"Password: ", "secret\n"}} {
		s.eventually(q.prompt, func() bool { return bytes.Contains(screen.bytes(), []byte(q.prompt)) })
		s.eventually("no echo", func() bool { return q.prompt[0] == 'U' || !echoes() })
		if _, err := master.WriteString(q.answer); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, screen.bytes())
	}
	s.eventually("it succeeds", func() bool { return bytes.Contains(screen.bytes(), []byte("Login Succeeded")) })
	if got := string(screen.bytes()); strings.Contains(got, "secret") {
		t.Errorf("the terminal shows: %s", got)
	}
	if !echoes() {
		t.Error("the terminal shows no longer what is typed")
	}
	slave.Close()
	if text := s.read("docker/config.json"); !strings.Contains(text, "identitytoken") {
		t.Errorf("the token is not kept: %s", text)
	}
}

// atRegistry is a scenario without a service, beside a registry, that keeps
// credentials in its own directory.
func atRegistry(t *testing.T, o registrytest.Options) (*scenario, *registrytest.Registry) {
	t.Helper()
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.env = append(s.env, "DOCKER_CONFIG="+filepath.Join(s.dir, "docker"))
	return s, registrytest.New(t, o)
}

// config pins images to the digests that their tags have now.
func TestConfigDigests(t *testing.T) {
	s, r := atRegistry(t, registrytest.Options{})
	small := imagetest.Image{Layers: [][]imagetest.File{{{Name: "a", Text: "x"}}}}
	digest := r.PushIndex(t, "web:1", []string{"linux/amd64", "linux/arm64"}, []imagetest.Image{small, small}, imagetest.Form{}).Digest
	pinned := fmt.Sprintf("image: %s/web:1@%s", r.Host, digest)
	s.write("compose.yaml", fmt.Sprintf("services:\n  a: { image: '%[1]s/web:1', command: [x] }\n  b: { image: '%[1]s/web:1@%[2]s' }\n  c: { command: [y] }\n", r.Host, digest))
	if out := s.must("config", "--resolve-image-digests"); !strings.Contains(out, pinned) || !strings.Contains(out, fmt.Sprintf("image: %s/web@%s", r.Host, digest)) || !strings.Contains(out, "- x") {
		t.Errorf("config: %s", out)
	}
	want := fmt.Sprintf("services:\n  a:\n    %s\n  b:\n    image: %s/web@%s\n  c: {}\n", pinned, r.Host, digest)
	for _, more := range [][]string{nil, {"--no-interpolate"}} {
		if out := s.must(append([]string{"config", "--lock-image-digests"}, more...)...); out != want {
			t.Errorf("%q: %s\nwant\n%s", more, out, want)
		}
	}
	if s.write("lock.yaml", want); !strings.Contains(s.must("-f", "compose.yaml", "-f", "lock.yaml", "config"), pinned) {
		t.Error("the override file does not pin")
	}
	s.write("compose.yaml", fmt.Sprintf("services:\n  a: { image: '%s/none:1' }\n", r.Host))
	s.fails(1, []string{"denied for " + r.Host + "/none"}, "config", "--resolve-image-digests")
}
