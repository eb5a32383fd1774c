// Package lookcmd holds the commands that only look at projects: ps, ls, images,
// port, top and events, with docker compose's flags, words and exit codes.
//
// They start nothing, change nothing and need no compose file where the project is
// known; internal/early runs them before the loader is initialised. What they print
// is made whole before the first byte is written, so that an error prints nothing.
package lookcmd
