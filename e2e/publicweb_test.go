package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// useWordpress goes through wordpress's own installation, by HTTP.
func useWordpress(s *scenario) {
	s.t.Helper()
	port := s.servicePort("wordpress", "80")
	install := fmt.Sprintf("http://127.0.0.1:%d/wp-admin/install.php", port)
	s.eventually("wordpress asks to be installed", func() bool { return strings.Contains(get(port, "/wp-admin/install.php"), "weblog_title") })
	client := http.Client{Timeout: patience / 2}
	resp, err := client.PostForm(install+"?step=2", url.Values{
		"weblog_title": {"A blog of a plain user"}, "user_name": {"ada"}, "admin_password": {"lovelace-1815"}, "admin_password2": {"lovelace-1815"},
		"pw_weak": {"on"}, "admin_email": {"ada@shop.test"}, "blog_public": {"0"}, "Submit": {"Install"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	if users := s.output("db", "mariadb", "-uroot", "-pof-root", "-N", "-e", "SELECT user_login FROM blog.wp_users"); users != "ada" {
		s.t.Errorf("the database knows the users %q", users)
	}
}

// The blog's own address names the port that it was installed at; the page is asked for
// from inside, where that does not matter.
func keptWordpress(s *scenario) {
	s.t.Helper()
	port := s.servicePort("wordpress", "80")
	s.eventually("the login form has the title", func() bool { return strings.Contains(get(port, "/wp-login.php"), "A blog of a plain user") })
	if owner := s.output("wordpress", "stat", "-c", "%U", "wp-config.php"); owner != "www-data" {
		s.t.Errorf("wp-config.php is %s's", owner)
	}
}

// useDjango orders by HTTP; celery computes the price, and writes to a volume that nginx serves.
func useDjango(s *scenario) {
	s.t.Helper()
	port := s.servicePort("nginx", "80")
	s.eventually("the order is taken", func() bool { return strings.HasPrefix(get(port, "/orders?add=apples"), "apples ") })
	s.eventually("the worker has priced it", func() bool { return strings.HasPrefix(get(port, "/orders"), "apples 42\n") })
	s.eventually("the file of the worker is served", func() bool { return strings.HasPrefix(get(port, "/media/invoices.txt"), "apples\n") })
	if c := s.compose("ps", "-a", "--format", "{{.Service}} {{.ExitCode}}", "migrate"); strings.TrimSpace(c.stdout) != "migrate 0" {
		s.t.Errorf("the migration: %q", c.stdout)
	}
	if password := s.output("postgres", "printenv", "POSTGRES_PASSWORD"); password != "a$ecret # not a remark" {
		s.t.Errorf("the password of the env file is %q", password)
	}
}

func keptDjango(s *scenario) {
	s.t.Helper()
	port := s.servicePort("nginx", "80")
	s.eventually("the order is there", func() bool { return strings.HasPrefix(get(port, "/orders"), "apples 42\n") })
}

// useVote votes; the profile's job votes thrice more. The networks are apart.
func useVote(s *scenario) {
	s.t.Helper()
	ballot, tally := s.servicePort("ballot", "80"), s.servicePort("tally", "80")
	if got := get(ballot, "/?vote=a"); !strings.HasSuffix(got, " a\n") {
		s.t.Errorf("the ballot answers %q", got)
	}
	s.must("--profile", "seed", "up", "-d", "seed")
	s.eventually("all votes are counted", func() bool { return get(tally, "/") == "a=1 b=3\n" })
	s.must("--profile", "seed", "rm", "-sf", "seed")
	s.write("tally/server.py", strings.ReplaceAll(s.read("tally/server.py"), `}={n}`, `}: {n}`))
	s.must("restart", "-t", "0", "tally")
	s.eventually("the source is the host's", func() bool { return get(s.servicePort("tally", "80"), "/") == "a: 1 b: 3\n" })
}

func keptVote(s *scenario) {
	s.t.Helper()
	s.eventually("the votes are there", func() bool { return get(s.servicePort("tally", "80"), "/") == "a: 1 b: 3\n" })
}

// useMonitoring asks prometheus about what it has found by name and by DNS.
func useMonitoring(s *scenario) {
	s.t.Helper()
	port := s.servicePort("prometheus", "9090")
	ask := func(query string) string { return get(port, "/api/v1/query?query="+url.QueryEscape(query)) }
	for _, job := range []string{"machine", "prometheus", "found"} {
		s.eventually(job+" is up", func() bool {
			return strings.Contains(ask(`up{job="`+job+`"}`), `,"1"]`)
		})
	}
	s.eventually("the machine's memory is known", func() bool { return strings.Contains(ask("node_memory_MemTotal_bytes"), `"job":"machine"`) })
}

func keptMonitoring(s *scenario) {
	s.t.Helper()
	port := s.servicePort("prometheus", "9090")
	s.eventually("figures of before are there", func() bool {
		return strings.Contains(get(port, "/api/v1/query?query="+url.QueryEscape(`prometheus_tsdb_wal_segment_current >= 1 or prometheus_tsdb_head_series > 0`)), `"result":[{`)
	})
}

// useBalancer wants all replicas to answer through haproxy, which finds them by DNS, also
// after their number has changed.
func useBalancer(s *scenario) {
	s.t.Helper()
	port := s.servicePort("haproxy", "8080")
	s.spread(port, 3)
	s.must("up", "-d", "--wait", "--scale", "web=1")
	s.spread(port, 1)
	s.must("up", "-d", "--wait", "--scale", "web=2")
	s.spread(port, 2)
}

func keptBalancer(s *scenario) {
	s.t.Helper()
	s.spread(s.servicePort("haproxy", "8080"), 3)
}

// spread waits until requests are answered by so many hosts.
func (s *scenario) spread(port, hosts int) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d answer", hosts), func() bool {
		seen := map[string]bool{}
		for range 2 * max(3, hosts) {
			host, _, ok := strings.Cut(get(port, "/"), " ")
			if !ok {
				return false
			}
			seen[host] = true
		}
		if len(seen) != hosts {
			time.Sleep(200 * time.Millisecond) // haproxy asks for names once a second
		}
		return len(seen) == hosts
	})
}
