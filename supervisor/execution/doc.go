// Package execution carries out the operations of one plan (internal/plan) for one
// request: each is steps of containers (package lifecycle) or calls of the runtime, told
// in docker compose's lines. It decides nothing: what is done, and in which order, is the
// plan's; what a failure means is the plan's runner's, but for a rollout, which has its
// own rules (package rollout), and for what stops things, where a failure keeps nothing
// else from being stopped (Tolerant).
//
// # Networks
//
// Where a container stands is changed while it runs (rewire.go): the record first, then
// Runtime.Rewire. Whoever adopts makes what the record says, so a change may be cut off
// anywhere. That a container leaves a network which will be made anew is not recorded: it
// is to come back, whoever brings it.
//
// # Steps before a start
//
// Steps of pre_start are one-off containers that a start waits for (prepare.go). Which
// are due says package prestart; how many are done is recorded for each container, so a
// supervisor that takes over goes on with the one that was cut off.
package execution
