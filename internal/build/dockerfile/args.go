package dockerfile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
)

// arg is a build argument that was given, with the environment's value if it has none
// of its own.
func (in *Input) arg(name string) (string, bool) {
	v, ok := in.Args[name]
	if !ok {
		return "", false
	}
	if v != nil {
		return *v, true
	}
	if in.Env == nil {
		return "", false
	}
	return in.Env(name)
}

// automatic are the arguments that are there without ARG before the first FROM
// (Dockerfile reference, "Automatic platform ARGs in the global scope").
func (in *Input) automatic(build, target platform, stage string) *scope {
	s := newScope(nil)
	for _, kv := range [][2]string{
		{"BUILDPLATFORM", build.String()},
		{"BUILDOS", build.os},
		{"BUILDOSVERSION", ""},
		{"BUILDARCH", build.arch},
		{"BUILDVARIANT", build.variant},
		{"TARGETPLATFORM", target.String()},
		{"TARGETOS", target.os},
		{"TARGETOSVERSION", ""},
		{"TARGETARCH", target.arch},
		{"TARGETVARIANT", target.variant},
		{"TARGETSTAGE", cmp.Or(stage, "default")},
	} {
		value := kv[1]
		if v, ok := in.arg(kv[0]); ok {
			value = v
		}
		s.put(kv[0], value)
	}
	return s
}

// globals carries out the ARGs before the first FROM; given is what the user gave.
func (f *file) globals(s *scope, given func(string) (string, bool)) (*scope, error) {
	s = s.clone()
	lex := lexer{f.escape}
	for _, cmd := range f.args {
		first, last := lines(cmd.Location())
		for _, a := range cmd.Args {
			value, ok := given(a.Key)
			if !ok && a.Value == nil {
				continue
			}
			if !ok {
				r, err := lex.word(*a.Value, s)
				if err != nil {
					return nil, f.failed(err, first, last)
				}
				value = r.Result
			}
			if err := s.set(a.Key, value); err != nil {
				return nil, f.failed(err, first, last)
			}
		}
	}
	return s, nil
}

// declared are the names of the ARGs before the first FROM.
func (f *file) declared() (names []string) {
	for _, cmd := range f.args {
		for _, a := range cmd.Args {
			names = append(names, a.Key)
		}
	}
	return names
}

// proxies are the predefined arguments of proxies, in both ways of writing them
// (Dockerfile reference, "Predefined ARGs").
func (in *Input) proxies() (env []string) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"} {
		for _, spelled := range []string{name, strings.ToLower(name)} {
			if v, ok := in.arg(spelled); ok {
				env = append(env, name+"="+v, strings.ToLower(name)+"="+v)
				break
			}
		}
	}
	return env
}

// epoch is SOURCE_DATE_EPOCH (reproducible-builds.org/specs/source-date-epoch).
func (in *Input) epoch(globals *scope) (*time.Time, error) {
	text, ok := in.arg("SOURCE_DATE_EPOCH")
	if !ok {
		text, _ = globals.Get("SOURCE_DATE_EPOCH")
	}
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("invalid SOURCE_DATE_EPOCH %q: it wants the seconds since 1970", short(text))
	}
	t := time.Unix(n, 0).UTC()
	return &t, nil
}

// argument carries out ARG in a stage.
func (w *walk) argument(c *instructions.ArgCommand) (string, error) {
	var said []string
	for _, a := range c.Args {
		w.noSecret("ARG", a.Key, c)
		value, has, err := w.argValue(c, a)
		if err != nil {
			return "", err
		}
		text := a.Key
		if has {
			if err := w.scope.set(a.Key, value); err != nil {
				return "", err
			}
			text += "=" + value
		}
		w.stage.declare(a.Key, value)
		said = append(said, text)
	}
	return "ARG " + strings.Join(said, " "), nil
}

// argValue: what the user gave, else the default, else what has this name before
// the first FROM.
func (w *walk) argValue(c *instructions.ArgCommand, a instructions.KeyValuePairOptional) (string, bool, error) {
	if v, ok := w.in.arg(a.Key); ok {
		return v, true, nil
	}
	if a.Value == nil {
		v, ok := w.globals.Get(a.Key)
		return v, ok, nil
	}
	v, err := w.expand(c, *a.Value)
	return v, true, err
}

// declared is an ARG of a stage with its value when it was declared, for the history.
type declared struct {
	name, value string
}

func (s *stage) declare(name, value string) {
	s.args = slices.Clone(s.args) // they may be another stage's too
	if i := slices.IndexFunc(s.args, func(d declared) bool { return d.name == name }); i >= 0 {
		s.args[i].value = value
		return
	}
	s.args = append(s.args, declared{name, value})
}

// prefix is what history has before the command of a RUN: the ARGs with their values.
func (w *walk) prefix() []string {
	if len(w.stage.args) == 0 {
		return nil
	}
	list := []string{fmt.Sprintf("|%d", len(w.stage.args))}
	for _, d := range w.stage.args {
		value, ok := w.scope.Get(d.name)
		if !ok {
			value = d.value
		}
		list = append(list, d.name+"="+value)
	}
	return list
}

// defaultBases: a base must be an image also when no argument is given.
func (f *file) defaultBases(automatic *scope) {
	globals, err := f.globals(automatic, func(string) (string, bool) { return "", false })
	if err != nil {
		return
	}
	for _, st := range f.stages {
		r, err := lexer{f.escape}.word(st.BaseName, globals)
		if err != nil {
			return
		}
		if _, err := parseRef(r.Result); err != nil {
			f.lint.Run(&linter.RuleInvalidDefaultArgInFrom, st.Location, linter.RuleInvalidDefaultArgInFrom.Format(st.BaseName))
		}
	}
}
