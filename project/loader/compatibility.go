package loader

import "strconv"

// compatible: names are made as docker-compose 1 did, by --compatibility or
// COMPOSE_COMPATIBILITY; a value that is no truth value is none.
func (l *load) compatible() bool {
	return l.o.Compatibility || truth(l.env["COMPOSE_COMPATIBILITY"])
}

// truth reads a truth value; what is none is false.
func truth(s string) bool {
	on, err := strconv.ParseBool(s)
	return err == nil && on
}

// imageName is the name of the image that a build without `image` makes.
func (l *load) imageName(project, service string) string {
	if l.compatible() {
		return project + "_" + service
	}
	return project + "-" + service
}
