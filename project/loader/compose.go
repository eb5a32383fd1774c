package loader

import (
	"context"
	"errors"
	"fmt"
	"strings"

	composeloader "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/shape"
)

// compose lets compose-go do the load proper.
func (l *load) compose(ctx context.Context, out *Loaded) (err error) {
	registerRaw()
	details := types.ConfigDetails{WorkingDir: l.where.Dir, Environment: l.env}
	for _, s := range l.files {
		details.ConfigFiles = append(details.ConfigFiles, config(s))
	}
	// The schema takes 8 ms to compile, ten times the rest of a small load.
	// One file that is certainly well-formed need not be held against it.
	c := details.ConfigFiles
	l.trusted = len(c) == 1 && c[0].Config != nil && shape.WellFormed(c[0].Config, l.scalar)
	// compose-go reports warnings through a global logger.
	stop := captureWarnings(&out.Warnings)
	defer func() {
		stop()
		out.Warnings = l.tellUnset(out.Warnings)
	}()
	// compose-go takes some types for granted before it holds the file
	// against the schema.
	defer func() {
		if r := recover(); r != nil {
			err = &Error{File: l.files[0].Name, Message: fmt.Sprintf("the compose library cannot read this file: %v", r),
				Hint: "look for a list where a mapping belongs, or the reverse"}
		}
	}()
	if l.o.NoInterpolate {
		out.dict, err = composeloader.LoadModelWithContext(ctx, details, l.composeOptions)
		return l.explain(err)
	}
	model, err := composeloader.LoadWithContext(ctx, details, l.composeOptions)
	if err != nil {
		return l.gather(ctx, err)
	}
	if len(l.o.Services) > 0 {
		if model, err = model.WithServicesEnabled(l.o.Services...); err != nil {
			return l.explain(err)
		}
	}
	if model, err = l.variables(model); err != nil {
		return err
	}
	for _, s := range l.files {
		model.ComposeFiles = append(model.ComposeFiles, s.Path)
	}
	out.Model = model
	return nil
}

// variables reads the files of variables and labels into the model.
func (l *load) variables(model *types.Project) (_ *types.Project, err error) {
	files := l.varFiles()
	defer files.close()
	explain := func(err error) error {
		var e *Error
		if err = l.explain(err); errors.As(err, &e) {
			e.File, e.Message = document.ShortName(files.own(e.File), l.where.Cwd), files.inText(e.Message)
		}
		return err
	}
	if !l.o.View.NoEnv {
		if err := files.check(model); err != nil {
			return nil, err
		}
		if model, err = model.WithServicesEnvironmentResolved(false); err != nil {
			return nil, explain(err)
		}
	}
	if model, err = model.WithServicesLabelsResolved(false); err != nil {
		return nil, explain(err)
	}
	files.restore(model)
	return model, nil
}

func (l *load) composeOptions(o *composeloader.Options) {
	o.SetProjectName(l.name, true)
	o.SkipInterpolation = l.o.NoInterpolate
	o.SkipNormalization = l.o.View.NoNormalize
	o.ResolvePaths = !l.o.View.NoPaths
	o.Profiles = l.profiles()
	// The library wants an image or a build for each service; we do not.
	// check.go does the rest of its checks, with lines.
	o.SkipConsistencyCheck = true
	// Done after the services of the command line are enabled.
	o.SkipResolveEnvironment = true
	o.SkipResolveLabels = true
	o.MaxNodeVisits = document.MaxNodes
	o.SkipValidation = l.trusted
	o.Interpolate.TypeCastMapping = l.casts(o.Interpolate.TypeCastMapping)
	o.Interpolate.Substitute = l.substitute
}

// profiles are those of the flags, else of COMPOSE_PROFILES. With neither, the profile
// without a name is active, as with docker: files write profiles: ["${OFF:-}"] for a
// service that a variable can turn off.
func (l *load) profiles() []string {
	if len(l.o.Profiles) > 0 {
		return l.o.Profiles
	}
	out := strings.Split(l.env["COMPOSE_PROFILES"], ",")
	for i, p := range out {
		out[i] = strings.TrimSpace(p)
	}
	return out
}

// config hands a file to compose-go, already decoded where that means the
// same: tags such as !reset are understood only while the library itself
// reads the text, and only a single document can be handed over.
func config(s *document.File) types.ConfigFile {
	c := types.ConfigFile{Filename: s.Path, Content: s.Data}
	if s.Tags || len(s.Docs) != 1 || document.Target(s.Docs[0]).Kind != yaml.MappingNode {
		return c
	}
	var m map[string]any
	if err := s.Docs[0].Decode(&m); err == nil && m != nil {
		c.Config = m
	}
	return c
}
