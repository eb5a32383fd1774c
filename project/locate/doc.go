// Package locate finds the compose files of a command, without reading them:
// which files, which project directory, which environment decides about them.
//
// It follows the rules of docker compose: files named on the command line,
// else COMPOSE_FILE, else the default names in the working directory or the
// nearest parent that has one. COMPOSE_FILE may come from a .env file, so
// those are read too, with docker compose's dotenv syntax.
//
// It is a package of its own so that commands that only have to map a
// directory to a running project (ps, logs, exec) need not carry the compose
// parser: nothing here costs anything at process start. project/loader uses
// it for its own look-up, hence both always agree.
//
// Limits: remote files (git, OCI) are not known; the project's name may stand
// in the files, so it is not told here unless flag or environment give it.
package locate
