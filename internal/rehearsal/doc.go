// Package rehearsal tells what a request to a supervisor would do, in the lines that
// docker compose prints while it is done, and does nothing: what --dry-run shows.
//
// The plan is made by the same functions as in the supervisor, of the same things: the
// record of the project, as its supervisor tells it or as the last one has left it, and
// the images in the store. Nothing is started, so a rehearsal also works where nothing
// runs. What is found out only by doing it (a port that is taken, a health check that
// never succeeds) is taken to go well.
package rehearsal
