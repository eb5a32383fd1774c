// Package binfmt finds out whether the kernel has an emulator for programs of another
// machine.
//
// # Model
//
// A file in /proc/sys/fs/binfmt_misc is a rule: which first bytes, under which mask, are
// given to which interpreter (kernel, Documentation/admin-guide/binfmt-misc.rst). What an
// ELF program of an architecture begins with is known, so the rule is found by what it
// does, whatever its name is.
//
// # Limits
//
// A container has files of its own: only a rule with the flag F counts, whose interpreter
// was opened when it was registered. The package qemu-user-static of Debian and Ubuntu,
// and the image tonistiigi/binfmt, register such rules.
package binfmt

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Dir is where the kernel shows its rules.
const Dir = "/proc/sys/fs/binfmt_misc"

// machine is how ELF names an architecture (elf(5)).
type machine struct {
	id  uint16
	big bool // the most significant byte is the first
	x32 bool // 32 bits
}

// machines are those of GOARCH that images are made for.
var machines = map[string]machine{
	"386": {id: 3, x32: true}, "amd64": {id: 62}, "arm": {id: 40, x32: true}, "arm64": {id: 183}, "loong64": {id: 258},
	"mips64": {id: 8, big: true}, "mips64le": {id: 8}, "ppc64": {id: 21, big: true}, "ppc64le": {id: 21}, "riscv64": {id: 243}, "s390x": {id: 22, big: true},
}

// Missing says why programs of a foreign architecture (GOARCH) cannot be executed in
// containers, and what changes that; "" if they can be, or are this machine's own. dir
// is [Dir].
func Missing(dir, arch string) string {
	if arch == "" || arch == runtime.GOARCH || arch == "386" && runtime.GOARCH == "amd64" {
		return ""
	}
	m, known := machines[arch]
	if !known {
		return fmt.Sprintf("no emulator for linux/%s is known", arch)
	}
	const mend = "sudo apt install qemu-user-static, or what brings it on your distribution"
	rules, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		return "whether the kernel has one cannot be seen from here" // a confined process
	}
	if err != nil || len(rules) == 0 {
		return fmt.Sprintf("the kernel has no emulator for linux/%s, for binfmt_misc is not mounted: %s", arch, mend)
	}
	outside := ""
	for _, r := range rules {
		text, err := os.ReadFile(filepath.Join(dir, r.Name()))
		if err != nil {
			continue // register can only be written
		}
		switch rule := parse(string(text)); {
		case !rule.takes(m.header()):
		case rule.fixed:
			return ""
		default:
			outside = rule.interpreter
		}
	}
	if outside != "" {
		return fmt.Sprintf("the emulator for linux/%s (%s) is not to be seen in containers, for it was registered without the flag F: %s", arch, outside, mend)
	}
	return fmt.Sprintf("the kernel has no emulator for linux/%s: %s", arch, mend)
}

// header is what an executable of the machine begins with.
func (m machine) header() []byte {
	h := make([]byte, 20)
	copy(h, "\x7fELF")
	h[4], h[5], h[6] = 2, 1, 1
	if m.x32 {
		h[4] = 1
	}
	low, high := 0, 1
	if m.big {
		h[5], low, high = 2, 1, 0
	}
	h[16+low] = 2 // ET_EXEC
	h[18+low], h[18+high] = byte(m.id), byte(m.id>>8)
	return h
}

// rule is one that the kernel shows.
type rule struct {
	enabled, fixed bool
	interpreter    string
	offset         int
	magic, mask    []byte
}

func parse(text string) (r rule) {
	for line := range strings.Lines(text) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "enabled":
			r.enabled = true
		case "interpreter":
			r.interpreter = value
		case "flags:":
			r.fixed = strings.Contains(value, "F")
		case "offset":
			r.offset, _ = strconv.Atoi(value) // the kernel's own number
		case "magic":
			r.magic, _ = hex.DecodeString(value)
		case "mask":
			r.mask, _ = hex.DecodeString(value)
		}
	}
	return r
}

// takes tells whether a program that begins so is given to the interpreter.
func (r *rule) takes(header []byte) bool {
	if !r.enabled || len(r.magic) == 0 || r.offset != 0 {
		return false
	}
	got := bytes.Clone(header)
	if len(got) < len(r.magic) || len(r.mask) > 0 && len(r.mask) != len(r.magic) {
		return false
	}
	got = got[:len(r.magic)]
	for i := range r.mask {
		got[i] &= r.mask[i]
	}
	want := bytes.Clone(r.magic)
	for i := range r.mask {
		want[i] &= r.mask[i]
	}
	return bytes.Equal(got, want)
}
