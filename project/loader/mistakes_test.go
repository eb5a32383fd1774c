package loader_test

import (
	"strings"
	"testing"
)

// TestMistakes: what people write by mistake, and what they read then: file, line, what is
// wrong and what to write; "WARN" is what a file that is accepted is warned of, "" nothing.
// All that is wrong is told at once, as far as one fault does not follow from another.
func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"ports number", head + "    ports: 80\n", `compose.yaml:3: services.web.ports: the number 80 is not possible here (write a list: ["8080:80"])`},
		{"ports map", head + "    ports: {80: 80}\n", `compose.yaml:3: services.web.ports: a mapping is not possible here (write a list: ["8080:80"])`},
		{"ports string", head + "    ports: '80:80'\n", `compose.yaml:3: services.web.ports: the text "80:80" is not possible here (write a list: ["8080:80"])`},
		{"ports item map", head + "    ports:\n      - 80: 80\n", `compose.yaml:4: services.web.ports.0.80: unknown key (write it in quotes and without the space: "80:80")`},
		{"base60", head + "    ports:\n      - 22:22\n", ``},
		{"services list", "services:\n  - web\n", `compose.yaml:1: services: it must be a mapping (write the services' names below it, and their keys below these: services: {web: {image: nginx}})`},
		{"service list", head + "    - image: a\n", `compose.yaml:2: services.web: a list is not possible here (write its keys below it: image: nginx)`},
		{"service text", "services:\n  web: nginx\n", `compose.yaml:2: services.web: the text "nginx" is not possible here (write its keys below it: image: nginx)`},
		{"service null", head, `compose.yaml:2: services.web: an empty value is not possible here (write its keys below it: image: nginx)`},
		{"missing indentation", "services:\nweb:\n  image: a\n", `compose.yaml:2: web: unknown key (if it is a service, write it below services:, with two more spaces before each line)`},
		{"service at top", "web:\n  image: a\n", `compose.yaml:1: web: unknown key (if it is a service, write it below services:, with two more spaces before each line)`},
		{"over indentation", head + "    image: a\n      ports: ['80']\n", `compose.yaml:4: not valid YAML: mapping values are not allowed in this context (check the indentation, and put a value with a colon and a space into quotes)`},
		{"dup key", head + "    image: a\n    image: b\n", `compose.yaml:4: the key "image" stands there twice, first in line 3 (remove one of them)`},
		{"dup service", "services:\n  web: {image: a}\n  web: {image: b}\n", `compose.yaml:3: the key "web" stands there twice, first in line 2 (remove one of them)`},
		{"string bool", head + "    image: a\n    tty: 'yes'\n", "WARN \"yes\" for boolean is not supported by YAML 1.2, please use `true`"},
		{"yes bool", head + "    image: a\n    tty: yes\n", "WARN \"yes\" for boolean is not supported by YAML 1.2, please use `true`"},
		{"privileged str", head + "    image: a\n    privileged: 'maybe'\n", `compose.yaml:4: services.web.privileged: "maybe" is neither true nor false (write true or false)`},
		{"env list of maps", head + "    image: a\n    environment:\n      - A: b\n", `compose.yaml:5: services.web.environment.0: a mapping is not possible here (write - KEY=value, or KEY: value without the dash)`},
		{"env bool", head + "    image: a\n    environment:\n      A: true\n", ``},
		{"env text", head + "    image: a\n    environment: A=b\n", `compose.yaml:4: services.web.environment: the text "A=b" is not possible here (write KEY: value lines, or a list of KEY=value)`},
		{"env nested", head + "    image: a\n    environment:\n      A: {b: c}\n", `compose.yaml:5: services.web.environment.A: a mapping is not possible here (write a text, a number, true or false)`},
		{"labels", head + "    image: a\n    labels: {a: [b]}\n", `compose.yaml:4: services.web.labels.a: a list is not possible here (write a text, a number, true or false)`},
		{"undef config", head + "    image: a\n    configs: [c]\n", `compose.yaml:4: services.web.configs: config "c" is not defined (add it below the top-level configs:)`},
		{"undef secret", head + "    image: a\n    secrets: [c]\n", `compose.yaml:4: services.web.secrets: secret "c" is not defined (add it below the top-level secrets:)`},
		{"bad duration", head + "    image: a\n    healthcheck: {test: x, interval: 5 sec}\n", `compose.yaml:4: services.web.healthcheck.interval: unknown unit " sec" in duration "5 sec" (write a duration with its unit: 10s, 1m30s)`},
		{"duration number", head + "    image: a\n    healthcheck: {test: x, interval: 5}\n", `compose.yaml:4: services.web.healthcheck.interval: the number 5 is not possible here (write a duration with its unit: 10s, 1m30s)`},
		{"grace", head + "    image: a\n    stop_grace_period: soon\n", `compose.yaml:4: services.web.stop_grace_period: invalid duration "soon" (write a duration with its unit: 10s, 1m30s)`},
		{"bad size", head + "    image: a\n    mem_limit: lots\n", `compose.yaml:4: services.web.mem_limit: invalid size: 'lots' (sizes are numbers of bytes, or have a unit: 200m, 1.5g)`},
		{"bad shm", head + "    image: a\n    shm_size: 1x\n", `compose.yaml:4: services.web.shm_size: invalid suffix: 'x' (sizes are numbers of bytes, or have a unit: 200m, 1.5g)`},
		{"bad cidr", head + "    image: a\n    networks: [n]\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/99}]}}}\n", `compose.yaml:5: networks.n.ipam.config: "10.0.0.0/99" is not a subnet (write it as 10.20.0.0/24)`},
		{"bom", "\ufeffservices:\n  web:\n    command: sleep infinity\n", ``},
		{"crlf", "services:\r\n  web:\r\n    command: sleep infinity\r\n", ``},
		{"crlf fault", "services:\r\n  web:\r\n    prots: 1\r\n", `compose.yaml:3: services.web.prots: unknown key (did you mean "ports"?)`},
		{"win path", head + "    image: a\n    volumes:\n      - C:\\data:/data\n", `compose.yaml:5: services.web.volumes: C:\data is a path of Windows (write one of this machine, or set COMPOSE_CONVERT_WINDOWS_PATHS=true, which makes /c/data of it)`},
		{"win path2", head + "    image: a\n    volumes:\n      - .\\data:/data\n", `compose.yaml:5: services.web.volumes: DIR/.\data is a path of Windows (write it with /, or set COMPOSE_CONVERT_WINDOWS_PATHS=true)`},
		{"win list", head + "    image: a\n    volumes:\n      - type: bind\n        source: D:/x\n        target: /x\n", `compose.yaml:5: services.web.volumes: D:/x is a path of Windows (write one of this machine, or set COMPOSE_CONVERT_WINDOWS_PATHS=true, which makes /d/x of it)`},
		{"only comment", "# nothing\n", `compose.yaml: empty compose file`},
		{"services empty", "services:\n", `compose.yaml:1: services: it must be a mapping (write the services' names below it, and their keys below these: services: {web: {image: nginx}})`},
		{"services {}", "services: {}\n", `compose.yaml: no services are defined (add one below services:)`},
		{"depends text", head + "    image: a\n    depends_on: db\n", `compose.yaml:4: services.web.depends_on: the text "db" is not possible here (write a list: [db])`},
		{"depends cond", head + "    image: a\n    depends_on: {db: {condition: healthy}}\n  db: {image: a}\n", `compose.yaml:4: services.web.depends_on.db.condition: the text "healthy" is not possible here (did you mean "service_healthy"?)`},
		{"depends nocond", head + "    image: a\n    depends_on: {db: }\n  db: {image: a}\n", `compose.yaml:4: services.web.depends_on.db: an empty value is not possible here (write {condition: service_started})`},
		{"networks text", head + "    image: a\n    networks: lan\nnetworks: {lan: }\n", `compose.yaml:4: services.web.networks: the text "lan" is not possible here (write a list: [lan])`},
		{"networks toplist", head + "    image: a\nnetworks: [lan]\n", `compose.yaml:4: networks: it must be a mapping (write the networks' names below it: networks: {lan: })`},
		{"volumes toplist", head + "    image: a\nvolumes:\n  - data\n", `compose.yaml:4: volumes: it must be a mapping (write the volumes' names below it: volumes: {data: })`},
		{"volumes map", head + "    image: a\n    volumes: {data: /x}\nvolumes: {data: }\n", `compose.yaml:4: services.web.volumes: a mapping is not possible here (write a list: ["./data:/data"])`},
		{"volume no target", head + "    image: a\n    volumes: ['data']\n", `compose.yaml:4: services.web.volumes: the target "data" is not an absolute path`},
		{"port twice", head + "    image: a\n    ports: ['8080:80', '127.0.0.1:8080:81', '8080:80/udp']\n", `compose.yaml:4: services.web.ports: port 8080 of this machine is published twice, for 80 and for 81 (publish one of them at another port)`},
		{"port at two addresses", head + "    image: a\n    ports: ['0.0.0.0:8080:80', '[::]:8080:80', '8081:81', '8080-8089:82']\n", ``},
		{"range too small", head + "    image: a\n    scale: 3\n    ports: ['8080-8081:80']\n", `compose.yaml:5: services.web.ports: 8080-8081 are 2 ports for 3 replicas (write 8080-8082)`},
		{"port zero", head + "    image: a\n    ports: ['80:0']\n", `compose.yaml:4: services.web.ports.0: the port of the container is missing (write HOST-PORT:PORT, or target: PORT, from 1 to 65535)`},
		{"port with a point", head + "    image: a\n    ports: [80.5]\n", `compose.yaml:4: services.web.ports: a number with a point is no port (write a list: ["8080:80"])`},
		{"port protocol", head + "    image: a\n    ports: ['80:80/http']\n", `compose.yaml:4: invalid proto: http (a port ends in /tcp or /udp, or in neither, which is tcp)`},
		{"port open bracket", head + "    image: a\n    ports: ['[::1:80:80']\n", `compose.yaml:4: invalid IP address: [::1 (ports are [HOST-IP:][HOST-PORT:]PORT[/tcp|/udp], from 1 to 65535)`},
		{"dash without space", head + "    image: a\n    ports:\n      -'80:80'\n", `compose.yaml:4: services.web.ports: the text "-'80:80'" is not possible here (write a space behind the dash: - '80:80')`},
		{"dash without space 2", head + "    image: a\n    ports:\n    -80:80\n", `compose.yaml:6: not valid YAML: could not find expected ':' (write a space behind the dash in the line above: - 80:80)`},
		{"colon without space", head + "    image:a\n    command: b\n", `compose.yaml:4: not valid YAML: mapping values are not allowed in this context (write a space behind the colon in the line above: image: a)`},
		{"command boolean", head + "    image: a\n    command: true\n", `compose.yaml:4: services.web.command: the boolean true is not possible here (write it in quotes: "true")`},
		{"no-break space", "services:\n  web:\n  \u00a0 image: a\n", `compose.yaml:3: the key "\u00a0 image" has the character U+00A0, which looks like a space or like nothing (delete it, and type the indentation anew: it was copied from a page or a chat)`},
		{"merge of a list", "x-a: &a [1]\nservices:\n  web:\n    <<: *a\n", `compose.yaml:4: << merges mappings, and nothing else (write the name of an anchor of a mapping: <<: *common)`},
		{"two sizes", head + "    image: a\n    deploy: {resources: {limits: {memory: lots, cpus: \"two\"}}}\n", `compose.yaml:4: services.web.deploy.resources.limits.cpus: "two" is not a number (write a number)`},
		{"open variable", head + "    image: ${A\n", `compose.yaml:3: invalid interpolation format for services.web.image: ${A (close the brace of ${…}, or write $$ for a dollar sign)`},
		{"shell in a value", head + "    image: a\n    command: echo ${1a}\n", `compose.yaml:4: invalid interpolation format for services.web.command: echo ${1a} (write $$ for a dollar sign)`},
		{"variable without a name", head + "    image: a\n    environment: ['=b']\n", `compose.yaml:4: services.web.environment: "=b" has no name before the = (write NAME=b)`},
		{"variable without =", head + "    image: a\n    environment:\n      - 'A: b'\n      - C d\n      - E\n", `WARN compose.yaml:5: services.web.environment: "A: b" sets nothing (write A=b); compose.yaml:6: services.web.environment: "C d" sets nothing (write C=d)`},
		{"mount option", head + "    image: a\n    volumes: ['./x:/y:rx', './x:/z:ro,Z', './x:/d:cached']\n", `WARN compose.yaml:4: services.web.volumes: there is no option "rx" of a mount: it changes nothing (possible are ro, rw, nocopy, z, Z, private, rprivate, shared, rshared, slave, rslave)`},
		{"name of one letter", head + "    image: a\n    container_name: x\n", `compose.yaml:4: services.web.container_name: "x" is not possible (names have two or more letters, digits, _ . or -, and begin with one of the first two)`},
		{"long name", "services:\n  " + strings.Repeat("a", 300) + ": {image: a}\n", `compose.yaml:2: services.aaaaaaaaaaaaaaaaaaaa…: the name of its containers would have 310 bytes, and may have 200 (shorten it, or that of the project (name:, or -p))`},
		{"negative size", head + "    image: a\n    shm_size: -1\n", `compose.yaml:4: services.web.shm_size: -1 is negative (write a size such as 64m, or remove the line)`},
		{"faults of many kinds", head + "    image: a\n    privileged: maybe\n    init: 3\n    mem_limit: x\n    ports: [http]\n    volumes: ./a:/b\n    healthcheck:\n      test: a\n      interval: 5\n    depends_on:\n      db:\n        condition: healthy\n    user: ${U:?who}\n  db: {image: [a]}\nnetworks: [n]\n", `compose.yaml:4: services.web.privileged: "maybe" is neither true nor false (write true or false)
compose.yaml:5: services.web.init: the number 3 is not possible here (write true or false)
compose.yaml:6: services.web.mem_limit: invalid size: 'x' (sizes are numbers of bytes, or have a unit: 200m, 1.5g)
compose.yaml:7: invalid containerPort: http (ports are [HOST-IP:][HOST-PORT:]PORT[/tcp|/udp], from 1 to 65535)
compose.yaml:8: services.web.volumes: the text "./a:/b" is not possible here (write a list: ["./data:/data"])
compose.yaml:11: services.web.healthcheck.interval: the number 5 is not possible here (write a duration with its unit: 10s, 1m30s)
compose.yaml:14: services.web.depends_on.db.condition: the text "healthy" is not possible here (did you mean "service_healthy"?)
compose.yaml:15: error while interpolating services.web.user: required variable U is missing a value: who (set it in the environment or in .env: U=…)
compose.yaml:16: services.db.image: a list is not possible here (write a text, in quotes)
compose.yaml:17: networks: it must be a mapping (write the networks' names below it: networks: {lan: })`},
		{"image number", head + "    image: 5\n", `compose.yaml:3: services.web.image: the number 5 is not possible here (write a text, in quotes)`},
		{"command number", head + "    image: a\n    command: 5\n", `compose.yaml:4: services.web.command: the number 5 is not possible here (write one text, or a list of words)`},
		{"version only", "version: '3'\n", `compose.yaml: no services are defined (add one below services:)`},
		{"json", "{\"services\": {\"web\": {\"image\": \"a\"}}\n", `compose.yaml:2: not valid YAML: did not find expected ',' or '}' (close the bracket)`},
		{"quote", head + "    image: \"a\n", `compose.yaml:4: not valid YAML: found unexpected end of stream (close the quote)`},
		{"colon", head + "    image: a\n    command: echo a: b\n", `compose.yaml:4: not valid YAML: mapping values are not allowed in this context (check the indentation, and put a value with a colon and a space into quotes)`},
		{"percent", head + "    image: %a\n", `compose.yaml:3: not valid YAML: found character that cannot start any token (put the value into quotes: it begins with %)`},
		{"at", head + "    image: @a\n", `compose.yaml:3: not valid YAML: found character that cannot start any token (put the value into quotes: it begins with @)`},
		{"star", head + "    image: a\n    command: *x\n", `compose.yaml:4: not valid YAML: unknown anchor 'x' referenced (define it above with &, or put a value that begins with * into quotes)`},
		{"replicas str", head + "    image: a\n    deploy: {replicas: two}\n", `compose.yaml:4: services.web.deploy.replicas: "two" is not a number (write a number)`},
		{"cpus str", head + "    image: a\n    cpus: many\n", `compose.yaml:4: services.web.cpus: "many" is not a number (write a number)`},
		{"restart bool", head + "    image: a\n    restart: no\n", ``},
		{"restart false", head + "    image: a\n    restart: false\n", `compose.yaml:4: services.web.restart: the boolean false is not possible here (write "no", in quotes, or always, unless-stopped, on-failure)`},
		{"bad name", "services:\n  'my service': {image: a}\n", `compose.yaml:2: services.my service: the name is not possible (names have letters, digits, and . _ - between)`},
		{"upper name", "name: My Project\nservices: {a: {image: a}}\n", ``},
		{"include missing", "include: [none.yaml]\nservices: {a: {image: a}}\n", `compose.yaml:1: include: cannot read none.yaml: no such file or directory (name a file that is there; paths begin at the directory of this file)`},
		{"extends missing file", head + "    extends: {file: none.yaml, service: a}\n", `compose.yaml:3: services.web.extends: cannot read none.yaml: no such file or directory (name a file that is there; paths begin at the directory of this file)`},
		{"env case", head + "    image: a\n    enviroment: {A: b}\n", `compose.yaml:4: services.web.enviroment: unknown key (did you mean "environment"?)`},
		{"Image", head + "    Image: a\n", `compose.yaml:3: services.web.Image: unknown key (did you mean "image"?)`},
		{"container_name", head + "    container-name: a\n", `compose.yaml:3: services.web.container-name: unknown key (did you mean "container_name"?)`},
		{"dot", head + "    image: a\n    depends_on: {db: {condition: service_healty}}\n  db: {image: a}\n", `compose.yaml:4: services.web.depends_on.db.condition: the text "service_healty" is not possible here (did you mean "service_healthy"?)`},
		{"healthcheck str", head + "    image: a\n    healthcheck: curl x\n", `compose.yaml:4: services.web.healthcheck: the text "curl x" is not possible here (write healthcheck: {test: ["CMD", "PROGRAM", "ARGUMENT"]})`},
		{"retries", head + "    image: a\n    healthcheck: {test: x, retries: three}\n", `compose.yaml:4: services.web.healthcheck.retries: "three" is not a number (write a number)`},
		{"pull", head + "    image: a\n    pull_policy: sometimes\n", `compose.yaml:4: services.web.pull_policy: "sometimes" is not possible (possible are always, missing, never, build, daily, weekly, every_12h)`},
		{"secret no origin", head + "    image: a\n    secrets: [s]\nsecrets: {s: }\n", `compose.yaml:5: secrets.s: an empty value is not possible here (say what is in it: {file: ./FILE} or {environment: VARIABLE})`},
		{"config external", head + "    image: a\n    configs: [s]\nconfigs: {s: {external: true}}\n", `compose.yaml:5: configs.s.external is not possible (there is no store for them: it belongs to a Swarm; write file, environment or, for a config, content)`},
		{"ulimit", head + "    image: a\n    ulimits: {nofiles: 5}\n", `compose.yaml:4: services.web.ulimits: unknown limit "nofiles" (did you mean "nofile"?)`},
		{"remote include", "include: ['https://github.com/x/y.git']\nservices: {a: {image: a}}\n", `compose.yaml:1: include: https://github.com/x/y.git is elsewhere, and nothing is fetched (clone or download it, and name the file)`},
		{"oci include", "include: ['oci://docker.io/x/y']\nservices: {a: {image: a}}\n", `compose.yaml:1: include: oci://docker.io/x/y is elsewhere, and nothing is fetched (clone or download it, and name the file)`},
		{"expose", head + "    image: a\n    expose: 80\n", `compose.yaml:4: services.web.expose: the number 80 is not possible here (write a list: ["80"])`},
		{"two faults", "services:\n  a: {image: a, prots: 1}\n  b: {image: b, comand: x}\nvolume: {}\n", `compose.yaml:2: services.a.prots: unknown key (did you mean "ports"?)
compose.yaml:3: services.b.comand: unknown key (did you mean "command"?)
compose.yaml:4: volume: unknown key (did you mean "volumes"?)`},
		{"template", head + "    image: {{ a }}\n", `compose.yaml:3: a mapping or a list cannot be a key (put a value that begins with { or [ into quotes; {{ }} is for programs that fill in templates)`},
		{"non utf8", head + "    image: \"\xff\"\n", `compose.yaml:3: not valid YAML: invalid leading UTF-8 octet (value: 255) (save the file as UTF-8)`},
		{"nul", head + "    image: \"a\x00\"\n", `compose.yaml:3: not valid YAML: control characters are not allowed (value: 0) (remove the character: a compose file is plain text)`},
		{"external name", head + "    image: a\n    networks: [n]\nnetworks: {n: {external: yes please}}\n", `compose.yaml:5: networks.n.external: "yes please" is neither true nor false (write true or false)`},
		{"k8s", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", `compose.yaml:1: apiVersion: unknown key (this is a file for Kubernetes; a compose file begins with services:)
compose.yaml:2: kind: unknown key (this is a file for Kubernetes; a compose file begins with services:)
compose.yaml:3: metadata: unknown key (possible are: configs, include, jobs, models, name, networks, secrets, services, version, volumes)`},
		{"html", "<!DOCTYPE html>\n<html>\n", `compose.yaml: this is no compose file: it has no keys at the top (a compose file begins with services:)`},
		{"tmpfs map", head + "    image: a\n    tmpfs: {size: 5}\n", `compose.yaml:4: services.web.tmpfs: a mapping is not possible here (write a path, or a list of paths: [/run])`},
		{"entry quote", head + "    image: a\n    command: \"echo 'a\"\n", `compose.yaml:4: services.web.command: a quote is not closed (close it, or write a list of words)`},
		{"two networks", head + "    image: a\n    networks: [x]\n  db:\n    image: a\n    volumes: ['y:/y', 'data:/data']\n", `compose.yaml:4: services.web.networks: network "x" is not defined (add it below the top-level networks:)
compose.yaml:7: services.db.volumes: volume "data" is not defined (add it below the top-level volumes:, or begin the path with ./)`},
		{"port twice wrong", head + "    image: a\n    ports: ['80000']\n    restart: sometimes\n    stop_signal: SIGFOO\n", `compose.yaml:4: invalid containerPort: 80000 (ports are [HOST-IP:][HOST-PORT:]PORT[/tcp|/udp], from 1 to 65535)`},
		{"unset var port", head + "    image: a\n    ports: ['${P}:80']\n", `WARN The "P" variable is not set. Defaulting to a blank string.`},
		{"unset all port", head + "    image: a\n    ports: ['${P}']\n", `compose.yaml:4: services.web.ports: "${P}" comes to "" (was a variable not set? Set it, or write a default: ${NAME:-default})`},
		{"unset mount", head + "    image: a\n    volumes:\n      - ${DIR}:/x\n", `compose.yaml:5: services.web.volumes: "${DIR}:/x" comes to ":/x" (was a variable not set? Set it, or write a default: ${NAME:-default})`},
		{"half a mount", head + "    image: a\n    volumes: [':/x']\n", `compose.yaml:4: services.web.volumes: ":/x" has an empty part (write a list: ["./data:/data"])`},
		{"unset port with a protocol", head + "    image: a\n    ports: ['${P}:${P}/udp']\n", `compose.yaml:4: services.web.ports: "${P}:${P}/udp" comes to ":/udp" (was a variable not set? Set it, or write a default: ${NAME:-default})`},
		{"no search list", head + "    image: a\n    dns_search: ''\n", ``},
		{"unset image", head + "    image: ${IMG}\n", `compose.yaml:3: services.web.image: "${IMG}" comes to no name (was a variable not set? Set it, or write a default: ${NAME:-default})`},
		{"unset image tag", head + "    image: a:${TAG}\n", `compose.yaml:3: services.web.image: "a:${TAG}" comes to "a:" (was a variable not set? Set it, or write a default: ${NAME:-default})`},
		{"unset image registry", head + "    image: ${REG}/a:1\n", `compose.yaml:3: services.web.image: "${REG}/a:1" comes to "/a:1" (was a variable not set? Set it, or write a default: ${NAME:-default})`},
	} {
		dir := tree(t, "compose.yaml", tt.text)
		l, err := load(t, dir)
		got := ""
		switch {
		case err != nil:
			got = strings.ReplaceAll(err.Error(), dir, "DIR")
		case len(l.Warnings) > 0:
			got = "WARN " + strings.Join(l.Warnings, "; ")
		}
		if got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
