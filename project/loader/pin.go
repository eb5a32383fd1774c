package loader

import (
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// Images are what the files name as images, sorted: the services', those of image
// volumes, unless they mean a service's, and those of pre_start hooks.
func (l *Loaded) Images() []string {
	var out []string
	l.eachImage(func(ref string) string {
		out = append(out, ref)
		return ref
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// Pin puts others in their place. With only, nothing else is left of the model: an
// override file. Hooks are left out of it, since sequences of files add up; the result
// tells the services whose hooks have images that it leaves unpinned.
func (l *Loaded) Pin(images map[string]string, only bool) (unpinned []string) {
	l.eachImage(func(ref string) string { return images[ref] })
	if !only {
		return nil
	}
	alone := map[string]any{}
	if l.dict == nil {
		for name, s := range l.Model.Services {
			kept := types.ServiceConfig{Name: name, ContainerSpec: types.ContainerSpec{Image: s.Image}}
			for _, v := range s.Volumes {
				if v.Type == types.VolumeTypeImage {
					kept.Volumes = append(kept.Volumes, v)
				}
			}
			if slices.ContainsFunc(s.PreStart, func(h types.PreStartHook) bool { return h.Image != "" }) {
				unpinned = append(unpinned, name)
			}
			l.Model.Services[name] = kept
		}
		l.Model = &types.Project{Services: l.Model.Services}
		slices.Sort(unpinned)
		return unpinned
	}
	for name, s := range l.services() {
		kept := map[string]any{}
		if image, ok := s["image"]; ok {
			kept["image"] = image
		}
		if v := imageVolumes(s); len(v) > 0 {
			kept["volumes"] = v
		}
		for _, h := range mappings(s["pre_start"]) {
			if h["image"] != nil && !slices.Contains(unpinned, name) {
				unpinned = append(unpinned, name)
			}
		}
		alone[name] = kept
	}
	l.dict = map[string]any{"services": alone}
	slices.Sort(unpinned)
	return unpinned
}

// eachImage replaces what f is called with by what it returns.
func (l *Loaded) eachImage(f func(ref string) string) {
	if l.dict != nil {
		l.eachRawImage(f)
		return
	}
	to := func(ref *string) {
		if *ref != "" {
			*ref = f(*ref)
		}
	}
	for name, s := range l.Model.Services {
		to(&s.Image)
		for i := range s.Volumes {
			v := &s.Volumes[i]
			if _, service := l.Model.Services[v.Source]; v.Type == types.VolumeTypeImage && !service {
				to(&v.Source)
			}
		}
		for i := range s.PreStart {
			to(&s.PreStart[i].Image)
		}
		l.Model.Services[name] = s
	}
}

func (l *Loaded) eachRawImage(f func(ref string) string) {
	all := l.services()
	for _, s := range all {
		to := func(m map[string]any, key string) {
			if ref, ok := m[key].(string); ok && ref != "" {
				m[key] = f(ref)
			}
		}
		to(s, "image")
		for _, v := range imageVolumes(s) {
			v := v.(map[string]any)
			if source, _ := v["source"].(string); all[source] == nil {
				to(v, "source")
			}
		}
		for _, h := range mappings(s["pre_start"]) {
			to(h, "image")
		}
	}
}

// imageVolumes are the mounts of images in a service whose variables were not
// filled in: mappings.
func imageVolumes(s map[string]any) (out []any) {
	for _, v := range mappings(s["volumes"]) {
		if v["type"] == types.VolumeTypeImage {
			out = append(out, v)
		}
	}
	return out
}

// mappings are the elements of a sequence that are mappings.
func mappings(sequence any) (out []map[string]any) {
	list, _ := sequence.([]any)
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
