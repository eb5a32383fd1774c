// Package imageprep gets the images of services: it decides what is pulled and what is
// built, by docker compose's rules, and does it, before a command changes anything.
//
// # Purpose
//
// up, create and run come here with the services they are about ([Prepare], behind
// client.GetImages). pull, push and build are commands of their own ([Pull], [Push],
// [Build]).
//
// # Model
//
//	policy.go   what has to be pulled: from pull_policy, the flags, and what is there; pure
//	stock.go    what is there: the store's index, read once
//	fetch.go    pulls, several at a time, each image once
//	order.go    builds, each after those whose images it takes files from
//	asked.go    when a registry was asked last, for daily, weekly and every_N
//
// What a build itself needs is in internal/client/building.
//
// # Invariants
//
//   - Nothing is pulled or built when all images are there and no policy says so: then
//     the index is read, and that is all.
//   - An image that can be built may fail to be pulled.
//   - A failure ends what else is under way, and what was got stays.
package imageprep
