// Package logging reads the section logging of a service: the driver and its options.
//
// What docker's daemon would refuse when the container is made is refused here, with
// the line. A driver that sends lines to another machine or program (syslog, fluentd
// and the like) is not one of ours: the lines are kept in our files, that is said in
// one line, and its options are nobody's business.
package logging

import "github.com/mocker-compose/mocker-compose/project"

// Source is what the files say beyond the values.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Notice says that a key is not as it is written, and why.
	Notice(fate project.Fate, reason string, key ...string)
}
