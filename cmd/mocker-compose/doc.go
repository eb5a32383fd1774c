// Mocker-compose runs compose projects as a plain user, without a daemon: the
// command line of docker compose, on namespaces of the kernel alone.
//
// This package ties commands to flags and loads compose files; what a command
// does is in internal/client. One file per command. Exit codes are docker
// compose's: 0, 1 for an error, 130 after Ctrl-C, and for exec and
// `up --exit-code-from` what the container's command returned.
//
// Before main, internal/early has already carried out the commands that need
// no compose file, and the roles of our own processes.
package main
