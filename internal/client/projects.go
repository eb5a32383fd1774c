package client

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
)

// Projects are the names in the run dir and the data dir, sorted.
func (e *Env) Projects() ([]string, error) {
	var names []string
	for _, dir := range []string{e.Dirs.ProjectsRun(), e.Dirs.ProjectsData()} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, d := range entries {
			if d.IsDir() && CheckName(d.Name()) == nil {
				names = append(names, d.Name())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// ConfigFiles are the compose files that the project was last brought up from.
func (e *Env) ConfigFiles(ctx context.Context, name string) (files []string, err error) {
	err = e.Call(ctx, name, api.Request{Op: api.OpInfo}, func(a *api.Answer) error {
		if a.Info != nil {
			files = a.Info.ConfigFiles
		}
		return nil
	})
	if !errors.Is(err, reach.ErrNotRunning) {
		return files, err
	}
	rec, err := e.Recorded(ctx, name)
	if rec == nil || err != nil {
		return nil, err
	}
	return rec.ConfigFiles, nil
}
