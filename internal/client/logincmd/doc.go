// Package logincmd is `mocker-compose login` and `logout`: docker's commands,
// with docker's flags, words and files (internal/registry/login).
//
// # Limits
//
// docker.io's login by a browser is not offered: a user name and a token are
// asked for.
package logincmd
