// Package journal sends the lines of services into the systemd journal (driver
// journald).
//
// # Model
//
// Our files are the truth, and the journal is a copy. A [Forwarder] follows the log
// directories as `logs -f` does and sends each line by the journal's native protocol
// (systemd.io/JOURNAL_NATIVE_PROTOCOL) to its socket, which every user may write to.
// The way from pipe to file knows nothing of it: it is as fast and as exact as for
// every other service, and `logs` reads the files.
//
// # Promise
//
// How far a stream has been sent is kept in a file beside it (sent.go), written after
// the line was sent. So no line is left out, whoever is killed whenever; one line may
// come twice when the supervisor is killed between the two. MOCKER_LOG_POSITION, the
// place of the line in its stream, tells such a pair from two lines that are alike.
//
// While the journal does not answer, lines stay in the files, and are sent when it does:
// what rotation has removed by then is missing there, and is told. Services never wait
// for the journal. When a container is removed, and when the supervisor ends, what is
// left of the lines is sent first, for at most lastWords.
//
// # Fields
//
// Those of docker's driver: MESSAGE, PRIORITY (6, for standard error 3), CONTAINER_ID,
// CONTAINER_ID_FULL, CONTAINER_NAME, CONTAINER_TAG, IMAGE_NAME, SYSLOG_IDENTIFIER,
// SYSLOG_TIMESTAMP, CONTAINER_PARTIAL_MESSAGE; the labels and variables that the
// options name, in capitals; and for all services COM_DOCKER_COMPOSE_PROJECT, _SERVICE
// and _CONTAINER_NUMBER.
package journal
