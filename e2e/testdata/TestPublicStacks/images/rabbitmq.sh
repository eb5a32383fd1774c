#!/bin/bash
# The user and the password of the environment; the server as a user of its own.
set -euo pipefail
if [ "$1" = rabbitmq-server ] && [ "$(id -u)" = 0 ]; then
	find /var/lib/rabbitmq \! -user rabbitmq -exec chown rabbitmq:rabbitmq '{}' +
	mkdir -p /var/log/rabbitmq /etc/rabbitmq
	{
		echo "default_user = ${RABBITMQ_DEFAULT_USER:-guest}"
		echo "default_pass = ${RABBITMQ_DEFAULT_PASS:-guest}"
		echo 'loopback_users = none'
		echo 'log.console = true'
	} >/etc/rabbitmq/rabbitmq.conf
	chown -R rabbitmq:rabbitmq /etc/rabbitmq /var/log/rabbitmq
	exec gosu rabbitmq "$0" "$@"
fi
[ "$1" = rabbitmq-server ] && shift && set -- /usr/lib/rabbitmq/bin/rabbitmq-server "$@"
exec "$@"
