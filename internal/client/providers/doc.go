// Package providers runs the programs that provide services in place of containers.
//
// # Model
//
// The protocol is docker compose's (docs/extension.md of its sources):
//
//	PROGRAM compose --project-name=P up|down|stop --KEY=VALUE … SERVICE
//	PROGRAM compose metadata
//
// On its standard output a program writes JSON objects {type, message}: info and
// error for the user, debug, and setenv and rawsetenv, KEY=VALUE, for the environment
// of the services that depend on it. PROGRAM is docker-TYPE among the plugins
// of docker's command, else TYPE in PATH, else docker-TYPE there.
//
// # Invariants
//
//   - Programs run on the host, as the user, in the working directory and with the
//     project's environment: a compose file that names one is as much to be trusted as a script.
//   - All have ended before a container is made or changed. If one fails, nothing is.
//   - What variables services get does not depend on who is faster: those of one
//     service's providers are applied in the order of the providers' names.
//   - Output is bounded, each message and all together; the question for
//     metadata also in time.
//   - Ctrl-C ends a program by SIGTERM, and after a grace period by SIGKILL.
//
// # Limits
//
// up and down have no time limit: a cloud takes what it takes. What a killed
// command has left is the program's to find at the next up, which has to be
// idempotent by the protocol.
package providers
