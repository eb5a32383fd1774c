package level

import "testing"

// The lines are what the programs named write.
var lines = []struct {
	name, line string
	want       Level
}{
	{"sd-daemon", "<3>disk failing", Error},
	{"syslog 5424", "<34>1 2026-01-02T15:04:05Z host su - ID47 - failed", Fatal},
	{"syslog local7.debug", "<191>x", Debug},
	{"html", "<html><body>ERROR</body>", Error},
	{"tag", "<b>bold</b>", None},
	{"klog", "E0102 15:04:05.000000       1 reflector.go:138] failed", Error},
	{"klog info", "I0102 15:04:05.000000       1 main.go:1] ERROR is only a word here", Info},
	{"ruby", "W, [2026-01-02T15:04:05.000000 #1]  WARN -- : text", Warn},
	{"redis notice", "1:M 02 Jan 2026 15:04:05.000 * Ready to accept connections tcp", Notice},
	{"redis warning", "1:M 02 Jan 2026 15:04:05.000 # WARNING Memory overcommit must be enabled!", Warn},
	{"redis verbose", "1:M 02 Jan 2026 15:04:05.000 - Accepted 1.2.3.4:5", Info},
	{"zap", `{"level":"warn","ts":1.5,"msg":"x"}`, Warn},
	{"slog", `{"time":"2026-01-02T15:04:05Z","level":"ERROR","msg":"x"}`, Error},
	{"pino", `{"level":50,"time":1,"msg":"level 30"}`, Error},
	{"bunyan", `{"name":"a","hostname":"b","pid":1,"level":30,"msg":"x","v":0}`, Info},
	{"gelf", `{"version":"1.1","host":"a","short_message":"x","level":4}`, Warn},
	{"stackdriver", `{"severity":"CRITICAL","message":"x"}`, Fatal},
	{"ecs", `{"@timestamp":"x","log.level":"debug","message":"level error"}`, Debug},
	{"serilog compact", `{"@t":"2026","@m":"x","@l":"Warning"}`, Warn},
	{"mongodb", `{"t":{"$date":"2026-01-02T15:04:05.000+00:00"},"s":"W",  "c":"STORAGE", "id":1, "ctx":"main","msg":"x"}`, Warn},
	{"mongodb debug", `{"t":{"$date":"x"},"s":"D1","c":"NETWORK"}`, Debug},
	{"spring json", `{ "message" : "a \"level\":\"error\"" , "level" : "INFO" }`, Info},
	{"nested only", `{"data":{"level":"error"},"list":[{"level":"error"}],"msg":"x"}`, None},
	{"json without", `{"error":"ERROR","message":"FATAL"}`, None},
	{"json cut", `{"msg":"no end`, None},
	{"not json", `{template} ERROR text`, Error},
	{"logrus", `time="2026-01-02T15:04:05Z" level=warning msg="ERROR"`, Warn},
	{"log15", `t=2026 lvl=eror msg=x`, Error},
	{"go-kit", `ts=2026 caller=main.go:1 level=info msg="level=error"`, Info},
	{"other level", `sealevel=high toplevel=error text`, None},
	{"quoted logfmt", `level="debug" x=1`, Debug},
	{"caddy", "2026/01/02 15:04:05.000\tERROR\thttp.handlers\tx", Error},
	{"python", "2026-01-02 15:04:05,000 - app.module - ERROR - text", Error},
	{"python root", "WARNING:root:text", Warn},
	{"django", "[02/Jan/2026 15:04:05] \"GET / HTTP/1.1\" 200 12", None},
	{"uvicorn", "INFO:     127.0.0.1:5 - \"GET / HTTP/1.1\" 200 OK", Info},
	{"gunicorn", "[2026-01-02 15:04:05 +0000] [1] [INFO] Starting gunicorn", Info},
	{"celery", "[2026-01-02 15:04:05,000: WARNING/MainProcess] text", Warn},
	{"logback", "15:04:05.000 [main] DEBUG c.e.App - text", Debug},
	{"spring boot", "2026-01-02T15:04:05.000Z  WARN 1 --- [main] o.s.b.App : text", Warn},
	{"java.util.logging", "SEVERE: text", Error},
	{"kafka", "[2026-01-02 15:04:05,000] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)", Info},
	{"elasticsearch", "[2026-01-02T15:04:05,000][WARN ][o.e.n.Node] [x] text", Warn},
	{"postgres log", "2026-01-02 15:04:05.000 UTC [1] LOG:  database system is ready", Info},
	{"postgres fatal", "2026-01-02 15:04:05.000 UTC [33] FATAL:  password authentication failed", Fatal},
	{"mysql", "2026-01-02T15:04:05.000000Z 0 [Warning] [MY-010068] [Server] CA certificate", Warn},
	{"mysql note", "2026-01-02 15:04:05 0 [Note] mariadbd: ready for connections.", Notice},
	{"nginx", "2026/01/02 15:04:05 [error] 29#29: *1 open() failed", Error},
	{"nginx notice", "2026/01/02 15:04:05 [notice] 1#1: using the \"epoll\" event method", Notice},
	{"nginx access", `10.0.0.1 - - [02/Jan/2026:15:04:05 +0000] "GET /error HTTP/1.1" 404 153 "-" "curl/8"`, None},
	{"apache", "[Fri Jan 02 15:04:05.000000 2026] [core:notice] [pid 1] AH00094: Command line", Notice},
	{"haproxy", "[NOTICE]   (1) : New worker (8) forked", Notice},
	{"rabbitmq", "2026-01-02 15:04:05.000000+00:00 [info] <0.222.0> text", Info},
	{"rust env_logger", "[2026-01-02T15:04:05Z ERROR app] text", Error},
	{"rust tracing", "2026-01-02T15:04:05.000000Z  INFO app: text", Info},
	{"tracing in colours", "\x1b[2m2026-01-02T15:04:05Z\x1b[0m \x1b[33m WARN\x1b[0m app: text", Warn},
	{"zerolog console", "3:04PM ERR text error=x", Error},
	{"serilog", "[15:04:05 WRN] text", Warn},
	{"dotnet", "warn: Microsoft.AspNetCore.DataProtection[60]", Warn},
	{"dotnet fail", "fail: Microsoft.Host[6]", Error},
	{"npm", "npm ERR! code 1", Error},
	{"npm now", "npm error code 1", None},
	{"node", "Error: Cannot find module '/app/x.js'", Error},
	{"node warning", "(node:1) Warning: text", Warn},
	{"traefik", `2026-01-02T15:04:05Z INF Traefik version 3`, Info},
	{"python trace", "Traceback (most recent call last):", Error},
	{"java trace", "Exception in thread \"main\" java.lang.IllegalStateException: x", Error},
	{"go panic", "panic: runtime error: index out of range", Fatal},
	{"trace line", "    at com.example.App.main(App.java:5)", None},
	{"crlf", "[warn] text\r\n", Warn},
	{"empty", "", None},
	{"blank", "   ", None},
	{"words", "an error is no level, nor is info in a text", None},
	{"path", "GET /ERROR/x", None},
	{"compound", "X-ERROR-CODE set, ERROR_CODE too", None},
	{"late", "a line whose message is so long that what comes at its end is no level any more, because that would be a word of the message and nothing else; it goes on and on and on ERROR", None},
}

func TestOf(t *testing.T) {
	for _, c := range lines {
		if got := Of([]byte(c.line)); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.name, c.line, got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]Level{"warn": Warn, "WARNING": Warn, "err": Error, "3": Error, "0": Fatal, "7": Debug, "crit": Fatal} {
		if got, ok := Parse(in); !ok || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "8", "loud", "-1"} {
		if got, ok := Parse(in); ok {
			t.Errorf("%q is %q", in, got)
		}
	}
	for _, n := range Names() {
		if l, ok := Parse(n); !ok || l.String() != n {
			t.Errorf("%s: %v, %v", n, l, ok)
		}
	}
}

func TestContinues(t *testing.T) {
	for in, want := range map[string]bool{"\tat x": true, "  File \"x\"": true, "Caused by: x": true, "": false, "  ": false, "x": false} {
		if got := Continues([]byte(in)); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}

// Whatever a service writes: no panic, and colours change nothing.
func FuzzOf(f *testing.F) {
	for _, c := range lines {
		f.Add([]byte(c.line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		kept := string(line)
		l := Of(line)
		if l > Fatal || string(line) != kept {
			t.Errorf("level %d, line %q", l, line)
		}
		Continues(line)
	})
}

func BenchmarkOf(b *testing.B) {
	for _, c := range []string{"zap", "logrus", "python", "nginx access"} {
		b.Run(c, func(b *testing.B) {
			for _, l := range lines {
				if l.name == c {
					line := []byte(l.line)
					b.SetBytes(int64(len(line)))
					for b.Loop() {
						Of(line)
					}
				}
			}
		})
	}
}
