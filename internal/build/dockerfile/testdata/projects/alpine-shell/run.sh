#!/bin/sh
echo "alpine $(id -un) $MODE $*"
