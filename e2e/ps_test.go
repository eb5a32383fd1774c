package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// container is what `ps --format json` says about one, as far as scenarios look.
type container struct {
	ID, Name, Service, State, Status, Health, Image, Project string
	ExitCode                                                 int
	Publishers                                               []struct {
		URL                       string
		TargetPort, PublishedPort int
		Protocol                  string
	}
}

// ps returns all containers by their name without the project's.
func (s *scenario) ps() map[string]container {
	s.t.Helper()
	all := map[string]container{}
	dec := json.NewDecoder(strings.NewReader(s.must("ps", "-a", "--format", "json")))
	for {
		var c container
		err := dec.Decode(&c)
		if err == io.EOF {
			return all
		}
		if err != nil {
			s.t.Fatalf("read ps: %v", err)
		}
		all[strings.TrimPrefix(c.Name, s.project+"-")] = c
	}
}

// state returns the state of one container, "" if there is none.
func (s *scenario) state(name string) string { return s.ps()[name].State }

// port returns the host port of a container's published port.
func (s *scenario) port(name string) int {
	s.t.Helper()
	c := s.ps()[name]
	for _, p := range c.Publishers {
		if p.PublishedPort != 0 {
			return p.PublishedPort
		}
	}
	s.t.Fatalf("%s has no published port: %+v", name, c)
	return 0
}

// get fetches a page of this machine; the answer is "" if there is none.
func get(port int, path string) string {
	client := http.Client{Timeout: patience / 3, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(b)
}

// logLines returns the lines of a service's log without prefix.
func (s *scenario) logLines(service string) []string {
	s.t.Helper()
	r := s.compose("logs", "--no-color", "--no-log-prefix", service)
	if r.code != 0 {
		s.t.Fatalf("logs %s: exit %d: %s", service, r.code, r.stderr)
	}
	text := strings.TrimSuffix(r.stdout, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// logged reports whether a service's log has the line.
func (s *scenario) logged(service, line string) bool {
	for _, l := range s.logLines(service) {
		if l == line {
			return true
		}
	}
	return false
}
