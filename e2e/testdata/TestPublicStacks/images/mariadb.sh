#!/bin/bash
# First boot makes the system tables, the passwords, the database and its user; then it
# runs what lies in /docker-entrypoint-initdb.d. Arguments alone are the server's.
set -euo pipefail
case "${1:-}" in -*) set -- mariadbd "$@" ;; esac
if [ "$1" != mariadbd ]; then exec "$@"; fi
if [ "$(id -u)" = 0 ]; then
	mkdir -p /run/mysqld
	chown mysql:mysql /run/mysqld
	find /var/lib/mysql \! -user mysql -exec chown mysql:mysql '{}' +
	exec gosu mysql "$0" "$@"
fi
value() { # MYSQL_ROOT_PASSWORD and the like, by both names, or in a file
	local m="MARIADB_$1" y="MYSQL_$1" mf="MARIADB_$1_FILE" yf="MYSQL_$1_FILE"
	local file="${!mf:-${!yf:-}}"
	if [ -n "$file" ]; then cat "$file"; else printf %s "${!m:-${!y:-}}"; fi
}
if [ ! -d /var/lib/mysql/mysql ]; then
	root=$(value ROOT_PASSWORD) db=$(value DATABASE) user=$(value USER) password=$(value PASSWORD)
	if [ -z "$root" ]; then echo 'error: MARIADB_ROOT_PASSWORD is not set' >&2; exit 1; fi
	mariadb-install-db --auth-root-authentication-method=normal --skip-test-db >/dev/null
	mariadbd --skip-networking --socket=/run/mysqld/first.sock &
	pid=$!
	until mariadb-admin -uroot --socket=/run/mysqld/first.sock ping >/dev/null 2>&1; do
		kill -0 "$pid"
		sleep 0.1
	done
	client() { mariadb -uroot --socket=/run/mysqld/first.sock "$@"; }
	[ -z "$db" ] || client -e "CREATE DATABASE \`$db\`"
	[ -z "$user" ] || client -e "CREATE USER '$user'@'%' IDENTIFIED BY '$password'; GRANT ALL ON \`${db:-nothing}\`.* TO '$user'@'%'"
	for f in /docker-entrypoint-initdb.d/*.sql; do
		[ -e "$f" ] && client ${db:+"$db"} <"$f"
	done
	client -e "CREATE USER healthcheck@localhost IDENTIFIED BY ''; CREATE USER root@'%' IDENTIFIED BY '$root'; GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION; ALTER USER root@localhost IDENTIFIED BY '$root'"
	kill "$pid"
	wait "$pid"
fi
exec "$@"
