package mounts

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// Ensure makes the named volumes of the file that do not exist; external ones must.
func (k *Keeper) Ensure(list []project.Volume) error {
	for _, v := range list {
		if v.External {
			if err := k.Volumes.Require(v.Name); err != nil {
				return err
			}
		} else {
			have, made, err := k.Volumes.Create(k.volumeOf(v))
			if err == nil && !made {
				k.compare(v, have)
				err = k.relabel(v, have)
			}
			if err != nil {
				return fmt.Errorf("volume %s: %w", v.Name, err)
			}
		}
		k.mu.Lock()
		if k.named == nil {
			k.named = map[string]project.Volume{}
		}
		k.named[v.Key] = v
		k.mu.Unlock()
	}
	return nil
}

// Labels of docker compose on a volume.
const (
	labelProject = "com.docker.compose.project"
	labelVolume  = "com.docker.compose.volume"
)

// volumeOf is the volume that a named one of the file is to be.
func (k *Keeper) volumeOf(v project.Volume) volumes.Volume {
	labels := map[string]string{labelProject: k.Project, labelVolume: v.Key}
	maps.Copy(labels, v.Labels)
	labels[project.HashLabel] = v.Hash()
	return volumes.Volume{Name: v.Name, Labels: labels, Options: v.Options, Project: k.Project, Key: v.Key}
}

// compare says where a volume that exists is not what the file says. It stays as
// it is: what is in it cannot be had again.
func (k *Keeper) compare(v project.Volume, have volumes.Volume) {
	switch {
	case k.owns(have):
	case have.Project == "":
		k.Notice(fmt.Sprintf("volume %q already exists but was not created by mocker-compose up. Use `external: true` to use an existing volume", v.Name))
	default:
		k.Notice(fmt.Sprintf("volume %q already exists but was created for project %q (expected %q). Use `external: true` to use an existing volume", v.Name, have.Project, k.Project))
	}
	if !maps.Equal(v.Options, have.Options) {
		k.Notice(fmt.Sprintf("volume %q keeps the driver_opts that it was made with, although the file has others; to make it anew, without what is in it: mocker-compose up --yes", v.Name))
	}
}

// relabel gives a volume of ours the labels that the file has now: nothing in it
// changes. One that keeps other options keeps their fingerprint too.
func (k *Keeper) relabel(v project.Volume, have volumes.Volume) error {
	if !k.owns(have) || have.Unrecorded || !maps.Equal(v.Options, have.Options) {
		return nil
	}
	return k.Volumes.Relabel(v.Name, k.volumeOf(v).Labels)
}

// owns tells whether a volume is this project's.
func (k *Keeper) owns(v volumes.Volume) bool {
	return v.Project == k.Project || v.Unrecorded && strings.HasPrefix(v.Name, k.Project+"_")
}

// Remove removes the project's own volumes. External ones stay, and so do
// those that somebody else has made or that containers of other projects use.
func (k *Keeper) Remove(list []project.Volume) ([]string, error) {
	var names []string
	var errs []error
	for _, v := range list {
		if v.External {
			continue
		}
		have, err := k.Volumes.Get(v.Name)
		if err == nil && !k.owns(have) {
			k.Notice(fmt.Sprintf("volume %s was not created for project %s and stays; to remove it: mocker-compose volume rm %s", v.Name, k.Project, v.Name))
			continue
		}
		if err == nil {
			err = k.Volumes.Remove(v.Name)
		}
		var missing *volumes.NotFoundError
		var used *volumes.InUseError
		switch {
		case err == nil:
			names = append(names, v.Name)
		case errors.As(err, &used):
			k.Notice(err.Error())
		case !errors.As(err, &missing):
			errs = append(errs, err)
		}
	}
	slices.Sort(names)
	return names, errors.Join(errs...)
}
