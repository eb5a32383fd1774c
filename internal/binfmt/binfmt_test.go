package binfmt

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Rules as the kernel shows them; magic and mask are those of Debian's qemu-user-static.
const (
	arm64 = "enabled\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: %s\noffset 0\n" +
		"magic 7f454c460201010000000000000000000200b700\nmask ffffffffffffff00fffffffffffffffffeffffff\n"
	s390x = "enabled\ninterpreter /usr/bin/qemu-s390x-static\nflags: F\noffset 0\n" +
		"magic 7f454c4602020100000000000000000000020016\nmask ffffffffffffff00fffffffffffffffffffeffff\n"
	python = "enabled\ninterpreter /usr/bin/python3.11\nflags: F\noffset 0\nmagic a70d0d0a\n"
)

func rules(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// An emulator is found by what its rule takes, not by its name; it must be enabled and
// open already, or containers do not see it.
func TestMissing(t *testing.T) {
	if runtime.GOARCH == "arm64" || runtime.GOARCH == "s390x" {
		t.Skip("these are no foreign programs here")
	}
	with := func(flags string) string { return strings.Replace(arm64, "%s", flags, 1) }
	fixed := rules(t, map[string]string{"any-name": with("POCF"), "qemu-s390x": s390x, "python3.11": python, "status": "enabled\n"})
	for _, arch := range []string{"", runtime.GOARCH, "arm64", "s390x"} {
		if why := Missing(fixed, arch); why != "" {
			t.Errorf("%q: %s", arch, why)
		}
	}
	for dir, words := range map[string]string{
		fixed:                             "no emulator for linux/riscv64: sudo apt install",
		rules(t, nil):                     "binfmt_misc is not mounted",
		filepath.Join(t.TempDir(), "not"): "binfmt_misc is not mounted",
	} {
		if why := Missing(dir, "riscv64"); !strings.Contains(why, words) {
			t.Errorf("%q lacks %q", why, words)
		}
	}
	if why := Missing(rules(t, map[string]string{"a": with("OC")}), "arm64"); !strings.Contains(why, "without the flag F") || !strings.Contains(why, "aarch64-binfmt-P") {
		t.Errorf("%q", why)
	}
	if why := Missing(rules(t, map[string]string{"a": strings.Replace(with("F"), "enabled", "disabled", 1)}), "arm64"); !strings.Contains(why, "no emulator") {
		t.Errorf("%q", why)
	}
	if why := Missing(fixed, "vax"); !strings.Contains(why, "is known") {
		t.Errorf("%q", why)
	}
}

// Big- and little-endian machines of the same number are told apart.
func TestHeader(t *testing.T) {
	dir := rules(t, map[string]string{"ppc64": "enabled\ninterpreter /q\nflags: F\noffset 0\nmagic 7f454c4602020100000000000000000000020015\nmask ffffffffffffff00fffffffffffffffffffeffff\n"})
	if why := Missing(dir, "ppc64"); why != "" {
		t.Error(why)
	}
	if Missing(dir, "ppc64le") == "" || Missing(dir, "arm") == "" {
		t.Error("a rule for another machine counts")
	}
}

// What the kernel shows here is read without trouble.
func TestHere(t *testing.T) {
	t.Log(Missing(Dir, "riscv64"))
	if why := Missing(Dir, runtime.GOARCH); why != "" {
		t.Error(why)
	}
}
