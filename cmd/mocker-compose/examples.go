package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// examples are shown by help, for commands whose own files have none: a command line,
// two spaces or more, and what it is for. A test reads them as command lines.
var examples = map[string]string{
	"attach": `mocker-compose attach web                        join it; Ctrl-P Ctrl-Q leaves it
mocker-compose attach --no-stdin --sig-proxy=false web    only watch`,
	"build": `mocker-compose build                             what has a build section
mocker-compose build --no-cache --pull web       from the ground up
mocker-compose build --check                     look for mistakes only`,
	"builder prune": `mocker-compose builder prune                     what no image needs any more
mocker-compose builder prune -a -f --max-used-space 2GB`,
	"commit": `mocker-compose commit web shop:tried             keep what was tried by hand
mocker-compose commit -c "CMD sh" --index 2 web shop:second`,
	"cp": `mocker-compose cp web:/etc/nginx/nginx.conf .    out
mocker-compose cp site/. web:/srv/site           in, the directory's content
mocker-compose cp -a --index 2 - web:/ <data.tar  an archive, with its owners`,
	"create": `mocker-compose create --build                     everything but the start
mocker-compose create --scale web=3 web`,
	"down": `mocker-compose down                              containers and networks; volumes stay
mocker-compose down -v --rmi local               with volumes and built images
mocker-compose -p shop down                      from anywhere, by name`,
	"doctor": `mocker-compose doctor                            what this machine can do
mocker-compose doctor -q && mocker-compose up -d`,
	"events": `mocker-compose events                            until Ctrl-C
mocker-compose events --json --since 10m --until 0m web`,
	"exec": `mocker-compose exec web sh                       a shell
mocker-compose exec -T db pg_dump shop >shop.sql  no terminal: bytes as they are
mocker-compose exec -u 0 -e DEBUG=1 --index 2 web id`,
	"export": `mocker-compose export -o web.tar web
mocker-compose export web | tar -t`,
	"image history": `mocker-compose image history --no-trunc shop:1`,
	"image import": `mocker-compose image import -c "CMD sh" root.tar base:1
mocker-compose image import - base:1 <root.tar`,
	"image inspect": `mocker-compose image inspect -f '{{.Config.Cmd}}' nginx:1.27`,
	"image load":    `mocker-compose image load -i images.tar`,
	"image ls": `mocker-compose image ls
mocker-compose image ls -q -f dangling=true`,
	"image prune": `mocker-compose image prune                       images without a name that nothing uses
mocker-compose image prune -a -f --filter until=240h`,
	"image pull": `mocker-compose image pull nginx:1.27
mocker-compose image pull --platform linux/arm64 alpine`,
	"image push": `mocker-compose image push registry.example.com/shop:1`,
	"image rm": `mocker-compose image rm shop:old
mocker-compose image rm -f --no-prune 1111111111`,
	"image save": `mocker-compose image save -o images.tar nginx:1.27 shop:1`,
	"image tag":  `mocker-compose image tag shop:1 registry.example.com/shop:1`,
	"images": `mocker-compose images
mocker-compose images -q web`,
	"kill": `mocker-compose kill                              SIGKILL, to all
mocker-compose kill -s HUP web                   reload`,
	"login": `mocker-compose login registry.example.com
mocker-compose login -u me --password-stdin <token.txt`,
	"logout": `mocker-compose logout registry.example.com`,
	"logs": `mocker-compose logs -f                           follow all
mocker-compose logs -n 100 --since 10m web db
mocker-compose logs --no-log-prefix --index 2 web`,
	"ls": `mocker-compose ls                                what runs
mocker-compose ls -a --format json`,
	"network create": `mocker-compose network create front
mocker-compose network create --internal --subnet 10.20.0.0/24 back`,
	"network inspect": `mocker-compose network inspect front`,
	"network ls":      `mocker-compose network ls -f name=front`,
	"network prune":   `mocker-compose network prune -f`,
	"network rm":      `mocker-compose network rm front back`,
	"pause": `mocker-compose pause web
mocker-compose unpause web`,
	"port": `mocker-compose port web 80                       where port 80 of web is
mocker-compose port --index 2 --protocol udp dns 53`,
	"why": `mocker-compose why db
mocker-compose why --format json db | jq '.[].cause'`,
	"ps": `mocker-compose ps
mocker-compose ps -a --status exited             what has ended
mocker-compose ps --format '{{.Service}} {{.State}}'`,
	"pull": `mocker-compose pull
mocker-compose pull --ignore-buildable --include-deps web`,
	"push": `mocker-compose push --include-deps web`,
	"restart": `mocker-compose restart web
mocker-compose restart --no-deps -t 0 db         at once, and what depends on it stays`,
	"rm": `mocker-compose rm -s -f web                      stop and remove
mocker-compose rm -v                             with anonymous volumes`,
	"run": `mocker-compose run --rm web sh                   a shell beside the service
mocker-compose run --rm --no-deps -e CI=1 web make test
mocker-compose run -d --name tunnel -p 8080:80 web`,
	"scale": `mocker-compose scale web=3 worker=0
mocker-compose scale --no-deps web=1`,
	"start": `mocker-compose start
mocker-compose start --wait --wait-timeout 60 db  until it is healthy`,
	"stats": `mocker-compose stats                             until Ctrl-C
mocker-compose stats --no-stream --format json web`,
	"stop": `mocker-compose stop                              containers stay
mocker-compose stop -t 30 db`,
	"system df":    `mocker-compose system df -v`,
	"system prune": `mocker-compose system prune -a -f --volumes`,
	"top":          `mocker-compose top web`,
	"unpause":      `mocker-compose unpause`,
	"unshare": `mocker-compose unshare ls -ln data               as the containers see it
mocker-compose unshare rm -rf data               what belongs to their users`,
	"up": `mocker-compose up -d --wait                      until all is healthy
mocker-compose up --build web                    in the foreground, images anew
mocker-compose up -d --scale worker=3 --remove-orphans`,
	"version": `mocker-compose version --short`,
	"volume create": `mocker-compose volume create data
mocker-compose volume create -o type=tmpfs -o device=tmpfs scratch`,
	"volume inspect": `mocker-compose volume inspect -f '{{.Mountpoint}}' shop_data`,
	"volume ls":      `mocker-compose volume ls -q -f dangling=true`,
	"volume prune":   `mocker-compose volume prune -a -f`,
	"volume rm":      `mocker-compose volume rm shop_data`,
	"volumes": `mocker-compose volumes
mocker-compose volumes -q db`,
	"wait": `mocker-compose wait migrate && echo migrated
mocker-compose wait --down-project tests`,
}

// exemplify gives commands their examples, and plain usage lines: without cobra's
// "[flags]" where ours say [OPTIONS].
func exemplify(c *cobra.Command, path string) {
	c.DisableFlagsInUseLine = true
	if text := examples[path]; text != "" && c.Example == "" {
		c.Example = "  " + strings.ReplaceAll(text, "\n", "\n  ")
	}
	for _, sub := range c.Commands() {
		exemplify(sub, path+" "+sub.Name())
	}
}
