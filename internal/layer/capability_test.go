package layer

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
)

var background = context.Background()

const capEnv = "LAYER_TEST_CAPABILITY"

// TestMain is also the program with the file capability: it says what it has.
func TestMain(m *testing.M) {
	switch where := os.Getenv(capEnv); {
	case where == "show":
		b, err := os.ReadFile("/proc/self/status")
		fmt.Println(string(b), err)
		return
	case where != "":
		if err := unpackCapable(where); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// netRaw is CAP_NET_RAW, effective: bit 13 (linux/capability.h). A revision 3
// names a root user.
func netRaw(revision, root uint32) string {
	b := binary.LittleEndian.AppendUint32(nil, revision|1)
	for _, n := range []uint32{1 << 13, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	if revision == capRevision3 {
		b = binary.LittleEndian.AppendUint32(b, root)
	}
	return string(b)
}

// unpackCapable runs as root of a user namespace: it unpacks this program with a
// capability, of either revision, and runs it as a user without any.
func unpackCapable(dir string) error {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	var list []entry
	for name, value := range map[string]string{"2": netRaw(capRevision2, 0), "3": netRaw(capRevision3, 4711)} {
		h := hazard.Xattr(tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755}, capability, value)
		list = append(list, entry{h, string(self)})
	}
	root, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	b, err := packed(list)
	if err != nil {
		return err
	}
	st, err := Unpack(background, bytes.NewReader(b), root, Options{})
	if err != nil || st.Left != (Left{}) {
		return fmt.Errorf("%v, left %+v", err, st.Left)
	}
	for _, name := range []string{"2", "3"} {
		cmd := exec.Command(filepath.Join(dir, name))
		cmd.Env = []string{capEnv + "=show"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1000, Gid: 1000}}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "CapEff:\t0000000000002000\n") {
			return fmt.Errorf("revision %s: run by user 1000: %v\n%s", name, err, out)
		}
	}
	return nil
}

// TestFileCapabilities: what the archive says counts for the root of our user
// namespace, and for no other.
func TestFileCapabilities(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to write a map of many ids")
	}
	const first = 100000
	dir := t.TempDir()
	if err := errors.Join(os.Chown(dir, first, first), os.Chmod(filepath.Dir(dir), 0o711), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), capEnv+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:                 syscall.CLONE_NEWUSER,
		UidMappings:                []syscall.SysProcIDMap{{ContainerID: 0, HostID: first, Size: 65536}},
		GidMappings:                []syscall.SysProcIDMap{{ContainerID: 0, HostID: first, Size: 65536}},
		GidMappingsEnableSetgroups: true,
		Credential:                 &syscall.Credential{},
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("in the namespace: %v\n%s", err, out)
	}
	want := netRaw(capRevision3, first)
	for _, name := range []string{"2", "3"} {
		b := make([]byte, 100)
		n, err := unix.Getxattr(filepath.Join(dir, name), capability, b)
		if err != nil || string(b[:n]) != want {
			t.Errorf("revision %s, seen from outside: %x, %v; want %x", name, b[:max(n, 0)], err, want)
		}
	}
}
