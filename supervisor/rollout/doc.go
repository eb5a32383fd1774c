// Package rollout is the replacement of a service's containers in groups
// (deploy.update_config): which containers gave way to which, what failed, and what
// follows. The order of operations is the plan's; who stops and starts is the supervisor.
//
// A group has settled when each of its containers runs, is healthy if it has a check, and
// has lasted for the time of monitor. When more than max_failure_ratio of the replicas have
// failed, failure_action is taken: pause leaves what is not replaced as it is, rollback
// makes those again that are gone, continue goes on and says so.
//
// A roll-back (rollback.go) undoes the replacements, the last first, in groups of its own
// (deploy.rollback_config): what came is removed, what went is made again from its record.
// It settles and fails like an update, and cannot be rolled back. Without a
// rollback_config it is docker's default: one at a time, stopped before started, and the
// first failure ends it.
//
// What gives way and what comes is on record before it does (record.Rollout), and so is
// as what each comes back. When the supervisor dies, the client asks for the same up again:
// it goes on with what is still of the old kind, and a failure takes all back, also what
// was replaced before; a roll-back that was under way goes on. The record of a rollout ends
// with its up.
package rollout
