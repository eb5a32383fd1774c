#!/bin/bash
# First boot makes the cluster, the role and the database; later ones only start it.
set -euo pipefail

# file_env NAME: the value of NAME, or the content of the file that NAME_FILE names.
file_env() {
	local var=$1 file="${1}_FILE"
	if [ -n "${!var:-}" ] && [ -n "${!file:-}" ]; then
		echo "error: both $var and $file are set" >&2
		exit 1
	fi
	if [ -n "${!file:-}" ]; then
		export "$var=$(<"${!file}")"
		unset "$file"
	fi
}

if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA" /run/postgresql
	chown -R postgres:postgres "$PGDATA" /run/postgresql
	chmod 700 "$PGDATA"
	exec gosu postgres "$0" "$@"
fi

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
	file_env POSTGRES_PASSWORD
	: "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
	initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-local=trust --auth-host=scram-sha-256 >/dev/null
	echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
	pg_ctl -w start -o "-c listen_addresses=''" >/dev/null
	[ "$POSTGRES_DB" = postgres ] || psql -q -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE \"$POSTGRES_DB\""
	for f in /docker-entrypoint-initdb.d/*.sql; do
		[ -e "$f" ] && psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$f"
	done
	pg_ctl -m fast -w stop >/dev/null
	echo 'first boot is done'
fi
exec "$@"
