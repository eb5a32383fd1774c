#!/bin/sh
# By the address that the others use, not by the loopback.
test "$(redis-cli -h "$(hostname -i)" ping)" = PONG
