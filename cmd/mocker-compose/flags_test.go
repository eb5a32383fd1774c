package main

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// TestDockersFlags: command lines for docker compose are understood, with each
// flag where docker compose has it.
func TestDockersFlags(t *testing.T) {
	for _, line := range []string{
		"-f a.yaml -f b.yaml -p x --profile a --profile b --env-file .e --project-directory . --progress plain --ansi never --parallel 4 ps",
		"up -d --wait --wait-timeout 9 --force-recreate --no-deps --remove-orphans -t 1 --scale a=1 --scale b=2 web db",
		"up --no-recreate --abort-on-container-exit --exit-code-from web --attach web --no-attach db --attach-dependencies",
		"up --abort-on-container-failure --timestamps --no-log-prefix --no-color --no-start",
		"up --build --no-build --pull always --quiet-pull -y",
		"down -v -t 0 --remove-orphans web",
		"down --volumes --timeout 0",
		"ps -a -q --format json --services --status running --status exited --filter status=dead --no-trunc --orphans=false web",
		"logs -f -n 5 --since 10m --until 2026-01-01T00:00:00Z -t --no-color --no-log-prefix --index 1 web",
		"logs --follow --tail=all --timestamps --raw",
		"exec -T -d -e A=1 --env B=2 -u 0:0 -w / --index 2 --privileged web ls -la",
		"exec -it web sh",
		"run -d -i -T -e A=1 --env B --env-from-file f -l a=b -p 80 --publish 8080:80 -u 0 -v ./a:/b -w / --name x --rm web ls -la",
		"run --build --cap-add NET_RAW --cap-drop ALL --entrypoint sh --no-deps --pull never -q --quiet-build --quiet-pull --remove-orphans -P --use-aliases web",
		"run -it --no-TTY --volumes /x --labels a=b web", "create --build --no-build --force-recreate --no-recreate --pull always --quiet-pull --remove-orphans --scale a=2 -y web",
		"rm -f -s -v -a web", "wait --down-project web", "pause web", "unpause web", "scale --no-deps a=2 b=1",
		"attach --detach-keys ctrl-x --index 2 --no-stdin --sig-proxy=false web",
		"stop -t 3 web", "start --wait --wait-timeout 3 web", "restart -t 3 --no-deps web", "kill -s HUP --remove-orphans web",
		"cp -a -L --index 2 --all web:/etc - ", "cp --archive --follow-link - web:/etc", "events --json --since 10m --until 2026-01-01T00:00:00Z web", "top web db", "images -q --format json web", "port --protocol udp --index 2 web 53",
		"config -q --format json --services --volumes --networks --images --profiles --hash * --environment --no-interpolate -o f --support",
		"convert -q", "ls -a -q --format json --filter name=x", "version -f json --short", "unshare rm -rf data",
		"image load -q -i x", "image load --input=x --quiet", "image import -c A -m x --platform linux - a:b", "image import --change A --message x f",
		"image ls -a -q --digests --no-trunc --format json -f dangling=true x", "image list --filter label=a", "image inspect -f {{.Id}} a b",
		"image rm -f --no-prune a b", "image rmi a", "image remove --force a", "image prune -a -f --filter until=1h", "image tag a b",
		"volumes -q --format json web", "volume create -d local --label a=b -o type=tmpfs --opt device=tmpfs x", "volume create", "volume ls -q -f dangling=true --format json",
		"volume inspect -f {{.Name}} a b", "volume rm -f a b", "volume remove --force a", "volume prune -a -f --filter label!=x",
		"pull --policy always --ignore-buildable --ignore-pull-failures --include-deps -q web", "push --ignore-push-failures --include-deps -q web",
		"build --build-arg A=1 --build-arg B --no-cache --pull --push --ssh default --with-dependencies -q web db",
		"build --print --check --builder x -m 1g --memory 1g --provenance true --sbom true --progress plain --parallel --compress --force-rm --no-rm",
		"run --quiet-build --build web", "up --quiet-build", "image pull -q --platform linux/arm64 a", "image push -q a",
		"image history -H -q --no-trunc --format json a",
	} {
		root := newRoot(&client.Env{})
		c, args, err := root.Traverse(strings.Fields(line))
		if err != nil || c == root {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if err := c.ParseFlags(args); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestArgumentsOfACommand: what stands behind the service belongs to its command.
func TestArgumentsOfACommand(t *testing.T) {
	for line, want := range map[string]string{
		"exec -T web ls -T -la":  "web ls -T -la",
		"exec web -- sh":         "web -- sh",
		"run --rm web ls --rm":   "web ls --rm",
		"unshare rm -rf -- data": "rm -rf -- data",
	} {
		c, args, err := newRoot(&client.Env{}).Traverse(strings.Fields(line))
		if err == nil {
			err = c.ParseFlags(args)
		}
		if got := strings.Join(c.Flags().Args(), " "); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", line, got, err, want)
		}
	}
}

func TestTemplates(t *testing.T) {
	if _, err := render("{{.Nope", nil); err == nil {
		t.Error("a broken template was accepted")
	}
	if _, err := render("yaml", nil); err == nil {
		t.Error("an unknown format was accepted")
	}
	rows := []show.ContainerJSON{
		show.Describe(&api.Container{Name: "demo-web-1", ExitCode: 3, Labels: map[string]string{"tier": "front"}}, time.Now(), false),
		{Name: "db", State: "running"},
	}
	for format, want := range map[string]string{
		"{{.Name}} {{.State}}":                             "demo-web-1 \ndb running\n",
		`table {{.Name}}\t{{.ExitCode}}\t{{upper .State}}`: "NAME         EXIT CODE   STATE\ndemo-web-1   3           \ndb           0           RUNNING\n",
		`{{.Label "tier"}}/{{.Engine}}`:                    "front/\n/\n",
	} {
		if got, err := render(format, rows); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", format, got, err, want)
		}
	}
	described := reflect.TypeFor[show.ContainerJSON]()
	for i := range described.NumField() {
		if f := described.Field(i); f.IsExported() && headings[f.Name] == "" {
			t.Errorf("field %s has no heading", f.Name)
		}
	}
}
