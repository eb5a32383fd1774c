package loader

import (
	"context"
	"errors"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/locate"
)

// Load reads compose files. A fault of the files is an *Error.
func Load(ctx context.Context, o Options) (*Loaded, error) {
	where, err := locate.Find(o.query())
	if err != nil {
		return nil, located(err)
	}
	l := &load{o: o, where: where, env: where.Env}
	l.predefine()
	if err := l.read(); err != nil {
		return nil, err
	}
	if err := l.setName(); err != nil {
		return nil, err
	}
	l.env["COMPOSE_PROJECT_NAME"] = l.name
	if err := l.inspect(); err != nil {
		return nil, err
	}
	out := &Loaded{Env: l.env, Warnings: slices.Concat(where.Warnings, l.warnings), view: o.View}
	if err := l.compose(ctx, out); err != nil {
		return nil, err
	}
	if o.NoInterpolate {
		return out, nil
	}
	if !o.View.NoConsistency {
		if err := l.check(out.Model); err != nil {
			return nil, err
		}
	}
	if o.View != (View{}) {
		return out, nil
	}
	if out.Project, err = l.convert(out.Model); err == nil && o.OneOff != nil {
		out.OneOff, err = l.oneOff(out.Model, out.Project)
	}
	return out, err
}

// Error is a fault in a compose file, as the user shall read it.
type Error = document.Error

// MaxFileSize bounds one compose file, in bytes.
const MaxFileSize = document.MaxFileSize

// load is one load under way.
type load struct {
	o          Options
	where      locate.Result
	env        map[string]string
	name       string
	files      []*document.File // the named files, in order
	reached    []*document.File // by include and extends
	notices    []project.Notice
	warnings   []string                    // of what is accepted and does nothing
	defined    map[string]project.Position // services, by name
	extends    map[string][]string         // services to those they extend
	references []noted                     // files that others name
	expanded   int                         // bytes that variables came to
	trusted    bool                        // the schema need not be asked
}

// located makes the errors of the look-up readable.
func located(err error) error {
	if errors.Is(err, locate.ErrNoFile) {
		return &Error{Message: err.Error(), Err: err,
			Hint: "go to a directory with a compose.yaml, or name a file with -f"}
	}
	if err != nil {
		return &Error{Message: err.Error(), Err: err}
	}
	return nil
}

// read parses the named files.
func (l *load) read() error {
	var faults document.Faults
	for _, path := range l.where.Files {
		s, err := document.Read(path, l.where.Cwd, l.o.Stdin)
		if !faults.Add(err) {
			break
		}
		l.files = append(l.files, s)
	}
	return faults.Err()
}

// inspect walks all files, reached ones first: those are merged below.
func (l *load) inspect() error {
	if err := l.reach(); err != nil {
		return err
	}
	if err := l.survey(); err != nil {
		return err
	}
	var faults document.Faults
	for _, s := range slices.Concat(l.reached, l.files) {
		for _, doc := range s.Docs {
			w := &walker{value: l.scalar, faults: &faults}
			w.walk(s, doc)
			if !faults.Add(l.checkRanges(s, doc)) {
				return faults.Err()
			}
			l.notices = slices.DeleteFunc(l.notices, func(n project.Notice) bool {
				return slices.ContainsFunc(w.resets, func(r string) bool { return within(n.Key, r) })
			})
			l.notices = append(l.notices, w.notices...)
			l.warnings = append(l.warnings, w.warnings...)
		}
	}
	return faults.Err()
}

// within reports that key is path or lies below it.
func within(key, path string) bool {
	return key == path || len(key) > len(path) && key[:len(path)] == path && key[len(path)] == '.'
}
