#!/bin/sh
# As root: gives the data to redis, and becomes it.
set -e
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
	find . \! -user redis -exec chown redis '{}' +
	exec setpriv --reuid=redis --regid=redis --clear-groups -- "$0" "$@"
fi
# The official image is built so that others than its own loopback may ask, too.
case "$*" in
redis-server*protected-mode*) ;;
redis-server*) set -- "$@" --protected-mode no ;;
esac
exec "$@"
