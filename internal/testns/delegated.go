package testns

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// givenCgroup names the directory that root has handed to a test of a plain user.
const givenCgroup = "MOCKER_TEST_CGROUP"

// Delegated makes sure that the calling test, which must be a top-level one, runs as
// a plain user who may make cgroups, and returns a new one, empty, whose parent has
// given it the controllers that there are. It is removed after the test, if the test
// has removed what it made in it. ok is false if the test was run in another process.
func Delegated(t *testing.T) (dir string, ok bool) {
	t.Helper()
	if os.Getuid() == 0 && os.Getenv(givenCgroup) == "" && initialUserNamespace() {
		delegateTo(t)
		return "", false
	}
	base, err := ownCgroup()
	if err != nil {
		t.Skip(err)
	}
	dir, err = os.MkdirTemp(base, "mocker-test-")
	if err != nil {
		t.Skipf("no cgroup can be made in %s: %v; run the test as root, or in test/lab", base, err)
	}
	t.Cleanup(func() {
		_ = os.Remove(filepath.Join(dir, "holder"))
		if err := os.Remove(dir); err != nil {
			t.Errorf("the test has left something: %v", err)
		}
	})
	return dir, true
}

// RequireController skips the test where groups in dir would not have the controller.
func RequireController(t testing.TB, dir, name string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		t.Fatal(err)
	}
	for c := range strings.FieldsSeq(string(b)) {
		if c == name {
			return
		}
	}
	t.Skipf("%s has no %s controller of cgroup v2; test/lab has", dir, name)
}

func initialUserNamespace() bool {
	return strings.HasSuffix(strings.TrimSpace(readText("/proc/self/uid_map")), " 4294967295")
}

func hierarchy() (string, error) {
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(mount + "/cgroup.subtree_control"); err == nil {
			return mount, nil
		}
	}
	return "", fmt.Errorf("cgroup v2 is not mounted here")
}

// delegateTo runs the test as the plain user, in a leaf of a directory that is his.
func delegateTo(t *testing.T) {
	t.Helper()
	mount, err := hierarchy()
	if err != nil {
		t.Skip(err)
	}
	account, err := PlainUser()
	if err != nil {
		t.Skipf("no plain user can be had: %v", err)
	}
	base, err := os.MkdirTemp(mount, "mocker-test-"+account.Name+"-")
	if err != nil {
		t.Skip(err)
	}
	defer removeCgroups(t, base)
	for c := range strings.FieldsSeq(readText(filepath.Join(mount, "cgroup.controllers"))) {
		_ = os.WriteFile(filepath.Join(mount, "cgroup.subtree_control"), []byte("+"+c), 0)
	}
	leaf := filepath.Join(base, "testing")
	if err := os.Mkdir(leaf, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{base, leaf} {
		for _, f := range []string{"", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"} {
			if err := os.Chown(filepath.Join(d, f), account.UID, account.GID); err != nil {
				t.Fatal(err)
			}
		}
	}
	group, err := os.Open(leaf)
	if err != nil {
		t.Fatal(err)
	}
	defer group.Close()
	cmd := account.Command(t.Context(), "/proc/self/exe", "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.v", "-test.count=1")
	cmd.Env = append(cmd.Env, givenCgroup+"="+base)
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "MOCKER_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(group.Fd())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	report(t, out.String(), err)
}

// removeCgroups removes what is left, and calls it a failure.
func removeCgroups(t *testing.T, base string) {
	_ = os.Remove(filepath.Join(base, "testing"))
	left := directories(base)
	for i := range left {
		d := left[len(left)-1-i]
		t.Errorf("the test has left the cgroup %s", d)
		_ = os.WriteFile(filepath.Join(d, "cgroup.kill"), []byte("1"), 0)
		_ = os.Remove(d)
	}
	if err := os.Remove(base); err != nil {
		t.Errorf("remove the cgroup of the test: %v", err)
	}
}

// ownCgroup is the directory in which tests make theirs: the one that was handed to
// us, or the one that we are in, after we have left it for a leaf.
var ownCgroup = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(givenCgroup); given != "" {
		return given, enableAll(given)
	}
	mount, err := hierarchy()
	if err != nil {
		return "", err
	}
	var own string
	for line := range strings.Lines(readText("/proc/self/cgroup")) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			own = rest
		}
	}
	base := filepath.Join(mount, own)
	if own == "/" { // the whole machine's: nothing is moved
		return base, nil
	}
	if st, err := os.Stat(base); err != nil || int(st.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
		return "", fmt.Errorf("the cgroup %s is not this user's: run the test as root, or in test/lab", base)
	}
	if err := leave(base, own); err != nil {
		return "", err
	}
	return base, enableAll(base)
})

// leave moves us, and those who started us, into a leaf.
func leave(base, own string) error {
	leaf := filepath.Join(base, "testing")
	if err := os.Mkdir(leaf, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	for pid := os.Getpid(); pid > 1; pid = parent(pid) {
		if !strings.Contains(readText(fmt.Sprintf("/proc/%d/cgroup", pid)), "0::"+own+"\n") {
			break
		}
		if err := os.WriteFile(filepath.Join(leaf, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return err
		}
	}
	return nil
}

func parent(pid int) int {
	for line := range strings.Lines(readText(fmt.Sprintf("/proc/%d/status", pid))) {
		if v, ok := strings.CutPrefix(line, "PPid:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(v))
			return n
		}
	}
	return 0
}

// enableAll gives the groups below dir what there is, if no process is in dir: some
// controllers would make it the root of threaded groups, in which nobody can be
// born. Who needs one that is not there says so by RequireController.
func enableAll(dir string) error {
	if readText(filepath.Join(dir, "cgroup.procs")) != "" {
		return nil
	}
	for c := range strings.FieldsSeq(readText(filepath.Join(dir, "cgroup.controllers"))) {
		_ = os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+c), 0)
	}
	return nil
}
