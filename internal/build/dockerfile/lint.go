package dockerfile

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/patternmatcher"
)

// lintNames looks at the names of stages.
func (f *file) lintNames() {
	seen := map[string]bool{}
	for _, s := range f.stages {
		if s.Name == "" {
			continue
		}
		if s.Name == "context" || s.Name == scratch {
			f.lint.Run(&linter.RuleReservedStageName, s.Location, linter.RuleReservedStageName.Format(s.Name))
		}
		if seen[s.Name] {
			f.lint.Run(&linter.RuleDuplicateStageName, s.Location, linter.RuleDuplicateStageName.Format(s.Name))
		}
		seen[s.Name] = true
	}
}

// lintCasing wants all instructions in capitals, or none, as most of them are.
func (f *file) lintCasing() {
	type named struct {
		name  string
		where []parser.Range
	}
	var all []named
	for _, s := range f.stages {
		all = append(all, named{s.OrigCmd, s.Location})
		for _, c := range s.Commands {
			all = append(all, named{c.Name(), c.Location()})
		}
	}
	lower, upper := 0, 0
	for _, n := range all {
		switch n.name {
		case strings.ToLower(n.name):
			lower++
		case strings.ToUpper(n.name):
			upper++
		}
	}
	want, word := strings.ToUpper, "uppercase"
	if lower > upper {
		want, word = strings.ToLower, "lowercase"
	}
	for _, n := range all {
		if want(n.name) != n.name {
			f.lint.Run(&linter.RuleConsistentInstructionCasing, n.where, linter.RuleConsistentInstructionCasing.Format(n.name, word))
		}
	}
}

// lintPlatform looks at FROM --platform.
func (p *plan) lintPlatform(s *stage, r shell.ProcessWordResult) {
	lint := p.file.lint.WithMergedConfigFromComments(s.src.Comments)
	if target, _ := p.globals.Get("TARGETPLATFORM"); len(r.Matched) == 1 && len(r.Unmatched) == 0 && r.Result == target {
		if _, ok := r.Matched["TARGETPLATFORM"]; ok {
			lint.Run(&linter.RuleRedundantTargetPlatform, s.src.Location, linter.RuleRedundantTargetPlatform.Format(s.src.Platform))
		}
	}
	if len(r.Matched)+len(r.Unmatched) > 0 {
		return
	}
	on, err := parsePlatform(r.Result)
	if err != nil || strings.Contains(s.src.Name, on.os) || strings.Contains(s.src.Name, on.arch) {
		return
	}
	lint.Run(&linter.RuleFromPlatformFlagConstDisallowed, s.src.Location, linter.RuleFromPlatformFlagConstDisallowed.Format(r.Result))
}

// lintBase: a store may give an image of another platform if it has no better.
func (w *walk) lintBase(from *source) {
	got := platform{from.image.File.OS, from.image.File.Architecture, from.image.File.Variant}.normal()
	if want := w.stage.platform; got.os != "" && got.arch != "" && (got.os != want.os || got.arch != want.arch) {
		w.lint.Run(&linter.RuleInvalidBaseImagePlatform, w.stage.src.Location,
			linter.RuleInvalidBaseImagePlatform.Format(from.ref, want.String(), got.String()))
	}
}

// undefined names variables that have no value and no ARG.
func (w *walk) undefined(c instructions.Command, unmatched map[string]struct{}) {
	for _, name := range sortedKeys(unmatched) {
		if slices.ContainsFunc(w.stage.args, func(d declared) bool { return d.name == name }) {
			continue
		}
		w.lint.Run(&linter.RuleUndefinedVar, c.Location(), linter.RuleUndefinedVar.Format(short(name), similar(name, w.scope.Keys())))
	}
}

func (w *walk) legacy(c instructions.Command, noDelim bool) {
	if noDelim {
		w.lint.Run(&linter.RuleLegacyKeyValueFormat, c.Location(), linter.RuleLegacyKeyValueFormat.Format(c.Name()))
	}
}

// onlyOnce: the one before is what was written for nothing.
func (w *walk) onlyOnce(name string, c instructions.Command) {
	if before := w.once[name]; before != nil {
		w.lint.Run(&linter.RuleMultipleInstructionsDisallowed, before, linter.RuleMultipleInstructionsDisallowed.Format(c.Name()))
	}
	w.once[name] = append([]parser.Range{}, c.Location()...)
}

var secretWords = sync.OnceValues(func() (deny, allow *regexp.Regexp) {
	return regexp.MustCompile(`(?i)(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)`),
		regexp.MustCompile(`(?i)(?:_|^)(?:public|file|version)(?:_|$)`)
})

// noSecret: what ARG and ENV set can be read in the image.
func (w *walk) noSecret(instruction, name string, c instructions.Command) {
	if deny, allow := secretWords(); deny.MatchString(name) && !allow.MatchString(name) {
		w.lint.Run(&linter.RuleSecretsUsedInArgOrEnv, c.Location(), linter.RuleSecretsUsedInArgOrEnv.Format(instruction, name))
	}
}

// lintIgnored looks at a source that the ignore file leaves out. With exceptions in
// that file nobody can tell without the files.
func (w *walk) lintIgnored(c instructions.Command, name, src string) {
	if len(w.in.Ignored) == 0 || len(src) > maxPattern {
		return
	}
	m, err := patternmatcher.New(w.in.Ignored)
	if err != nil || m.Exclusions() {
		return
	}
	src = cleaned(src)
	if src == "." {
		if !slices.ContainsFunc(w.in.Ignored, func(p string) bool { return p == "*" || p == "**" || p == "**/*" }) {
			return
		}
	}
	if hit, err := m.MatchesOrParentMatches(src); err == nil && hit {
		word := name[:1] + strings.ToLower(name[1:])
		w.lint.Run(&linter.RuleCopyIgnoredFile, c.Location(), linter.RuleCopyIgnoredFile.Format(word, src))
	}
}
