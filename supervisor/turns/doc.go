// Package turns lets one request at a time change a project, in the order of
// arrival. A request that stops services does not wait for those that would
// start them: it cancels them (Supersede), so that a stop always beats a start.
// When the project has ended the queue is closed, and whoever comes later is
// sent away to ask the next supervisor.
package turns
