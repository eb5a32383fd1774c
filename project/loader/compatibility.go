package loader

import "strconv"

// compatible: names are made as docker-compose 1 did, by --compatibility or
// COMPOSE_COMPATIBILITY; a value that is no truth value is none.
func (l *load) compatible() bool {
	set, err := strconv.ParseBool(l.env["COMPOSE_COMPATIBILITY"])
	return l.o.Compatibility || err == nil && set
}

// imageName is the name of the image that a build without `image` makes.
func (l *load) imageName(project, service string) string {
	if l.compatible() {
		return project + "_" + service
	}
	return project + "-" + service
}
