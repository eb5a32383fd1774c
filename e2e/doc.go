// Package e2e holds the scenarios: the whole program, as a plain user, with
// real services.
//
// A scenario is an intent ("X must Y"), a compose file in testdata/TestName/ or
// in the test, and steps: a command, then what must be seen. The real state
// (processes, files, answers over the network) is looked at first, the text of
// the output last. After every scenario the leak census of internal/testns must
// find nothing new, and a tree beside the project must be untouched.
//
// TestMain builds mocker-compose and the probe (e2e/probe, the program that the
// services run) once. Started as root, it makes an account for tests and runs
// everything again as that user, in a directory of the user's own.
//
// Every scenario has a project, a run directory and a data directory of its
// own, and so a user holder of its own: what it leaves is its own fault.
//
// A scenario about the outside runs in a world (world_test.go): the test and the
// whole program are on a host, a net namespace with addresses, routes and an /etc
// of its own, beside an internet that answers, a LAN and a VPN. No packet leaves
// the machine. As root, TestMain stays behind and makes these worlds; for a plain
// user, root of a user namespace does, and then the program is tested as that. As root, two
// worlds are there at the same time, each with an account of its own.
//
// Environment:
//
//	MOCKER_TEST_BIN     a mocker-compose to test instead of building one
//	MOCKER_TEST_TAGS    build tags for mocker-compose: gvisor
//	MOCKER_TEST_KILLS   kills in each crash scenario (default 6; before a release 100)
//	MOCKER_TEST_KEEP    do not remove the directories
//	MOCKER_TEST_STARTS  starts that check themselves (default 100; before a release 10,000)
//	MOCKER_TEST_EXECS   execs that check themselves, or that are attacked (default 60 to 200; 10,000)
//	MOCKER_TEST_FLOWS   connections and flows at the same time (default 600; 10,000)
//	MOCKER_TEST_PORTS   times that 200 ports are published and closed (default 3; 50)
//	MOCKER_TEST_STORM   how long each storm lasts, in seconds or as "10m" (default 2 to 7 seconds; of commands 10m, of traffic 10)
//	MOCKER_TEST_CLIENTS clients that send commands in a storm (default 8; 50)
//	MOCKER_TEST_SWAPS   swaps of a hostile sibling (default 5,000; 100,000)
//	MOCKER_TEST_PATIENCE  seconds until what takes longer counts as hanging (default 60; 240 where all is emulated)
//	MOCKER_TEST_OOMS    ends for memory in the scenario about them (default 5; 100)
//	MOCKER_TEST_BOMB    seconds that five fork bombs go off (default 10; 60)
//	MOCKER_TEST_BOMB_PIDS  limit of each (default 50; default: that of a service without one)
//	MOCKER_TEST_CGROUPS rounds of restarts while the tree of cgroups is looked at (default 10; 25)
//	MOCKER_TEST_LIMITED services with limits that start and stop together (default 12; 50)
//	MOCKER_TEST_PROJECTS=1  build the Dockerfiles of compiled languages too: base images of 1 GB more
//	MOCKER_TEST_PUBLIC  a directory with more files in the manner of public projects, to be tried like ours
//	MOCKER_TEST_FIGURES=1  print the figures of docs/watch.md
//	MOCKER_TEST_CRIPPLED=all  every machine that doctor is tried on, those too of which there is another like it
//	MOCKER_TEST_FORBID_OPENAT2  a seccomp filter around everything that does not know openat2(2) (as root)
//	MOCKER_FORCE_...    do without an ability of this machine: NO_OVERLAY, OLD_OVERLAY,
//	                    FUSE, NO_OPENAT2, SINGLE_ID, PORTABLE, NO_CGROUP (none of our own),
//	                    NO_SYSTEMD (it is not asked)
package e2e
