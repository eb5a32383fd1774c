#!/bin/bash
set -eo pipefail
export PGPASSWORD="$POSTGRES_PASSWORD"
answer=$(psql -h "$(hostname -i)" -U "$POSTGRES_USER" -Atqc 'SELECT 1')
[[ $answer == 1 ]]
