// Package state knows where things are on disk, and how files that other
// processes depend on are written and read.
//
// Two directories, neither of which needs HOME or XDG_RUNTIME_DIR to be set:
//
//	run dir   sockets and locks; emptied by a reboot    MOCKER_RUNTIME_DIR, else XDG_RUNTIME_DIR/mocker-compose,
//	                                                    else /run/user/UID/mocker-compose, else /tmp/mocker-compose-UID
//	data dir  projects, logs, root file systems         MOCKER_DATA_HOME, else XDG_DATA_HOME/mocker-compose,
//	                                                    else ~/.local/share/mocker-compose (home from passwd)
//
//	run dir/user.sock             the user holder
//	run dir/user.lock             held while somebody starts one
//	run dir/watch.lock            named locks: which projects somebody watches files for
//	run dir/p/PROJECT/holder.sock the project holder
//	run dir/p/PROJECT/api.sock    the supervisor
//	run dir/p/PROJECT/lock        held by the supervisor: one writer
//	run dir/p/PROJECT/cgroup.json which cgroup is the project's (rootless/delegate)
//	data dir/p/PROJECT/state.json what the supervisor knows
//	run dir/net/NETWORK/          who is on a network that projects share (netstack/commons)
//	run dir/networks.lock         held while somebody joins or leaves one
//	run dir/p/PROJECT/scratch     tmpfs in the holder's mount namespace: small files of containers
//	data dir/p/PROJECT/c/NAME/    a container: logs/, upper/, work.RUN/
//	data dir/base-1/              layer above every image: the mount points
//	data dir/rootfs/DIGEST/       unpacked root file systems, shared by projects
//	data dir/volumes/NAME/        named volumes
//	data dir/networks/NAME        networks that projects share (internal/networks)
//
// Records carry a schema number, the boot id and a checksum; what cannot be
// read is set aside (quarantine), never guessed at.
package state
