#!/bin/sh
set -e
echo "migrating as $(id -un)"
exec python3 manage.py "$@"
