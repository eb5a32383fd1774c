package loader

// Images are those of the services, by service.
func (l *Loaded) Images() map[string]string {
	out := map[string]string{}
	if l.dict == nil {
		for name, s := range l.Model.Services {
			out[name] = s.Image
		}
		return out
	}
	for name, s := range l.services() {
		out[name], _ = s["image"].(string)
	}
	return out
}

// SetImages puts others in their place, where there is one; only leaves nothing
// else of the model: an override file.
func (l *Loaded) SetImages(images map[string]string, only bool) {
	if l.dict == nil && !only {
		for name, s := range l.Model.Services {
			s.Image = images[name]
			l.Model.Services[name] = s
		}
		return
	}
	alone := map[string]any{}
	for name, image := range images {
		if s := l.services()[name]; s != nil && image != "" {
			s["image"] = image
		}
		if image != "" {
			alone[name] = map[string]any{"image": image}
		}
	}
	if only {
		l.dict = map[string]any{"services": alone}
	}
}

// services are those of a model whose variables were not filled in.
func (l *Loaded) services() map[string]map[string]any {
	out := map[string]map[string]any{}
	all, _ := l.dict["services"].(map[string]any)
	for name, s := range all {
		if s, ok := s.(map[string]any); ok {
			out[name] = s
		}
	}
	return out
}
