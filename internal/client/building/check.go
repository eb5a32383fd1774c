package building

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/project"
)

// Check prints what the rules have to say of the Dockerfiles of services, on standard
// output, and fails if they have to say anything, as docker does.
func Check(ctx context.Context, e *client.Env, p *project.Project, names []string, o Options) error {
	b := &Builder{Env: e, Project: p, Options: o}
	total := 0
	for _, name := range names {
		s, ok := p.Builder(name)
		if !ok {
			continue
		}
		n, err := b.check(ctx, s, len(names) > 1)
		if err != nil {
			return err
		}
		total += n
	}
	if total > 0 {
		return &client.ExitError{Code: 1}
	}
	return nil
}

func (b *Builder) check(ctx context.Context, s *project.Service, several bool) (int, error) {
	j := &job{builder: b, service: s, steps: &told{service: s.Name, show: b.Env.Display()}}
	defer j.close()
	if err := j.prepare(ctx); err != nil {
		return 0, b.explain(s, err)
	}
	for name := range s.Build.Contexts {
		j.input.Contexts[name] = dockerfile.Context{}
	}
	list, err := dockerfile.Check(ctx, j.input)
	if several {
		b.Env.Println(s.Name)
	}
	dockerfile.Report(b.Env.Results(), j.input.Name, j.input.Data, list)
	if err != nil {
		return len(list), b.explain(s, err)
	}
	return len(list), nil
}
