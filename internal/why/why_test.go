package why

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

var update = flag.Bool("update", false, "write the golden texts anew")

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

// world is a project with a container db-1, which fill makes what it is, and web-1, which
// waits for its health.
func world(fill func(f *Facts, db *record.Replica)) *Facts {
	replica := func(name string) record.Replica {
		r := record.Replica{State: states.Running, Desired: states.WantRunning, Run: 1, Started: at(time.Second)}
		r.Project, r.Name, r.Number, r.Created = "demo", "demo-"+name+"-1", 1, start
		r.Service = project.Service{Name: name, Scale: 1, Source: project.Position{File: "/home/ann/demo/compose.yaml", Line: map[string]int{"db": 2, "web": 9}[name]}}
		return r
	}
	db, web := replica("db"), replica("web")
	web.State, web.Run, web.Started = states.Created, 0, time.Time{}
	db.Service.HealthCheck = &project.HealthCheck{Test: []string{"CMD", "check"}}
	db.Health = policy.Health{Status: policy.Healthy}
	web.Service.DependsOn = []project.Dependency{{Service: "db", Condition: project.ConditionHealthy, Required: true}}
	f := &Facts{
		Now: at(90 * time.Second), Dir: "/home/ann/demo", Program: "mocker-compose",
		Live: &record.Live{Record: record.Record{Containers: []record.Replica{db, web}}},
		Logs: map[string][]Line{}, Binds: map[string][]Bind{},
	}
	fill(f, &f.Live.Containers[0])
	for i := range f.Live.Containers {
		f.Live.Project.Services = append(f.Live.Project.Services, f.Live.Containers[i].Service)
	}
	return f
}

// end makes a run end.
func end(r *record.Replica, e kernel.Exit, reason states.Reason) {
	e.At = at(4 * time.Second)
	r.State, r.Exit, r.Finished, r.Reason = states.Exited, &e, e.At, reason
	r.Remember()
}

func says(f *Facts, lines ...string) {
	for i, l := range lines {
		stream := "stdout"
		if strings.HasPrefix(l, "!") {
			l, stream = l[1:], "stderr"
		}
		f.Logs["demo-db-1"] = append(f.Logs["demo-db-1"], Line{at(time.Second + time.Duration(i)*time.Millisecond), stream, l})
	}
}

func exits(code int, lines ...string) func(*Facts, *record.Replica) {
	return func(f *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: code}, states.ReasonExited)
		says(f, lines...)
	}
}

func fails(detail, hint string) func(*Facts, *record.Replica) {
	return func(_ *Facts, db *record.Replica) {
		db.State, db.Run, db.Reason, db.Detail, db.Hint, db.Started = states.Created, 1, states.ReasonStartFailed, detail, hint, time.Time{}
		db.Exit = &kernel.Exit{Code: 127, At: at(time.Second)}
		db.Remember()
	}
}

func bound(f *Facts, b Bind) { f.Binds["demo-db-1"] = append(f.Binds["demo-db-1"], b) }

var cases = map[string]func(*Facts, *record.Replica){
	"healthy": func(_ *Facts, db *record.Replica) { db.Health = policy.Health{Status: policy.Healthy} },
	"probing": func(_ *Facts, db *record.Replica) {
		db.Service.HealthCheck = &project.HealthCheck{Test: []string{"CMD", "true"}}
		db.Health = policy.Health{Status: policy.Probing}
	},
	"unhealthy": func(f *Facts, db *record.Replica) {
		db.Service.HealthCheck = &project.HealthCheck{Test: []string{"CMD-SHELL", "pg_isready -U 'app'"}}
		db.Health = policy.Health{Status: policy.Unhealthy, Streak: 3, Code: 2, Output: "no response\n"}
		says(f, "starting", "!FATAL: role \"app\" does \x1b[31mnot exist")
	},
	"unhealthy for want of a program": func(_ *Facts, db *record.Replica) {
		db.Service.HealthCheck = &project.HealthCheck{Test: []string{"CMD", "curl", "-f", "localhost"}}
		db.Health = policy.Health{Status: policy.Unhealthy, Streak: 3, Code: -1, Output: "exec curl: executable file not found in $PATH"}
	},
	"unhealthy and slow": func(_ *Facts, db *record.Replica) {
		db.Service.HealthCheck = &project.HealthCheck{Test: []string{"CMD", "slow"}, StartPeriod: time.Minute}
		db.Health = policy.Health{Status: policy.Unhealthy, Streak: 3, Code: -1, Output: "Health check exceeded timeout (30s)"}
	},
	"not ready": func(_ *Facts, db *record.Replica) {
		db.Service.Ready = &project.Ready{TCP: 5432}
		db.Health = policy.Health{Status: policy.Unhealthy, Streak: 3, Code: 1, Output: "port 5432: connection refused", Probe: "tcp 5432"}
	},
	"no healthcheck": func(_ *Facts, db *record.Replica) { db.Service.HealthCheck, db.Health = nil, policy.Health{} },
	"paused":         func(_ *Facts, db *record.Replica) { db.State = states.Paused },
	"stopping": func(_ *Facts, db *record.Replica) {
		db.State, db.Sent = states.Stopping, &record.Sent{Signal: syscall.SIGTERM, By: record.SentByStop, At: at(88 * time.Second)}
	},
	"command missing":    fails("exec serve: executable file not found in $PATH", "check command and entrypoint; `mocker-compose config` shows them as they are understood"),
	"not executable":     fails("exec /entry.sh: permission denied", "it must be executable (chmod +x) and on a file system that is not mounted noexec"),
	"user without an id": fails("user 70000:70000: containers have no such id: theirs are those that /etc/subuid and /etc/subgid give you", "take a smaller one"),
	"denied before it is missing": func(f *Facts, db *record.Replica) {
		db.Service.User = "postgres"
		exits(2, `!initdb: error: could not change permissions of directory "/pg/data": Operation not permitted`,
			`!postgres: could not access the server configuration file "/pg/data/postgresql.conf": No such file or directory`)(f, db)
	},
	"unknown group":       fails(`group_add: unknown group: no line of the container's /etc/group has the name "docker"; use a number, or add the group to the image`, ""),
	"no device":           fails("device /dev/nope: no such file or directory", ""),
	"bind of root":        fails("volumes demo-db-1: stat /root/x: permission denied", ""),
	"bind elsewhere":      fails("volumes demo-db-1: mkdir /opt/x: permission denied", ""),
	"interpreter missing": fails("exec /x.sh: its interpreter /bin/bash is not in the image", "install it there, or let the script begin with one that is: #!/bin/sh"),
	"exec format":         fails("exec /app: exec format error", "a script needs a first line such as #!/bin/sh, a program this machine's architecture"),
	"bad user":            fails(`user "nobody2": no such user in /etc/passwd of the container`, ""),
	"bind source":         fails("volumes demo-db-1: bind source /home/ann/demo/data does not exist: make it, or set bind.create_host_path", ""),
	"exit 1":              exits(1, "starting", "!panic: something is odd"),
	"exit 1 in silence":   exits(1),
	"exit 127":            exits(127, "!/entry.sh: 3: jq: not found"),
	"exit 127 in silence": exits(127),
	"exit 126":            exits(126, "!sh: /x: odd"),
	"exit 137 by itself":  exits(137, "worker died"),
	"exit 0":              exits(0, "done"),
	"a shell": func(f *Facts, db *record.Replica) {
		db.Service.Command = []string{"/bin/bash"}
		exits(0)(f, db)
	},
	"variable": func(f *Facts, db *record.Replica) {
		db.Service.Environment = []string{"DB_HOST=x", "DB_PASSWORD="}
		exits(1, "!error: DB_HOST is not set? no", "!Error: DB_PASSWORD is required", "!    at main.js:3")(f, db)
	},
	"variable of a shell":  exits(2, "!/entry.sh: line 3: API_KEY: unbound variable"),
	"variable of python":   exits(1, "!KeyError: 'SECRET_TOKEN'"),
	"variable of postgres": exits(1, "!Error: Database is uninitialized and superuser password is not specified.", "!       You must specify POSTGRES_PASSWORD to a non-empty value for the"),
	"denied on a bind": func(f *Facts, db *record.Replica) {
		db.Service.User = "999"
		bound(f, Bind{Source: "/home/ann/demo", Target: "/d"})
		bound(f, Bind{Source: "/home/ann/demo/data", Target: "/data", Owner: "ann", Mode: fs.ModeDir | 0o755})
		exits(1, "!mkdir: cannot create directory '/data/db': Permission denied")(f, db)
	},
	"denied on somebody's bind": func(f *Facts, db *record.Replica) {
		bound(f, Bind{Source: "/srv/data", Target: "/data", Owner: "root", Inside: -1, Mode: fs.ModeDir | 0o700})
		exits(1, "!open /data: permission denied")(f, db)
	},
	"denied elsewhere": exits(1, "!chown: /var/lib: Operation not permitted"),
	"read-only": func(f *Facts, db *record.Replica) {
		db.Service.ReadOnly = true
		exits(1, "!touch: /run/x.pid: Read-only file system")(f, db)
	},
	"read-only bind": func(f *Facts, db *record.Replica) {
		bound(f, Bind{Source: "/home/ann/demo/etc", Target: "/etc/app", ReadOnly: true})
		exits(1, "!open /etc/app/cache: EROFS: read-only file system")(f, db)
	},
	"missing file of a bind": func(f *Facts, db *record.Replica) {
		bound(f, Bind{Source: "/home/ann/demo/conf", Target: "/conf"})
		exits(1, "!open /conf/app.toml: no such file or directory")(f, db)
	},
	"missing file": exits(1, "!Error: cannot find module '/app/server.js'"),
	"port":         exits(1, "!listen tcp :80: bind: address already in use"),
	"port of the host": func(f *Facts, db *record.Replica) {
		db.Service.NetworkMode = "host"
		exits(1, "!Error: listen EADDRINUSE: address already in use :::8080")(f, db)
	},
	"disk":         exits(1, "!write /x: no space left on device"),
	"host unknown": exits(1, "!getaddrinfo ENOTFOUND redis"),
	"host down":    exits(1, `!psql: error: could not translate host name "web" to address: Name or service not known`),
	"refused":      exits(1, "!dial tcp web:80: connect: connection refused"),
	"oom": func(_ *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 137, Signal: syscall.SIGKILL, OOM: true, Limit: 64 << 20}, states.ReasonOOM)
	},
	"oom of the machine": func(_ *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 137, Signal: syscall.SIGKILL, OOM: true}, states.ReasonOOM)
	},
	"killed by somebody": func(_ *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 137, Signal: syscall.SIGKILL}, states.ReasonSignal)
	},
	"terminated by somebody": func(_ *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 143, Signal: syscall.SIGTERM}, states.ReasonSignal)
	},
	"killed after its grace": func(_ *Facts, db *record.Replica) {
		db.Sent = &record.Sent{Signal: syscall.SIGKILL, By: record.SentByGrace, At: at(4 * time.Second), Waited: 10 * time.Second}
		end(db, kernel.Exit{Code: 137, Signal: syscall.SIGKILL}, states.ReasonStopped)
	},
	"killed by kill": func(_ *Facts, db *record.Replica) {
		db.Sent = &record.Sent{Signal: syscall.SIGKILL, By: record.SentByKill, At: at(4 * time.Second)}
		end(db, kernel.Exit{Code: 137, Signal: syscall.SIGKILL}, states.ReasonStopped)
	},
	"stopped": func(_ *Facts, db *record.Replica) {
		db.Sent = &record.Sent{Signal: syscall.SIGTERM, By: record.SentByStop, At: at(4 * time.Second)}
		end(db, kernel.Exit{Code: 0}, states.ReasonStopped)
	},
	"crashed": func(_ *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 139, Signal: syscall.SIGSEGV}, states.ReasonSignal)
	},
	"lost": func(_ *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 137}, states.ReasonLost)
		db.Detail = "the machine was restarted"
	},
	"buried": func(_ *Facts, db *record.Replica) { db.State = states.Exited },
	"restarting": func(f *Facts, db *record.Replica) {
		db.Service.Restart.Mode = project.RestartAlways
		for i := range 12 {
			db.Run, db.Started = i+1, at(time.Duration(i)*5*time.Second)
			db.Exit = &kernel.Exit{Code: 3, At: db.Started.Add(time.Second / 4)}
			db.Reason = states.ReasonExited
			db.Remember()
		}
		db.State, db.Restarts, db.Due = states.Waiting, 11, at(99*time.Second)
		says(f, "!no license")
	},
	"exit 1 on a full disk": func(f *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 1}, states.ReasonExited)
		f.Full = true
	},
	"restarted": func(_ *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 1}, states.ReasonExited)
		db.State, db.Exit, db.Run, db.Restarts, db.Started = states.Running, nil, 2, 1, at(5*time.Second)
	},
	"restarted just now": func(_ *Facts, db *record.Replica) {
		end(db, kernel.Exit{Code: 1}, states.ReasonExited)
		db.State, db.Exit, db.Run, db.Restarts, db.Started = states.Running, nil, 2, 1, at(88*time.Second)
	},
	"port of this machine": func(f *Facts, _ *record.Replica) {
		f.Live.Containers = f.Live.Containers[:0]
		f.Files = &project.Project{Services: []project.Service{{Name: "db", Scale: 1}, {Name: "web", Scale: 1, DependsOn: []project.Dependency{{Service: "db"}}}}}
		f.Live.Failure = &record.Failure{At: at(time.Minute), Op: api.OpUp, Error: api.Error{Message: "ports: 0.0.0.0:80/tcp is in use", Port: "tcp 0.0.0.0:80"}}
		f.Port = func(string) string { return "nginx (pid 77)" }
	},
	"profile": func(f *Facts, _ *record.Replica) {
		f.Live.Containers = f.Live.Containers[:0]
		f.Profiles = map[string][]string{"db": {"debug"}}
	},
	"down": func(f *Facts, _ *record.Replica) { f.Live = &record.Live{} },
}

// For each case: why db, why web, and what a failed up says.
func TestGolden(t *testing.T) {
	for name, fill := range cases {
		t.Run(name, func(t *testing.T) {
			f := world(fill)
			var b strings.Builder
			services := []string{"db"}
			switch name { // the others are no different for who waits
			case "healthy", "unhealthy", "no healthcheck", "command missing", "exit 0", "down", "port of this machine", "stopped":
				services = append(services, "web")
			}
			for _, service := range services {
				b.WriteString("$ why " + service + "\n")
				for _, a := range Explain(f, service) {
					b.WriteString(a.Text(time.UTC))
				}
			}
			if a := Container(f, "demo-db-1"); a != nil {
				short := a.Short(time.UTC, "container demo-db-1 is unhealthy", f.Program)
				b.WriteString("$ up\n" + short)
				if n := strings.Count(short, "\n"); n > 15 {
					t.Errorf("the short form has %d lines", n)
				}
				if a.Fine != (len(a.Mend) == 0) && a.Health != "starting" && name != "a shell" && name != "stopping" {
					t.Errorf("fine %v, and what mends it is %q", a.Fine, a.Mend)
				}
			}
			golden(t, filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt"), b.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) || got != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", file, got, want)
	}
}

// Whatever a program writes, an account of it is made, which ends, is short and holds
// nothing that a terminal obeys.
func FuzzSays(f *testing.F) {
	for _, s := range []string{"X_Y is not set", "a: not found", "open /data/x: permission denied", "lookup db: no such host", "\x1b]0;x\x07", strings.Repeat("A", 5000), "\xff/x: no such file or directory"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, line string, code int) {
		w := world(func(f *Facts, db *record.Replica) {
			bound(f, Bind{Source: "/s", Target: "/data"})
			exits(code, line, line)(f, db)
		})
		a := Explain(w, "db")[0]
		for _, text := range []string{a.Text(time.UTC), a.Short(time.UTC, "", "mocker-compose")} {
			if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }) {
				t.Errorf("%q", text)
			}
			for l := range strings.Lines(text) {
				if len(l) > 6000 {
					t.Errorf("a line of %d bytes", len(l))
				}
			}
		}
	})
}

// TestWaiter: who waits for the health of one that nobody looks at is told by an up that fails, since
// that one is well.
func TestWaiter(t *testing.T) {
	f := world(cases["no healthcheck"])
	a := Waiter(f, "demo-db-1")
	if a == nil {
		t.Fatal("nobody waits")
	}
	const want = "  cause  db has no healthcheck and no x-mocker.ready: it never counts as healthy\n" +
		"  times  12:00:00 created\n" +
		"  mend   compose.yaml:2 (service db): x-mocker: {ready: {tcp: PORT}}, or a healthcheck\n" +
		"         compose.yaml:9 (service web): depends_on: {db: {condition: service_started}}\n" +
		"  more   mocker-compose why web\n"
	if got := a.Short(time.UTC, "", f.Program); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if a := Waiter(world(cases["unhealthy"]), "demo-db-1"); a != nil {
		t.Errorf("it is looked at: %s", a.Head)
	}
}
