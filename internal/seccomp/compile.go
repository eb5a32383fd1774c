package seccomp

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Compile turns a profile (runtime-spec, config-linux.md, "Seccomp") into an
// array of struct sock_filter in native byte order, for seccomp(2)
// SECCOMP_SET_MODE_FILTER. The profile's flags and listener are not part of
// the program and are left to the caller. It fails for an architecture, an
// action or a comparison that it does not know, and for a profile too long for
// the kernel (4096 instructions).
func Compile(p *specs.LinuxSeccomp) ([]byte, error) {
	def, err := returnValue(p.DefaultAction, p.DefaultErrnoRet)
	if err != nil {
		return nil, fmt.Errorf("seccomp profile, default action: %w", err)
	}
	byAudit, err := spansByAudit(p, def)
	if err != nil {
		return nil, err
	}
	prog := []insn{ret(retKillProcess)}
	for _, a := range slices.Backward(byAudit) {
		tree := append([]insn{load(offNumber)}, search(a.spans)...)
		prog = branch(opJEQ, a.audit, tree, prog)
	}
	prog = append([]insn{load(offArch)}, prog...)
	if len(prog) > maxInsns {
		return nil, fmt.Errorf("seccomp profile: %d BPF instructions, the kernel takes %d: use fewer argument rules", len(prog), maxInsns)
	}
	return encode(prog), nil
}

// auditSpans are the spans of all ABIs that share a value of seccomp_data.arch.
type auditSpans struct {
	audit uint32
	spans []span
}

func spansByAudit(p *specs.LinuxSeccomp, def uint32) ([]auditSpans, error) {
	tokens := p.Architectures
	if len(tokens) == 0 {
		native, err := nativeArch()
		if err != nil {
			return nil, err
		}
		tokens = []specs.Arch{native}
	}
	for _, t := range tokens {
		if !slices.ContainsFunc(arches, func(a arch) bool { return a.token == t }) {
			return nil, fmt.Errorf("seccomp profile: no table of system calls for architecture %s", t)
		}
	}
	var out []auditSpans
	for i := range arches { // in this order x32 comes after x86_64, as its numbers do
		a := &arches[i]
		if !slices.Contains(tokens, a.token) {
			continue
		}
		named, err := leaves(p, a, def)
		if err != nil {
			return nil, err
		}
		list := spans(a, named, def, unknownReturn(def))
		if n := len(out); a.base != 0 && n > 0 && out[n-1].audit == a.audit {
			out[n-1].spans = append(out[n-1].spans[:len(out[n-1].spans)-1], list...)
			continue
		}
		if a.base != 0 {
			list = append([]span{{0, &leaf{ret: retKillProcess}}}, list...)
		} else if a.token == specs.ArchX86_64 {
			list = append(list, span{x32Bit, &leaf{ret: retKillProcess}})
		}
		out = append(out, auditSpans{a.audit, list})
	}
	return out, nil
}
