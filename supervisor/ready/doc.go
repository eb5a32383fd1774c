// Package ready finds out when a run is ready, with nothing in its image: it asks a port
// of the service, reads its log, or listens to what it says of itself.
//
// # Kinds
//
//	tcp      a connection is taken                               asked, again and again
//	http     a GET request is answered with a good status        asked, again and again
//	log      a line of this run matches a regular expression     told, once
//	notify   READY=1 came to NOTIFY_SOCKET (sd_notify(3))        told, once
//
// Who is asked may become unhealthy and healthy again, as with a health check. Who tells
// is ready from then on until the run ends: there is nothing to take it back. Until the
// first success the asking goes on quickly (policy.Pace), and the log and the socket are
// followed by events; so a dependent starts in the moment.
//
// # Trust
//
// The service may be hostile. A probe has a deadline for all that it does; of an answer
// to HTTP at most 64 KiB are read, no redirect is followed, and a certificate is not
// verified, as the connection cannot lead anywhere else. Expressions are RE2: their
// time is linear in the line, of which 64 KiB are looked at. Datagrams that are larger
// than 4 KiB are thrown away, files that come with them are closed unseen, and more than
// a hundred in a second have to wait, which only their sender feels.
//
// # Crash
//
// What was asked is asked again by the next supervisor. A log is read from the start of
// the run. What came to the socket is on record before it is taken out of it, and the
// socket is kept by the project's holder: none is lost, and one twice means the same.
package ready
