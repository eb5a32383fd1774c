package loader_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// notices are those of a project, as the user reads them, with their lines.
func notices(p *project.Project) (list []string) {
	for _, n := range p.Notices {
		list = append(list, string(n.Fate)+" "+n.Key+": "+n.Reason)
	}
	return list
}

// TestModels: a service that uses a model gets where it is and what it is called, from whom it
// may come, and under which names. Nobody who can tell is a fault.
func TestModels(t *testing.T) {
	const svc = "services:\n  web:\n    image: a\n    models: "
	const top = "\nmodels:\n  small-llm:\n    model: ai/smol\n    context_size: 9\n"
	for _, tt := range []struct {
		name, text string
		env        string
		want       string // the environment of web
	}{
		{"of the model", svc + "[small-llm]" + top + "    x-mocker: {endpoint: 'http://h:1/v1/'}\n", "", "SMALL_LLM_MODEL=ai/smol SMALL_LLM_URL=http://h:1/v1/"},
		{"of the project's environment", svc + "[small-llm]" + top, "SMALL_LLM_URL=http://e", "SMALL_LLM_MODEL=ai/smol SMALL_LLM_URL=http://e"},
		{"of the service's environment", svc + "[small-llm]\n    environment: {SMALL_LLM_URL: 'http://s', SMALL_LLM_MODEL: other}" + top, "", "SMALL_LLM_MODEL=other SMALL_LLM_URL=http://s"},
		{"chosen names", svc + "{small-llm: {endpoint_var: AT, model_var: WHAT}}" + top, "AT=http://e", "AT=http://e WHAT=ai/smol"},
	} {
		p := mustLoad(t, tree(t, "compose.yaml", tt.text), env(tt.env)).Project
		if got := strings.Join(p.Services[0].Environment, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		said := notices(p)
		if len(said) != 2 || !strings.HasPrefix(said[0], "ignored models.small-llm.context_size: ") || !strings.Contains(said[1], "there is no model runner: ") {
			t.Errorf("%s: says %q", tt.name, said)
		}
	}
	for text, want := range map[string]string{
		svc + "[small-llm]" + top: `compose.yaml:4: services.web.models: there is no model runner, and nothing says where small-llm (ai/smol) is (start a server for it, and write models: {small-llm: {x-mocker: {endpoint: URL}}}, or set SMALL_LLM_URL in .env)`,
		svc + "[other]" + top:     `compose.yaml:4: services.web.models: model "other" is not defined (add it below the top-level models:)`,
		svc + "[small-llm]" + top + "    x-mocker: {endpoint: nowhere}\n": `compose.yaml:9: models.small-llm.x-mocker.endpoint: nowhere is not an address (write it as http://HOST:PORT/v1/)`,
		svc + "[small-llm]" + top + "    x-mocker:\n      url: a\n":       `compose.yaml:10: models.small-llm.x-mocker.url: unknown key (possible are: endpoint)`,
	} {
		if got := fault(t, tree(t, "compose.yaml", text)).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	p := mustLoad(t, tree(t, "compose.yaml", svc+"[small-llm]"+top), func(o *loader.Options) { o.Tolerant = true }).Project
	if len(p.Services[0].Environment) != 0 {
		t.Errorf("config makes up an address: %q", p.Services[0].Environment)
	}
}

// TestProviders: a provider is no service that runs; who depends on it is told, and what
// cannot go together with one is a fault with its line.
func TestProviders(t *testing.T) {
	p := mustLoad(t, tree(t, "compose.yaml", `services:
  net: {provider: {type: a}}
  db:
    provider: {type: cloud, options: {size: 5, tag: [x, y]}}
    depends_on: [net]
    ports: ["80:80"]
    restart: always
  off: {provider: {type: a}, profiles: [p]}
  web: {image: a, depends_on: {db: {condition: service_healthy}, app: {condition: service_started}}}
  app: {image: a}
`)).Project
	if names(p) != "app web" || len(p.Providers) != 2 {
		t.Fatalf("services %s, providers %+v", names(p), p.Providers)
	}
	db := p.Provider("db")
	if db.Type != "cloud" || !slices.Equal(db.DependsOn, []string{"net"}) || !slices.Equal(db.For, []string{"web"}) {
		t.Errorf("%+v", db)
	}
	if got := db.Arguments(func(k string) bool { return k != "none" }); !slices.Equal(got, []string{"--size=5", "--tag=x", "--tag=y"}) {
		t.Errorf("arguments %q", got)
	}
	if web, _ := p.Service("web"); len(web.DependsOn) != 1 || web.DependsOn[0].Service != "app" {
		t.Errorf("web depends on %+v", web.DependsOn)
	}
	if got := notices(p); len(got) != 1 || got[0] != "ignored services.db.provider: what a provider makes is no container: no effect has ports, restart" {
		t.Errorf("says %q", got)
	}
	for services, want := range map[string]string{"": "net db", "web": "net db", "app": "", "db": "net db"} {
		var order []string
		for _, of := range p.ProvidersOf(strings.Fields(services), true) {
			order = append(order, of.Service)
		}
		if got := strings.Join(order, " "); got != want {
			t.Errorf("%q needs %q, want %q", services, got, want)
		}
	}
	const db2 = "services:\n  db:\n    provider: {type: a}\n"
	for text, want := range map[string]string{
		"services:\n  db:\n    provider: {type: compose}\n":                                `compose.yaml:3: services.db.provider: 'compose' is not a valid provider type (name another program)`,
		db2 + "    depends_on:\n      - web\n  web: {image: a}\n":                          `compose.yaml:5: services.db.depends_on: a provider comes before all containers, and web is one (remove it, or let a service of its own do what the provider does)`,
		db2 + "  web: {image: a, network_mode: 'service:db'}\n":                            `compose.yaml:4: services.web.network_mode: service "db" is made by a provider: there is no container (use the variables that it sets; depends_on brings them)`,
		db2 + "  web: {image: a, links: [db]}\n":                                           `compose.yaml:4: services.web.links: service "db" is made by a provider: there is no container (use the variables that it sets; depends_on brings them)`,
		db2 + "  web: {image: a, volumes_from: ['db:ro']}\n":                               `compose.yaml:4: services.web.volumes_from: service "db" is made by a provider: there is no container (use the variables that it sets; depends_on brings them)`,
		db2 + "    depends_on: [b]\n  b:\n    provider: {type: a}\n    depends_on: [db]\n": `compose.yaml:7: services depend on each other in a circle: b -> db -> b (remove one of these dependencies)`,
	} {
		if got := fault(t, tree(t, "compose.yaml", text)).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
