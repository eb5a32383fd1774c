#!/bin/bash
# First boot makes the system tables, the database and its user; later ones only start.
set -euo pipefail

file_env() {
	local file="${1}_FILE"
	[ -z "${!file:-}" ] || export "$1=$(<"${!file}")"
	unset "$file"
}

if [ "$1" = mariadbd ] && [ "$(id -u)" = 0 ]; then
	find /var/lib/mysql ! -user mysql -exec chown mysql: '{}' +
	exec gosu mysql "$0" "$@"
fi

sql() { mariadb --protocol=socket -uroot "$@"; }

if [ "$1" = mariadbd ] && [ ! -d /var/lib/mysql/mysql ]; then
	file_env MARIADB_PASSWORD
	file_env MARIADB_ROOT_PASSWORD
	mariadb-install-db --datadir=/var/lib/mysql --skip-test-db --auth-root-authentication-method=normal >/dev/null
	mariadbd --skip-networking &
	server=$!
	until sql -e 'SELECT 1' >/dev/null 2>&1; do kill -0 "$server"; sleep 0.1; done
	sql <<-EOF
		CREATE DATABASE \`$MARIADB_DATABASE\`;
		CREATE USER '$MARIADB_USER'@'%' IDENTIFIED BY '$MARIADB_PASSWORD';
		GRANT ALL ON \`$MARIADB_DATABASE\`.* TO '$MARIADB_USER'@'%';
	EOF
	for f in /docker-entrypoint-initdb.d/*; do
		case $f in
			*.sql) sql "$MARIADB_DATABASE" <"$f" ;;
			*.sh) . "$f" ;;
		esac
	done
	sql -e "SET PASSWORD FOR root@localhost = PASSWORD('$MARIADB_ROOT_PASSWORD')"
	kill "$server"
	wait "$server"
	echo 'first boot is done'
fi
exec "$@"
