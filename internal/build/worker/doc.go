// Package worker is the client's side of the process that makes layers: it starts
// one in the user namespace, and is a [build.Worker] for who carries a graph out.
//
//	mocker-compose build ──[Start]──▶ worker          user namespace, host's network:
//	 │ (the user's own ids)           │  ▲            layers, mounts, names, the way out
//	 │                                │  └ socket     jobs and answers; its end is the end of all
//	 │                                └─▶ holder      pid 1 of a pid namespace; forks
//	 │                                    ├─ RUN       a sandbox as a service's
//	 └◀── pipe: what it writes ───────────┴─ RUN
//
// # Model
//
// A job goes over the socket with its open files: the pipe for its output, directories
// of contexts. What a program writes never passes through the worker. A job whose context is done is
// cancelled there: all of its processes are killed.
//
// # Invariants
//
//   - Nobody outlives the one above: the worker ends when the socket does, the holder
//     when the worker does, and with the holder, which is the first process of their
//     pid namespace, all that RUN has started.
//   - What the worker has on disk without a name in the store is in rooms of the store
//     (layerstore.Room), whose locks end with the process.
package worker
