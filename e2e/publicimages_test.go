package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// publicPackages are what the servers and applications of public projects are made of
// here, all in one layer.
var publicPackages = []string{
	"apache2", "libapache2-mod-php", "php-mysql", "php-fpm", "wordpress", "wordpress-theme-twentytwentythree", "mariadb-server", "gosu",
	"mosquitto", "mosquitto-clients", "haproxy", "memcached", "python3-django", "python3-flask", "gunicorn", "celery", "python3-redis",
	"python3-psycopg2", "slapd", "ldap-utils", "bind9", "prometheus", "prometheus-node-exporter", "rabbitmq-server",
}

// publicImages writes images under the names by which public files know them, each with the
// variables, volumes and entrypoint that users of the official one count on.
func publicImages(t *testing.T, path string) {
	t.Helper()
	own := func(name string) []imagetest.File {
		return []imagetest.File{scriptOf(t, "TestPublicStacks/images", "usr/local/bin/docker-entrypoint.sh", name)}
	}
	base := baseLayer(t, publicPackages...)
	image := func(c imagetest.Config, layer []imagetest.File, names ...string) imagetest.Image {
		c.Env = append(c.Env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
		return imagetest.Image{Names: names, Config: c, Layers: [][]imagetest.File{layer}}
	}
	entry := []string{"docker-entrypoint.sh"}
	half := &imagetest.Healthcheck{Test: []string{"CMD-SHELL", "mosquitto_sub -h 127.0.0.1 -t '$SYS/broker/uptime' -C 1 -W 3"}, Interval: time.Second, Retries: 30}
	writeImages(t, path, base,
		image(imagetest.Config{Entrypoint: entry, Cmd: []string{"mariadbd"}, Volumes: imagetest.Set("/var/lib/mysql"), ExposedPorts: imagetest.Set("3306/tcp")},
			append(own("mariadb.sh"), scriptOf(t, "TestPublicStacks/images", "usr/local/bin/healthcheck.sh", "mariadb-health.sh"), imagetest.File{Name: "docker-entrypoint-initdb.d/"},
				imagetest.File{Name: "etc/mysql/mariadb.conf.d/99-all.cnf", Text: "[mariadbd]\nbind-address = *\n"}),
			"mariadb:10.11", "mysql:8"),
		image(imagetest.Config{Entrypoint: entry, Cmd: []string{"apache2", "-DFOREGROUND"}, Env: []string{"APACHE_CONFDIR=/etc/apache2"}, Volumes: imagetest.Set("/var/www/html"), WorkingDir: "/var/www/html",
			ExposedPorts: imagetest.Set("80/tcp"), StopSignal: "SIGWINCH"}, own("wordpress.sh"), "wordpress:6-apache"),
		image(imagetest.Config{Entrypoint: entry, Cmd: []string{"rabbitmq-server"}, Volumes: imagetest.Set("/var/lib/rabbitmq"), ExposedPorts: imagetest.Set("5672/tcp"),
			Env: []string{"HOME=/var/lib/rabbitmq", "LANG=C.UTF-8"}}, own("rabbitmq.sh"), "rabbitmq:3-alpine"),
		image(imagetest.Config{Entrypoint: []string{}, Cmd: []string{"mosquitto", "-c", "/mosquitto/config/mosquitto.conf"}, Volumes: imagetest.Set("/mosquitto/data"),
			ExposedPorts: imagetest.Set("1883/tcp"), Healthcheck: half}, []imagetest.File{{Name: "mosquitto/data/", Mode: 0o1777}}, "eclipse-mosquitto:2"),
		image(imagetest.Config{Cmd: []string{"haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"}, User: "haproxy", StopSignal: "SIGUSR1"},
			[]imagetest.File{{Name: "usr/local/etc/haproxy/"}}, "haproxy:2.8-alpine"),
		image(imagetest.Config{Entrypoint: entry, Cmd: []string{"slapd"}, Volumes: imagetest.Set("/var/lib/ldap"), ExposedPorts: imagetest.Set("389/tcp")},
			own("openldap.sh"), "osixia/openldap:1.5.0"),
		image(imagetest.Config{Cmd: []string{"named", "-g", "-u", "bind"}, ExposedPorts: imagetest.Set("53/tcp", "53/udp")}, nil, "ubuntu/bind9:9.18"),
		image(imagetest.Config{Entrypoint: []string{"prometheus"}, Cmd: []string{"--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"},
			User: "nobody", Volumes: imagetest.Set("/prometheus"), WorkingDir: "/prometheus", ExposedPorts: imagetest.Set("9090/tcp")},
			[]imagetest.File{{Name: "prometheus/", UID: 65534, GID: 65534}}, "prom/prometheus:v2.42.0"),
		image(imagetest.Config{Entrypoint: []string{"prometheus-node-exporter"}, User: "nobody", ExposedPorts: imagetest.Set("9100/tcp")}, nil, "prom/node-exporter:v1.5.0"),
		image(imagetest.Config{Entrypoint: []string{"memcached"}, User: "nobody", ExposedPorts: imagetest.Set("11211/tcp")}, nil, "memcached:1.6-alpine"),
		image(imagetest.Config{Cmd: []string{"python3"}}, []imagetest.File{{Name: "usr/local/bin/python", Link: "/usr/bin/python3"}}, "python:3.11-slim"),
	)
}

// publicImagesAndStack loads the images of public files: those of the small stack, under
// their official names, and the servers of publicImages.
func (s *scenario) publicImagesAndStack() {
	s.t.Helper()
	for _, write := range []func(*testing.T, string){stackImages, publicImages} {
		archive := filepath.Join(filepath.Dir(s.dir), "images.tar")
		write(s.t, archive)
		s.must("image", "load", "-i", archive)
		if err := os.Remove(archive); err != nil {
			s.t.Fatal(err)
		}
	}
	for from, names := range officialNames {
		for _, name := range names {
			s.must("image", "tag", from, name)
		}
	}
}
