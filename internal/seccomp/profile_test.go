package seccomp

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
)

func TestProfileFaults(t *testing.T) {
	const fine = `{"defaultAction": "SCMP_ACT_ALLOW"`
	for _, c := range []struct {
		text string
		line int
		want string // "" = accepted
	}{
		{text: fine + "}"},
		{text: "{}"}, // no filter, as docker has it
		{text: fine + `, "comment": "not known, let pass"}`},
		{text: fine + `, "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}`},
		{text: fine + `, "syscalls": [{"name": "mkdir", "action": "SCMP_ACT_ERRNO"}]}`},
		{text: fine + `, "syscalls": [{"names": ["no_such_call"], "action": "SCMP_ACT_ERRNO"}]}`},
		{text: fine + ",\n\"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"]}"},
		{text: "", line: 1, want: "EOF"},
		{text: "{\n\n  \"defaultAction\": }", line: 3, want: "not JSON"},
		{text: "{\n\"defaultAction\": 7}", line: 2, want: "cannot be a number"},
		{text: fine + "}\n\nmore", line: 3, want: "more after the end"},
		{text: "{\n\"defaultAction\": \"SCMP_ACT_NONE\"}", line: 2, want: "SCMP_ACT_NONE"},
		{text: fine + ",\n\"syscalls\": [\n{\"names\": [\"mkdir\"],\n \"action\": \"SCMP_ACT_NO\"}]}", line: 4, want: "SCMP_ACT_NO"},
		{text: fine + ",\n\"syscalls\": [{\"names\": [\"mkdir\"], \"action\": \"SCMP_ACT_ERRNO\",\n\"args\": [{\"index\": 0, \"op\": \"SCMP_CMP_LIKE\"}]}]}", line: 3, want: "SCMP_CMP_LIKE"},
		{text: fine + `, "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 9, "op": "SCMP_CMP_EQ"}]}]}`, want: "argument 9"},
		{text: fine + ",\n\"flags\": [\"SECCOMP_FILTER_FLAG_NEW\"]}", line: 2, want: "unknown flag"},
		{text: fine + `, "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}`, want: "listener"},
		{text: fine + ", \"syscalls\": [{\"names\": [\"mkdir\"], \"action\": \"SCMP_ACT_ERRNO\",\n\"includes\": {\"minKernel\": \"new\"}}]}", want: "kernel"},
		{text: fine + `, "syscalls": [null]}`, want: "rule 1"},
		{text: fine + `, "architectures": ["SCMP_ARCH_X86_64"], "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]}`, want: "either"},
	} {
		_, err := Profile([]byte(c.text))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.text, err)
			}
			continue
		}
		var fault *ProfileError
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), c.want) || c.line != 0 && fault.Line != c.line {
			t.Errorf("%s: %+v, want %q in line %d", c.text, err, c.want, c.line)
		}
	}
}

// Docker's own default, as a file, makes the program that we have built in.
func TestProfileOfDocker(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(mobyDir(t), "default.json"))
	if err != nil {
		t.Skipf("the library's sources are not here: %v", err)
	}
	compact, err := Profile(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, caps := range [][]string{nil, capability.Default, {"CAP_SYS_ADMIN"}, capability.All()} {
		got, err := Load(compact, caps)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Default(caps)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Code, want) {
			t.Errorf("with %v it is another program", caps)
		}
	}
}

// mobyDir is where the compiler found the library.
func mobyDir(t *testing.T) string {
	t.Helper()
	cache := os.Getenv("GOMODCACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Skip(err)
		}
		cache = filepath.Join(home, "go", "pkg", "mod")
	}
	dirs, err := filepath.Glob(filepath.Join(cache, "github.com/moby/profiles/seccomp@*"))
	if err != nil || len(dirs) == 0 {
		t.Skip("the library's sources are not here")
	}
	return dirs[len(dirs)-1]
}

// What decides about a rule beside the call: capabilities, architecture, kernel.
func TestProfileFilters(t *testing.T) {
	const text = `{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1,
"archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}, {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}],
"syscalls": [
 {"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 11, "includes": {"caps": ["CAP_CHOWN"]}},
 {"names": ["renameat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 12, "excludes": {"caps": ["CAP_CHOWN"]}},
 {"names": ["unlinkat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "includes": {"minKernel": "4.0"}},
 {"names": ["linkat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 14, "includes": {"minKernel": "99.0"}},
 {"names": ["fchmodat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 15, "includes": {"arches": ["amd64", "arm64"]}},
 {"names": ["fchownat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 16, "excludes": {"arches": ["amd64", "arm64"]}},
 {"names": ["dup"], "action": "SCMP_ACT_ERRNO", "errnoRet": 17, "args": [{"index": 0, "value": 7, "op": "SCMP_CMP_EQ"}]}
]}`
	if _, err := nativeArch(); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		caps []string
		call string
		arg  uint64
		want uint32 // error number, 0 = allowed
	}{
		{[]string{"CAP_CHOWN"}, "mkdirat", 0, 11},
		{nil, "mkdirat", 0, 0},
		{[]string{"CAP_CHOWN"}, "renameat", 0, 0},
		{nil, "renameat", 0, 12},
		{nil, "unlinkat", 0, 13},
		{nil, "linkat", 0, 0},
		{nil, "fchmodat", 0, 15},
		{nil, "fchownat", 0, 0},
		{nil, "dup", 7, 17},
		{nil, "dup", 8, 0},
	} {
		p, err := Load(text, c.caps)
		if err != nil {
			t.Fatal(err)
		}
		arch, _ := nativeArch()
		a := &arches[0]
		if arch != a.token {
			a = &arches[3]
		}
		nr, ok := a.number(c.call)
		if !ok {
			t.Fatalf("no call %s", c.call)
		}
		want := uint32(retAllow)
		if c.want != 0 {
			want = retErrno | c.want
		}
		if got := interpret(t, p.Code, &callData{nr: nr, arch: a.audit, args: [6]uint64{c.arg}}); got != want {
			t.Errorf("%s(%d) with %v: %#x, want %#x", c.call, c.arg, c.caps, got, want)
		}
	}
}

func TestProfileFlags(t *testing.T) {
	p, err := Load(`{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"]}`, nil)
	if want := uint(unix.SECCOMP_FILTER_FLAG_LOG | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW); err != nil || p.Flags != want {
		t.Errorf("%#x %v, want %#x", p.Flags, err, want)
	}
}

// FuzzProfile: what is accepted can be loaded with any capabilities.
func FuzzProfile(f *testing.F) {
	f.Add([]byte(`{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 4294967296, "op": "SCMP_CMP_GE"}]}]}`))
	f.Add([]byte(`{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X32"]}]}`))
	f.Add([]byte(`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [null]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		compact, err := Profile(text)
		if err != nil {
			var fault *ProfileError
			if !errors.As(err, &fault) || fault.Line < 0 || fault.Line > bytes.Count(text, []byte("\n"))+1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		if _, err := Load(compact, []string{"CAP_SYS_PTRACE"}); err != nil {
			t.Fatalf("accepted, but: %v", err)
		}
	})
}
