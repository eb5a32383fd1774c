#!/bin/bash
# First boot makes the system tables, the root password and the database.
set -euo pipefail

if [ "$1" = mariadbd ] && [ "$(id -u)" = 0 ]; then
	mkdir -p /var/lib/mysql /run/mysqld
	chown -R mysql:mysql /var/lib/mysql /run/mysqld
	exec setpriv --reuid=mysql --regid=mysql --clear-groups -- "$0" "$@"
fi

if [ "$1" = mariadbd ] && [ ! -d /var/lib/mysql/mysql ]; then
	if [ -n "${MARIADB_ROOT_PASSWORD_FILE:-}" ]; then
		MARIADB_ROOT_PASSWORD=$(<"$MARIADB_ROOT_PASSWORD_FILE")
	fi
	mariadb-install-db --auth-root-authentication-method=normal --skip-test-db >/dev/null
	mariadbd --skip-networking --socket=/run/mysqld/first.sock &
	pid=$!
	until mariadb-admin -uroot --socket=/run/mysqld/first.sock ping >/dev/null 2>&1; do
		kill -0 "$pid"
		sleep 0.2
	done
	mariadb -uroot --socket=/run/mysqld/first.sock <<-SQL
		CREATE DATABASE \`$MARIADB_DATABASE\`;
		CREATE USER 'root'@'%' IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
		GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;
		ALTER USER 'root'@'localhost' IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
	SQL
	kill "$pid"
	wait "$pid"
fi
exec "$@"
