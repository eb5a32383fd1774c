#!/bin/sh
# Over TCP: the server of the first boot does not listen there.
exec mariadb -h 127.0.0.1 -u "$MARIADB_USER" "-p$(cat "$MARIADB_PASSWORD_FILE")" -e 'SELECT 1' "$MARIADB_DATABASE"
