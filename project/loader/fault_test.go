package loader_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project/loader"
)

const head = "services:\n  web:\n"

// TestFaults: file, line, reason and remedy of each kind of bad input.
func TestFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key of a service", head + "    prots: [1]\n", `compose.yaml:3: services.web.prots: unknown key (did you mean "ports"?)`},
		{"unknown key at the top", "service: {}\n", `compose.yaml:1: service: unknown key (did you mean "services"?)`},
		{"unknown key in a list", head + "    ports:\n      - target: 80\n        publised: 1\n", `compose.yaml:5: services.web.ports.0.publised: unknown key (did you mean "published"?)`},
		{"unknown key in a merge", "x-b: &b\n  comand: x\nservices:\n  web:\n    <<: *b\n", `compose.yaml:2: services.web.comand: unknown key (did you mean "command"?)`},
		{"unlike any key", head + "    zzzzzz: 1\n", `compose.yaml:3: services.web.zzzzzz: unknown key (keys of your own must begin with x-)`},
		{"cycle", "services:\n  a: {depends_on: [b]}\n  b:\n    depends_on:\n      - a\n", `compose.yaml:2: services depend on each other in a circle: a -> b -> a (remove one of these dependencies)`},
		{"missing bind source", head + "    volumes:\n      - type: bind\n        source: ./none\n        target: /x\n", `compose.yaml:4: services.web.volumes: the bind source DIR/none: no such file or directory (make it, or write bind: {create_host_path: true})`},
		{"target not absolute", head + "    volumes: ['./a:b']\n", `compose.yaml:3: services.web.volumes: the target "b" is not an absolute path`},
		{"bad port", head + "    ports: ['80:http']\n", `compose.yaml:3: invalid containerPort: http (ports are [HOST-IP:][HOST-PORT:]PORT[/tcp|/udp], from 1 to 65535)`},
		{"ranges of two lengths", head + "    ports:\n      - '81:81'\n      - '127.0.0.1:8080-8082:80-81'\n", `compose.yaml:5: ports: 8080-8082:80-81: the ranges are not of one length (publish as many ports as the container has, or one of them at a range)`},
		{"port out of range", head + "    ports:\n      - target: 70000\n", `compose.yaml:4: services.web.ports: the container port 70000 is out of range (ports are [HOST-IP:][HOST-PORT:]PORT[/tcp|/udp], from 1 to 65535)`},
		{"bad host address", head + "    ports:\n      - {target: 80, host_ip: here}\n", `compose.yaml:4: services.web.ports: the host address "here" is not an IP address (ports are [HOST-IP:][HOST-PORT:]PORT[/tcp|/udp], from 1 to 65535)`},
		{"sctp", head + "    ports: ['80:80', '81:81/sctp']\n", `compose.yaml:3: services.web.ports: sctp cannot be published: the kernel has no way to carry it between sockets without root (publish it by tcp or udp, or leave the line out: on the project's networks it is reachable all the same)`},
		{"long sctp", head + "    ports:\n      - {target: 80, protocol: sctp}\n", `*compose.yaml:4: services.web.ports.0.protocol`},
		{"required variable", head + "    command: x ${NEED:?tell me}\n", `compose.yaml:3: error while interpolating services.web.command: required variable NEED is missing a value: tell me (set it in the environment or in .env: NEED=…)`},
		{"two variables", head + "    command: ${A:?x}\n    user: ${B:?y}\n", `compose.yaml:3: error while interpolating services.web.command: required variable A is missing a value: x (set it in the environment or in .env: A=…)
compose.yaml:4: error while interpolating services.web.user: required variable B is missing a value: y (set it in the environment or in .env: B=…)`},
		{"bad variable", head + "    command: x ${A B}\n", `compose.yaml:3: invalid interpolation format for services.web.command: x ${A B} (write $$ for a dollar sign)`},
		{"syntax", head + "    command: [a\n", `compose.yaml:4: not valid YAML: did not find expected ',' or ']' (close the bracket)`},
		{"tab", head + "\tcommand: a\n", `compose.yaml:3: not valid YAML: found character that cannot start any token (indent by spaces, not by tabs)`},
		{"not a mapping", "- a\n", `compose.yaml: this is no compose file: it has no keys at the top (a compose file begins with services:)`},
		{"empty", "", `compose.yaml: empty compose file`},
		{"no services", "name: x\n", `compose.yaml: no services are defined (add one below services:)`},
		{"wrong type", head + "    command: {a: b}\n", `compose.yaml:3: services.web.command: a mapping is not possible here (write one text, or a list of words)`},
		{"missing env file", head + "    env_file: [none.env]\n", `compose.yaml:3: services.web.env_file: cannot read DIR/none.env: no such file or directory (make it, or write required: false)`},
		{"undefined network", head + "    networks: [lan]\n", `compose.yaml:3: services.web.networks: network "lan" is not defined (add it below the top-level networks:)`},
		{"undefined volume", head + "    volumes:\n      - data:/x\n", `compose.yaml:4: services.web.volumes: volume "data" is not defined (add it below the top-level volumes:, or begin the path with ./)`},
		{"unknown dependency", head + "    depends_on: [wbe]\n", `compose.yaml:3: services.web.depends_on: service "wbe" is not defined (did you mean "web"?)`},
		{"unknown optional dependency", head + "    depends_on: {wbe: {condition: service_started, required: false}}\n", `compose.yaml:3: services.web.depends_on: service "wbe" is not defined (did you mean "web"?)`},
		{"one letter volume", head + "    volumes: ['v:/x']\n", `compose.yaml:3: services.web.volumes: "v:/x" begins like a Windows path (give the volume a name of two or more letters)`},
		{"disabled dependency", head + "    depends_on: [db]\n  db: {profiles: [big]}\n", `compose.yaml:3: services.web.depends_on: service "db" is disabled, none of its profiles is active (activate it with --profile big)`},
		{"image name", head + "    image: Nginx:1.27\n", `compose.yaml:3: services.web.image: invalid reference "Nginx:1.27": the repository's name must be lower case (write NAME[:TAG], docker-archive:FILE, oci-archive:FILE, oci:DIR, docker-daemon:NAME, containers-storage:NAME, or rootfs:DIR-or-TAR)`},
		{"image tag", head + "    image: 'nginx:'\n", `compose.yaml:3: services.web.image: invalid reference "nginx:": a tag is up to 128 letters, digits, '_', '.', '-', and begins with none of the last two (write NAME[:TAG], docker-archive:FILE, oci-archive:FILE, oci:DIR, docker-daemon:NAME, containers-storage:NAME, or rootfs:DIR-or-TAR)`},
		{"image digest", head + "    image: nginx@sha256:123\n", `compose.yaml:3: services.web.image: invalid reference "nginx@sha256:123": "sha256:123" is no digest: sha256: and 64 hexadecimal digits (write NAME[:TAG], docker-archive:FILE, oci-archive:FILE, oci:DIR, docker-daemon:NAME, containers-storage:NAME, or rootfs:DIR-or-TAR)`},
		{"missing image file", head + "    image: docker-archive:none.tar\n", `compose.yaml:3: services.web.image: DIR/none.tar: no such file or directory (put the image there, as ` + "`docker save`" + ` or skopeo writes it)`},
		{"image file without path", head + "    image: 'docker-archive:'\n", `compose.yaml:3: services.web.image: image "docker-archive:": there is no path behind docker-archive: (write NAME[:TAG], docker-archive:FILE, oci-archive:FILE, oci:DIR, docker-daemon:NAME, containers-storage:NAME, or rootfs:DIR-or-TAR)`},
		{"image from standard input", head + "    image: 'docker-archive:-'\n", `compose.yaml:3: services.web.image: "docker-archive:-": standard input cannot be read here (load it first: mocker-compose image load)`},
		{"layout that is a file", head + "    image: oci:compose.yaml\n", `compose.yaml:3: services.web.image: DIR/compose.yaml is not a directory, which oci: has to be (write NAME[:TAG], docker-archive:FILE, oci-archive:FILE, oci:DIR, docker-daemon:NAME, containers-storage:NAME, or rootfs:DIR-or-TAR)`},
		{"archive that is a directory", head + "    image: docker-archive:.\n", `compose.yaml:3: services.web.image: DIR is not a file, which docker-archive: has to be (write NAME[:TAG], docker-archive:FILE, oci-archive:FILE, oci:DIR, docker-daemon:NAME, containers-storage:NAME, or rootfs:DIR-or-TAR)`},
		{"user", head + "    user: \"1000:\"\n", `compose.yaml:3: services.web.user: user "1000:": the group is empty: was a variable not set? (write USER or USER:GROUP, each a name or a decimal number)`},
		{"user of unset variables", head + "    user: \"${NOUID:-}:${NOGID:-}\"\n", `compose.yaml:3: services.web.user: user ":": the user is empty: was a variable not set? (write USER or USER:GROUP, each a name or a decimal number)`},
		{"group", head + "    group_add:\n      - 0x1f\n      - video\n      - '0x1f'\n", `compose.yaml:3: services.web.group_add: group "0x1f": "0x1f" is neither a decimal number nor a name (write a name or a decimal number)`},
		{"missing rootfs", head + "    image: rootfs:none.tar\n", `compose.yaml:3: services.web.image: DIR/none.tar: no such file or directory (unpack or copy a root file system there)`},
		{"refused", head + "    credential_spec: {file: x}\n    use_api_socket: true\n", `compose.yaml:3: services.web.credential_spec is not possible; nor are compose.yaml:4: services.web.use_api_socket (exists on Windows only; remove it)`},
		{"health check", head + "    healthcheck: {test: [curl, x]}\n", `compose.yaml:3: services.web.healthcheck.test: begins with "curl" (write ["CMD", …], ["CMD-SHELL", "…"], ["NONE"] or one string)`},
		{"restart", head + "    restart: sometimes\n", `compose.yaml:3: services.web.restart: "sometimes" is not a policy (write "no", always, unless-stopped, on-failure or on-failure:N)`},
		{"log size", head + "    logging: {options: {max-size: big}}\n", `compose.yaml:3: services.web.logging.options.max-size: "big" (write a size such as 10m)`},
		{"scale and name", head + "    scale: 2\n    container_name: xy\n", `compose.yaml:4: services.web: container_name with 2 replicas (remove container_name: names must be unique)`},
		{"one name for two", "services:\n  a: {container_name: xy}\n  b:\n    container_name: xy\n", `compose.yaml:4: services.b.container_name: "xy" is the name of service a too (give each its own)`},
		{"two mounts", head + "    volumes: ['./a:/x']\n    tmpfs: [/x]\n", `compose.yaml:4: services.web.tmpfs: two mounts at /x (remove one of them)`},
		{"tmpfs", head + "    tmpfs: ['/x:size=huge']\n", `compose.yaml:3: services.web.tmpfs: "/x:size=huge": size: invalid size: 'huge' (write PATH or PATH:size=64m,mode=1777)`},
		{"mode and networks", head + "    network_mode: host\n    networks: [default]\n", `compose.yaml:3: services.web: network_mode and networks exclude each other (remove one of them)`},
		{"subnet", head + "    networks: [n]\nnetworks:\n  n:\n    ipam:\n      config:\n        - subnet: 10.0.0\n", `compose.yaml:8: networks.n.ipam.config: "10.0.0" is not a subnet (write it as 10.20.0.0/24)`},
		{"gateway", head + "    networks: [n]\nnetworks:\n  n:\n    ipam:\n      config:\n        - subnet: 10.0.0.0/24\n          gateway: 10.0.1.1\n", `compose.yaml:9: networks.n.ipam.config: the gateway "10.0.1.1" is not in 10.0.0.0/24 (write an address of the subnet)`},
		{"address", head + "    networks: {n: {ipv4_address: x}}\nnetworks: {n: }\n", `compose.yaml:3: services.web.networks.n.ipv4_address: "x" is not an IPv4 address (write four numbers: 10.0.0.2)`},
		{"include cycle", "include: [compose.yaml]\n", `compose.yaml:1: include: compose.yaml leads back to a file that includes it (remove one of the includes)`},
		{"extends cycle", "services:\n  a: {extends: b}\n  b: {extends: a}\n", "*services extend each other in a circle: "},
		{"extends nothing", "services:\n  a:\n    extends: b\n", `*service "b" not found`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, "compose.yaml", tt.text)
			got := strings.ReplaceAll(fault(t, dir).Error(), dir, "DIR")
			if part, ok := strings.CutPrefix(tt.want, "*"); ok && strings.Contains(got, part) {
				return
			}
			if got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestUnreadable: what cannot be read, or has no end, is named.
func TestUnreadable(t *testing.T) {
	dir := tree(t, "sub/x", "")
	file := func(name string) func(*loader.Options) {
		return func(o *loader.Options) { o.Files = []string{name} }
	}
	for name, want := range map[string]string{
		"none.yaml": "none.yaml: cannot read the compose file: no such file or directory (name the right file with -f)",
		"sub":       "sub: cannot read the compose file: it is a directory",
		"/dev/zero": "/dev/zero: the compose file is larger than 8 MiB (split it with include)",
	} {
		if got := fault(t, dir, file(name)).Error(); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if os.Getuid() == 0 {
		t.Log("permissions do not bind root: the unreadable file is not tried")
		return
	}
	path := filepath.Join(dir, "secret.yaml")
	if err := os.WriteFile(path, []byte(oneService), 0); err != nil {
		t.Fatal(err)
	}
	if got := fault(t, dir, file("secret.yaml")).Error(); !strings.Contains(got, "permission denied (check it with: ls -l ") {
		t.Error(got)
	}
}

// TestNoFile: the error says what to do.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "compose.yaml")); err == nil {
		t.Skip("a directory above the temporary one has a compose file")
	}
	if got := fault(t, dir).Error(); !strings.HasPrefix(got, "no configuration file provided: not found (") {
		t.Error(got)
	}
}
