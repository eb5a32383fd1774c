package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// A step of a file called steps:
//
//	$ ARGS     a command, in words; 'quotes' keep words together
//	= TEXT     a line that it prints; all of them must be there, in order
//	~ TEXT     a part of what it prints
//	? TEXT     a part of what it says on its error output
//	! CODE     its exit code, 0 if not given
//
// A command is repeated until it is as described, or patience ends: what a
// container does takes its time.
type step struct {
	line       int
	args       []string
	lines      []string
	parts, err []string
	code       string
}

func readSteps(t *testing.T, path string) (steps []step) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(b), "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		if kind == "$" {
			steps = append(steps, step{line: n + 1, args: words(rest), code: "0"})
			continue
		}
		if line == "" || kind == "#" {
			continue
		}
		if len(steps) == 0 {
			t.Fatalf("%s:%d: %q before the first command", path, n+1, line)
		}
		last := &steps[len(steps)-1]
		switch kind {
		case "=":
			last.lines = append(last.lines, rest)
		case "~":
			last.parts = append(last.parts, rest)
		case "?":
			last.err = append(last.err, rest)
		case "!":
			last.code = rest
		default:
			t.Fatalf("%s:%d: unknown step %q", path, n+1, line)
		}
	}
	return steps
}

// words splits a line at spaces; single quotes keep them.
func words(line string) (out []string) {
	for n, part := range strings.Split(line, "'") {
		if n%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// mismatch says how a result differs from what a step describes; "" = not at all.
func (st *step) mismatch(r result) string {
	switch {
	case itoa(r.code) != st.code:
		return "exit code " + itoa(r.code) + ", want " + st.code
	case st.lines != nil && strings.TrimRight(r.stdout, "\n") != strings.Join(st.lines, "\n"):
		return "want exactly:\n" + strings.Join(st.lines, "\n")
	}
	for _, p := range st.parts {
		if !strings.Contains(r.stdout, p) {
			return "the output lacks " + p
		}
	}
	for _, p := range st.err {
		if !strings.Contains(r.stderr, p) {
			return "the error output lacks " + p
		}
	}
	return ""
}

// TestComposeFiles brings up the files of testdata/TestComposeFiles, one after
// the other, each with a leak census. Together they use every key that is said to
// be honoured, as people write them for docker compose.
func TestComposeFiles(t *testing.T) {
	top := filepath.Join(built.dir, "testdata/TestComposeFiles")
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(built.dir, "composefiles.tar")
	imagetest.Image{
		Names:  []string{"small:1"},
		Config: imagetest.Config{Env: []string{"PATH=/bin", "FROM=image"}, Cmd: []string{"sleep", "1000"}, StopSignal: "SIGKILL"},
		Layers: [][]imagetest.File{imagetest.Busybox(t)},
	}.WriteDockerArchive(t, archive)
	if len(entries) < 30 {
		t.Errorf("%d compose files, want at least 30", len(entries))
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			s := begin(t, "services: {}\n")
			if err := os.Remove(filepath.Join(s.dir, "compose.yaml")); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(top, e.Name()))); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(archive, filepath.Join(s.dir, "small.tar")); err != nil {
				t.Fatal(err)
			}
			for _, st := range readSteps(t, filepath.Join(s.dir, "steps")) {
				s.take(st)
			}
		})
	}
}

func (s *scenario) take(st step) {
	s.t.Helper()
	deadline := time.Now().Add(patience / 2)
	for {
		r := s.compose(st.args...)
		wrong := st.mismatch(r)
		if wrong == "" {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("steps:%d: %q: %s\nstdout: %s\nstderr: %s", st.line, st.args, wrong, r.stdout, r.stderr)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// usedKeys are what the files of TestComposeFiles must use between them.
var usedKeys = strings.Fields(`
	image command entrypoint environment env_file user group_add working_dir hostname domainname init
	read_only tmpfs shm_size volumes configs secrets cap_add cap_drop security_opt privileged sysctls ulimits
	devices tty stdin_open pid ipc uts oom_score_adj labels container_name extra_hosts scale deploy replicas
	depends_on healthcheck restart stop_signal stop_grace_period networks network_mode ports expose profiles
	extends logging include mem_limit memswap_limit mem_reservation cpus cpu_shares cpu_quota cpu_period cpuset pids_limit
	blkio_config

	bind create_host_path propagation nocopy subpath size mode uid gid file content target source type
	driver_opts external aliases ipv4_address subnet internal host_ip protocol condition required
	test interval timeout retries start_period max-size max-file
	resources limits reservations memory pids weight memory_high`)

// TestEveryKeyIsUsed keeps TestComposeFiles complete.
func TestEveryKeyIsUsed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(built.dir, "testdata/TestComposeFiles/*/*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	for _, key := range usedKeys {
		found, err := regexp.MatchString(`(?m)(^|[\s{])`+key+`:`, all.String())
		if err != nil {
			t.Fatal(err)
		}
		if !found {
			t.Errorf("no compose file uses %s", key)
		}
	}
}
