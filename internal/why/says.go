package why

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/shellword"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// saying is something that programs write when they have a usual trouble.
type saying struct {
	pattern *regexp.Regexp
	// means gives the cause and the remedies; "" = not this time. m are the pattern's
	// groups.
	means func(f *Facts, r *record.Replica, m []string) (cause string, mend []string)
}

// sayings are in the order in which a line is held against them.
var sayings = sync.OnceValue(func() []saying {
	re := regexp.MustCompile
	return []saying{
		{re(`(?i)exec format error`), formatError},
		{re(`(?i)\b(?:EADDRINUSE|address already in use|bind: address in use)\b`), portTaken},
		{re(`(?i)\b(?:EACCES|permission denied|operation not permitted)\b`), denied},
		{re(`(?i)\b(?:EROFS|read-only file system)\b`), readOnly},
		{re(`(?i)\b(?:ENOSPC|no space left on device)\b`), func(f *Facts, r *record.Replica, _ []string) (string, []string) {
			return "a disk, or a tmpfs, is full", []string{"df -h", f.command("system df"), f.command("system prune")}
		}},
		{re(`(?i)\b(?:ENOMEM|cannot allocate memory|out of memory)\b`), func(f *Facts, r *record.Replica, _ []string) (string, []string) {
			return "it got no memory", []string{f.edit(&r.Service, "mem_limit: more, or less to do for it"), f.command("stats " + r.Service.Name)}
		}},
		{re(`(?:^|[^A-Za-z0-9_$])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{4,}[A-Z0-9]*)\b["'` + "`" + `]?(?: environment variable| env var)?[: ]*(?:is |was |must |has |)(?:not set|unset|not defined|undefined|required|missing|empty|be set|not specified|parameter not set|unbound variable|not been set)`), variable},
		{re(`(?i)(?:missing|required|must set|must specify|need to (?:set|specify)|set the|KeyError:?)[^A-Z\n]{0,40}["'` + "`" + `]?\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b`), variable},
		{re(`(?:^|[ '"/])([^ '":]+): (?:command )?not found`), notFound},
		{re(`(?i)(?:no such file or directory|cannot find|not found|ENOENT)[^/'"]*['"]?(/[^'": ]+)`), missingFile},
		{re(`(?i)(?:^|[ '"(])(/[^'": ]+)['"]?:? (?:no such file or directory|not found|does not exist)`), missingFile},
		{re(`(?i)(?:ENOTFOUND|could not (?:resolve|translate)(?: host)?(?: name)?|name or service not known|no such host|temporary failure in name resolution|lookup) ?:?["']? ?["']?([a-z0-9][a-z0-9_.-]*)`), noSuchHost},
		{re(`(?i)(?:ECONNREFUSED|connection refused|could not connect|can't connect)`), refused},
	}
})

// says holds the last lines against what programs say, the latest first.
func (f *Facts) says(r *record.Replica) (cause string, mend []string) {
	lines := tail(f.Logs[r.Name], 20)
	for i, l := range slices.Backward(lines) {
		for _, s := range sayings() {
			m := s.pattern.FindStringSubmatch(l.Text)
			if m == nil {
				continue
			}
			if cause, mend = s.means(f, r, append([]string{l.Text}, m[1:]...)); cause == "" {
				continue
			}
			if before := deniedBefore(lines[:i], m); before != "" {
				return denied(f, r, []string{before})
			}
			return cause, mend
		}
	}
	return "", nil
}

// deniedBefore is the line before that tells of a denial at a directory of the file that a line
// misses: who may not fill a directory does not find anything there later. m are the groups of
// what the line says; "" = there is none.
func deniedBefore(lines []Line, m []string) string {
	if len(m) < 2 || !strings.HasPrefix(m[1], "/") {
		return ""
	}
	for _, l := range lines {
		low := strings.ToLower(l.Text)
		if !strings.Contains(low, "permission denied") && !strings.Contains(low, "operation not permitted") {
			continue
		}
		for dir := path.Dir(m[1]); strings.Count(dir, "/") > 1; dir = path.Dir(dir) {
			if strings.Contains(l.Text, dir+`"`) || strings.Contains(l.Text, dir+"'") || strings.Contains(l.Text, dir+":") {
				return l.Text
			}
		}
	}
	return ""
}

func formatError(f *Facts, r *record.Replica, _ []string) (string, []string) {
	return "a program is not for this machine's architecture, or a script has no first line such as #!/bin/sh",
		[]string{f.edit(&r.Service, "platform: of this machine, or another image"), f.command("images")}
}

func portTaken(f *Facts, r *record.Replica, _ []string) (string, []string) {
	cause := "it wants a port that something has already"
	switch mode := r.Service.NetworkMode; {
	case mode == "host":
		return cause + ": a program on this machine (network_mode: host)", []string{"ss -ltnp", f.edit(&r.Service, "another port, or networks in place of network_mode: host")}
	case strings.HasPrefix(mode, project.OfService), strings.HasPrefix(mode, project.OfContainer):
		return cause + ": in the network of " + mode, []string{f.edit(&r.Service, "another port: it shares them with "+mode)}
	}
	return cause + ": another process in its own container", []string{f.command("run --rm " + r.Service.Name + " sh")}
}

// denied finds the bind that the line is about, and says whose it is.
func denied(f *Facts, r *record.Replica, m []string) (string, []string) {
	user := userOf(&r.Service)
	if b := bindIn(f.Binds[r.Name], m[0]); b != nil {
		inside := "has no id in containers"
		if b.Inside >= 0 {
			inside = fmt.Sprintf("is %d in containers", b.Inside)
		}
		cause := fmt.Sprintf("%s may not be used as it wants: on this machine that is %s, which belongs to %s (who %s), mode %04o, and the service runs as %s",
			b.Target, b.Source, b.Owner, inside, b.Mode.Perm(), user)
		if b.ReadOnly {
			return b.Target + " is mounted read-only", []string{f.edit(&r.Service, "volumes: without :ro for "+b.Target)}
		}
		mend := []string{f.command("unshare chown -R " + shellword.Quote(ids(user)) + " " + shellword.Quote(b.Source))}
		if user != rootUser {
			mend = append(mend, f.edit(&r.Service, `user: "0:0" runs it as you, who own what you bind`))
		} else if b.Inside != 0 {
			mend = []string{"chmod -R u+rwX " + shellword.Quote(b.Source) + "   (as " + b.Owner + ")"}
		} else {
			mend = []string{"chmod -R u+rwX " + shellword.Quote(b.Source)}
		}
		return cause, mend
	}
	return "it was denied something: the service runs as " + user, []string{f.command("run --rm --user 0 " + r.Service.Name + " sh"), f.edit(&r.Service, "user, cap_add or the owner of a volume, by what the line names")}
}

const rootUser = "root (0)"

// userOf is as whom a service runs, in words.
func userOf(s *project.Service) string {
	if s.User == "" || s.User == "0" || s.User == "root" || strings.HasPrefix(s.User, "0:") || strings.HasPrefix(s.User, "root:") {
		return rootUser
	}
	return s.User
}

// ids is what chown takes for a user.
func ids(user string) string {
	if user == rootUser {
		return "0:0"
	}
	return user
}

// bindIn is the bind with the longest target that a line has a path below.
func bindIn(binds []Bind, line string) (found *Bind) {
	for i := range binds {
		b := &binds[i]
		at := strings.Index(line, b.Target)
		if at < 0 || b.Target == "/" || found != nil && len(found.Target) >= len(b.Target) {
			continue
		}
		if end := at + len(b.Target); end == len(line) || strings.ContainsRune(`/ '":,;)].`, rune(line[end])) {
			found = b
		}
	}
	return found
}

func readOnly(f *Facts, r *record.Replica, m []string) (string, []string) {
	if b := bindIn(f.Binds[r.Name], m[0]); b != nil && b.ReadOnly {
		return b.Target + " is mounted read-only", []string{f.edit(&r.Service, "volumes: without :ro for "+b.Target)}
	}
	if r.Service.ReadOnly {
		return "its root file system is read-only (read_only: true), and it wants to write there", []string{f.edit(&r.Service, "tmpfs: [/the/directory] for what it writes")}
	}
	return "it wants to write where nobody may", nil
}

// variable: the program wants one. Only one that it does not have counts.
func variable(f *Facts, r *record.Replica, m []string) (string, []string) {
	name := m[1]
	if strings.HasPrefix(name, "SIG") || len(name) < 3 {
		return "", nil
	}
	state := "is not set"
	for _, kv := range r.Service.Environment {
		if key, value, _ := strings.Cut(kv, "="); key == name {
			if value != "" {
				return "", nil
			}
			state = "is empty"
		}
	}
	return fmt.Sprintf("it wants the environment variable %s, which %s in its container", name, state),
		[]string{f.edit(&r.Service, "environment: {"+name+": VALUE}, or a line "+name+"=VALUE in its env_file"), f.command("config --environment")}
}

func notFound(f *Facts, r *record.Replica, m []string) (string, []string) {
	name := plain(m[1])
	if name == "" || strings.Contains(name, "/") && r.Exit.Code != 127 {
		return "", nil
	}
	return fmt.Sprintf("it wanted to execute %s, which is not there in its image", name),
		[]string{f.edit(&r.Service, "the command, or an image that has "+name), f.command("run --rm --entrypoint sh " + r.Service.Name)}
}

func missingFile(f *Facts, r *record.Replica, m []string) (string, []string) {
	path := strings.TrimRight(plain(m[1]), ".,;)")
	if b := bindIn(f.Binds[r.Name], path); b != nil {
		at := b.Source + strings.TrimPrefix(path, b.Target)
		return fmt.Sprintf("%s is missing: on this machine that is %s", path, at), []string{"ls -la " + shellword.Quote(b.Source), f.edit(&r.Service, "volumes: the source of "+b.Target)}
	}
	return path + " is missing in its container", []string{f.edit(&r.Service, "volumes, configs or the image must bring "+path), f.command("run --rm --entrypoint sh " + r.Service.Name)}
}

// noSuchHost: a name that is no service's, or one's that does not run.
func noSuchHost(f *Facts, r *record.Replica, m []string) (string, []string) {
	name := strings.TrimRight(strings.ToLower(m[1]), ".")
	if svc := f.service(name); svc != nil {
		cause := fmt.Sprintf("it did not find %s: that service did not run, or shares no network with it", name)
		return cause, []string{f.edit(&r.Service, "depends_on: {"+name+": {condition: service_healthy}}"), f.command("why " + name)}
	}
	if name == "" || name == "on" || name == "the" {
		return "", nil
	}
	return fmt.Sprintf("it did not find the name %s: no service has it", name), []string{f.command("config --services"), f.edit(&r.Service, "extra_hosts, or the name of a service")}
}

// refused: another service is named in the line, or it does not wait for any.
func refused(f *Facts, r *record.Replica, m []string) (string, []string) {
	if f.Live == nil {
		return "", nil
	}
	for i := range f.Live.Project.Services {
		s := &f.Live.Project.Services[i]
		if s.Name == r.Service.Name || !regexp.MustCompile(`(?i)\b`+regexp.QuoteMeta(s.Name)+`\b`).MatchString(m[0]) {
			continue
		}
		waits := slices.ContainsFunc(r.Service.DependsOn, func(d project.Dependency) bool { return d.Service == s.Name && d.Condition == project.ConditionHealthy })
		if waits {
			return fmt.Sprintf("%s did not answer", s.Name), []string{f.command("why " + s.Name)}
		}
		return fmt.Sprintf("%s was not ready when it asked, and it does not wait for that", s.Name),
			[]string{f.edit(&r.Service, "depends_on: {"+s.Name+": {condition: service_healthy}}"), f.edit(s, "x-mocker: {ready: {tcp: PORT}} if it has no healthcheck")}
	}
	return "somebody whom it asked did not answer", []string{f.command("ps"), f.edit(&r.Service, "depends_on: {OTHER: {condition: service_healthy}} if that is a service")}
}
