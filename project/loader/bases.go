package loader

// bases adds to used the services that used ones extend, directly or not:
// what stands in a base is in effect in the service that extends it. Names
// count, not files: a base of the same name elsewhere may be heard too.
func (l *load) bases(used map[string]bool) {
	var visit func(name string)
	visit = func(name string) {
		for _, base := range l.extends[name] {
			if !used["services."+base] {
				used["services."+base] = true
				visit(base)
			}
		}
	}
	for name := range l.extends {
		if used["services."+name] {
			visit(name)
		}
	}
}
