#!/bin/sh
echo "motd on $NGINX_PORT"
