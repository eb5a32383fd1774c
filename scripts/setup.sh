#!/bin/sh
# Makes sure that newuidmap is there. As root it installs the package that has
# it; as a plain user it names the package, and all goes on with a single id.
set -eu

command -v newuidmap >/dev/null && command -v newgidmap >/dev/null && exit 0

id=unknown
[ -r /etc/os-release ] && id=$(. /etc/os-release && echo "${ID:-} ${ID_LIKE:-}")
case " $id " in
*" debian "* | *" ubuntu "*) package=uidmap ;;
*" fedora "* | *" rhel "*) package=shadow-utils ;;
*) package='the package that has newuidmap (often uidmap or shadow-utils)' ;;
esac

if [ "$(id -u)" != 0 ]; then
	echo "setup: newuidmap is missing, so containers have one user id only;" >&2
	echo "setup: for all of them ask your administrator to install $package" >&2
	exit 0
fi
case $package in
uidmap)
	echo "setup: installing uidmap (newuidmap is missing)" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q -o DPkg::Lock::Timeout=300 update >&2
	apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends uidmap >&2
	;;
shadow-utils)
	echo "setup: installing shadow-utils (newuidmap is missing)" >&2
	dnf -q -y install shadow-utils >&2
	;;
*)
	echo "setup: newuidmap is missing: install $package" >&2
	;;
esac
