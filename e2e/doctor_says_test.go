package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a command says when it fails is what doctor says of the machine: the cause, all
// commands that mend it, and what is lost.
func TestCommandsSayWhatDoctorSays(t *testing.T) {
	ubuntu := t.TempDir()
	for path, text := range map[string]string{
		"etc/os-release": "PRETTY_NAME=\"Ubuntu 24.04 LTS\"\nID=ubuntu\n", "usr/sbin/apparmor_parser": "#", "usr/bin/sudo": "#",
		"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n",
	} {
		at := filepath.Join(ubuntu, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		env   []string
		check string
		cause string
		code  int
		args  []string
	}{
		"apparmor":      {[]string{"MOCKER_FORCE_ERRNO=userns=EACCES", "MOCKER_FORCE_HOST=" + ubuntu}, "userns", "userns-apparmor", 1, []string{"up", "-d"}},
		"no room":       {[]string{"MOCKER_FORCE_ERRNO=userns=ENOSPC"}, "userns", "userns-limit", 1, []string{"up", "-d"}},
		"run directory": {[]string{"MOCKER_RUNTIME_DIR=/etc/none"}, "run", "dir-refused", 1, []string{"up", "-d"}},
		"inotify":       {[]string{"MOCKER_FORCE_ERRNO=inotify=EMFILE"}, "inotify", "inotify-instances", 1, []string{"logs", "-f"}},
		"keyrings":      {[]string{"MOCKER_FORCE_ERRNO=keyrings=EDQUOT"}, "keyrings", "keys-quota", 1, []string{"up", "-d"}},
		"net":           {[]string{"MOCKER_FORCE_ERRNO=net=ENOSPC"}, "namespaces", "namespace-limit", 1, []string{"up", "-d"}},
		"proc":          {[]string{"MOCKER_FORCE_ERRNO=proc=EPERM"}, "proc", "proc-masked", 1, []string{"up", "-d"}},
		"bridge":        {[]string{"MOCKER_FORCE_ERRNO=bridge=EOPNOTSUPP"}, "bridge", "bridge-kernel", 1, []string{"up", "-d"}},
		"no rules":      {[]string{"MOCKER_FORCE_NO_NFT=1"}, "nft", "nft-kernel", 0, []string{"up", "-d"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t, "services:\n  a: { command: ./probe pause }\n")
			if c.args[0] == "logs" {
				s.must("up", "-d")
			}
			s.env = append(s.env, c.env...)
			found := s.doctor()[c.check]
			if found.CauseID != c.cause {
				t.Fatalf("doctor finds %+v, want %s", found, c.cause)
			}
			r := s.compose(c.args...)
			if r.code != c.code {
				t.Errorf("exit %d, want %d", r.code, c.code)
			}
			for _, want := range append(append([]string{found.Cause}, found.Remedy...), found.Note) {
				if !strings.Contains(r.stderr, want) {
					t.Errorf("%v does not say %q:\n%s", c.args, want, r.stderr)
				}
			}
		})
	}
}

// Without newuidmap a project runs, and says once what doctor says.
func TestMissingNewuidmapIsSaid(t *testing.T) {
	if os.Getuid() == 0 && os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("root maps its ids itself")
	}
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	if s.doctor()["newuidmap"].Found == "not needed: you are root" {
		t.Skip("root maps its ids itself")
	}
	bin := t.TempDir()
	s.env = append(s.env, "PATH="+bin, "MOCKER_FORCE_HOST="+bin)
	found := s.doctor()["newuidmap"]
	if found.CauseID != "newuidmap-missing" {
		t.Fatalf("doctor finds %+v", found)
	}
	r := s.compose("up", "-d")
	for _, want := range append([]string{found.Cause}, found.Remedy...) {
		if r.code != 0 || !strings.Contains(r.stderr, want) {
			t.Errorf("up: exit %d, does not say %q:\n%s", r.code, want, r.stderr)
		}
	}
}

// A foreground up whose log lines cannot be followed says so, and goes on.
func TestUpSaysThatLogsAreNotFollowed(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe exit 0 }\n")
	s.env = append(s.env, "MOCKER_FORCE_ERRNO=inotify=EMFILE")
	found := s.doctor()["inotify"]
	r := s.compose("up")
	for _, want := range append([]string{"log lines are not shown any more", found.Cause}, found.Remedy...) {
		if r.code != 0 || !strings.Contains(r.stderr, want) {
			t.Errorf("up: exit %d, does not say %q:\n%s", r.code, want, r.stderr)
		}
	}
}

// So does run, while its container runs.
func TestRunSaysThatOutputIsNotShown(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.env = append(s.env, "MOCKER_FORCE_ERRNO=inotify=EMFILE")
	remedy := s.doctor()["inotify"].Remedy
	f := s.background("run", "--name", s.project+"-one", "a")
	s.eventually("it is said", func() bool {
		text := f.out.String()
		return strings.Contains(text, "output is not shown any more") && len(remedy) > 0 && strings.Contains(text, remedy[0])
	})
	if !strings.Contains(s.must("ps", "-a"), " Up ") {
		t.Error("it was said when the container had ended")
	}
	s.must("kill", s.project+"-one")
	if code := <-f.end; code != 137 {
		t.Errorf("exit %d, want 137", code)
	}
	if r := s.compose("run", "--rm", "a", "./probe", "exit", "0"); r.code != 1 {
		t.Errorf("output was lost, and the exit code is %d:\n%s", r.code, r.stderr)
	}
}
