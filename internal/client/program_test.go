package client_test

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func TestArguments(t *testing.T) {
	t.Cleanup(func() { client.Program = client.Ours })
	for line, want := range map[string]struct{ args, program string }{
		"/usr/bin/mocker-compose up -d":                     {"up -d", "mocker-compose"},
		"mocker-compose compose up":                         {"compose up", "mocker-compose"},
		"/bin/docker-compose up -d":                         {"up -d", "docker-compose"},
		"/bin/docker-compose -f compose up":                 {"-f compose up", "docker-compose"},
		"/bin/docker-compose run compose":                   {"run compose", "docker-compose"},
		"/x/docker-compose compose -f a.yaml up":            {"-f a.yaml up", "docker compose"},
		"/x/docker-compose compose":                         {"", "docker compose"},
		"/x/docker-compose -D --context=x -H y compose up":  {"up", "docker compose"},
		"/x/docker-compose --debug compose run compose":     {"run compose", "docker compose"},
		"/x/docker-compose __complete compose up x":         {"__complete up x", "docker compose"},
		"/x/docker-compose __completeNoDesc compose -p d x": {"__completeNoDesc -p d x", "docker compose"},
		"/x/docker-compose docker-cli-plugin-metadata":      {"docker-cli-plugin-metadata", "docker-compose"},
		"/x/docker-compose":                                 {"", "docker-compose"},
	} {
		client.Program = client.Ours
		if got := strings.Join(client.Arguments(strings.Fields(line)), " "); got != want.args || client.Program != want.program {
			t.Errorf("%s: %q as %q, want %q as %q", line, got, client.Program, want.args, want.program)
		}
	}
	client.Program = "docker compose"
	if got := client.Said("run: mocker-compose up; mocker-compose's own"); got != "run: docker compose up; mocker-compose's own" {
		t.Error(got)
	}
}
