// Package statscmd is `mocker-compose stats`: docker's columns, fields and units,
// live on a terminal, or once.
//
// # Model
//
//	source    what all containers have used, as counters (client.Env.Usage)
//	rates     two answers to one row for each container: pure
//	printer   rows to a table, JSON lines or a template: pure
//	window    a text that is drawn over the one before: pure but for its size
//
// The supervisor remembers nothing of who looks. So it may be replaced between two
// answers, and any number may look at the same time.
//
// # Invariants
//
//   - A percentage is between 0 and what the machine has, whatever happens to
//     the counters: a restart begins them anew, a process may take its own away.
//   - What cannot be known is "--", in JSON null beside it; never 0.
//   - The columns and fields of docker are as docker has them; what is more comes
//     behind them (pressure), and only where nobody parses columns: on a terminal
//     or when it was asked for.
//
// # Limits
//
// Two looks are a second apart. `--no-stream` takes that second too, as docker does.
package statscmd
