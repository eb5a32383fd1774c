package hostiletest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

const naiveEnv = "MOCKER_HOSTILE_NAIVE"

// order is what the naive set-up is given.
type order struct {
	Name                  string
	Root, Volume, Outside string
	File                  string
}

func TestMain(m *testing.M) {
	if text := os.Getenv(naiveEnv); text != "" {
		var o order
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			panic(err)
		}
		if o.Root == "/" { // executed again from inside
			fmt.Println("ESCAPED our own program runs inside")
			os.Exit(0)
		}
		if o.Name == raceName {
			naiveRace(o)
			os.Exit(0)
		}
		naive(o)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// peaceful attacks nothing: what is found there would be found everywhere.
var peaceful = Case{
	Name: "peaceful", Plant: func(t *Tree) { t.Link("data", "elsewhere"); t.Dir("elsewhere") },
	Mounts: []Mount{{Bind, "/elsewhere"}, {File, "/file"}, {Tmpfs, "/tmp"}},
	Look:   []string{"/proc/kcore", "/etc/hosts"}, Write: []string{"/dev/shm/x"},
	WorkingDir: "/made/here", User: "root", Sysctl: "net.core.somaxconn",
}

// TestNaiveLoses is the positive control: every attack must succeed against a
// set-up that joins paths as strings.
func TestNaiveLoses(t *testing.T) {
	if !testns.Plain(t) { // as root a planted link could reach this machine's own files
		return
	}
	testns.RequireUserNamespaces(t)
	for _, c := range append(Cases(), peaceful) {
		if c.Harmless {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			tree := Make(t, &c)
			before, err := tree.Canary.Sum()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, []byte("mine\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			out, hangs := runNaive(t, order{c.Name, tree.Root, tree.Volume, tree.Canary.Dir, file})
			after, err := tree.Canary.Sum()
			if err != nil {
				t.Fatal(err)
			}
			var how []string
			for what, is := range map[string]bool{
				"written outside": before != after, "read outside": strings.Contains(out, Token),
				"mounted outside": strings.Contains(out, "MOUNTED"), "ran our program": strings.Contains(out, "ESCAPED"), "hangs": hangs,
			} {
				if is {
					how = append(how, what)
				}
			}
			if c.Name == peaceful.Name {
				if len(how) > 0 {
					t.Errorf("without an attack: %v\n%s", how, out)
				}
				return
			}
			if len(how) == 0 {
				t.Errorf("the naive set-up was not attacked: the case proves nothing\n%s", out)
			}
			t.Log(how)
		})
	}
}

func runNaive(t *testing.T, o order) (out string, hangs bool) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	patience := 5 * time.Second
	if o.Name == raceName {
		patience = 40 * time.Second // it ends by itself, much earlier where the processors are not all busy
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), naiveEnv+"="+string(text))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err = cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return b.String(), ctx.Err() != nil
}
