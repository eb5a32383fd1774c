package e2e

import "testing"

// userManager are commands that restart dev's, as a restart of the machine does.
const userManager = "systemctl daemon-reload && systemctl restart user@1000"

// What a session has: cgroups, limits, directories.
func TestCrippledSession(t *testing.T) {
	const (
		dropIn  = "/etc/systemd/system/user@.service.d"
		limited = "services:\n  a: { command: ./probe pause, mem_limit: 64m, blkio_config: { weight: 300 } }\n"
	)
	theLab(t).cripples([]cripple{
		{
			name: "the default delegation", cause: "cgroup-controllers", up: says, file: limited,
			take: "rm -r " + dropIn + " && " + userManager,
		},
		{
			name: "only processes are delegated", cause: "cgroup-controllers", up: says, file: limited,
			take: "printf '[Service]\nDelegate=pids\n' >" + dropIn + "/delegate.conf; " + userManager,
		},
		{
			name: "no linger", cause: "linger", up: works,
			take: "loginctl disable-linger dev",
		},
		{
			name: "no user manager", cause: "cgroup-none", up: says, file: limited, in: withoutSession,
			take: "loginctl disable-linger dev && systemctl stop user@1000 user-runtime-dir@1000",
		},
		{
			name: "no run directory", cause: "run-dir-shared", up: works, in: withoutSession, env: []string{"MOCKER_RUNTIME_DIR"},
			take: "loginctl disable-linger dev && systemctl stop user@1000 user-runtime-dir@1000",
		},
		{
			name: "a handed-over cgroup that is none", cause: "cgroup-none", up: says, file: limited,
			env: []string{"MOCKER_CGROUP=" + nowhere},
		},
		{
			name: "few open files", cause: "nofile-low", up: works,
			take: "echo 'dev hard nofile 512' >/etc/security/limits.d/10-few.conf",
		},
		{
			name: "few processes", cause: "nproc-low", up: works,
			take: "echo 'dev hard nproc 200' >/etc/security/limits.d/10-few.conf",
		},
		{
			name: "few tasks", cause: "pids-session", up: works,
			take: "systemctl set-property user-1000.slice TasksMax=150",
		},
	})
}
