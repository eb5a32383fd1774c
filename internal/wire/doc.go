// Package wire carries messages between our own processes over unix sockets:
// the command line, the holders and the supervisors.
//
// A message is one JSON value behind a length of four bytes (big endian), with
// up to [MaxFiles] open files beside it (SCM_RIGHTS, unix(7)). Files travel
// with the first byte of their message, so neither can be had without the
// other. JSON, because every message is small and is read by people when
// something is wrong; not HTTP, because files have to travel and because
// net/http would cost each command a millisecond.
//
// Who may speak: the socket's directory is 0700, and [Listener.Accept] refuses
// a peer whose user is not ours (SO_PEERCRED). Inside the user namespace the
// caller is mapped to the user that we run as, so one rule serves both sides.
//
// A reader never trusts a length: above [MaxMessage] the connection is closed.
package wire
