#!/bin/bash
# First boot makes a directory of the domain, and reads what lies in /bootstrap.
set -euo pipefail
if [ "$1" != slapd ]; then exec "$@"; fi
domain=${LDAP_DOMAIN:-example.org}
suffix="dc=${domain//./,dc=}"
password=$(cat "${LDAP_ADMIN_PASSWORD_FILE:-/dev/null}")
password=${password:-${LDAP_ADMIN_PASSWORD:-admin}}
mkdir -p /run/slapd
cat >/etc/ldap/slapd.conf <<-CONF
	include /etc/ldap/schema/core.schema
	include /etc/ldap/schema/cosine.schema
	include /etc/ldap/schema/inetorgperson.schema
	modulepath /usr/lib/ldap
	moduleload back_mdb
	database mdb
	maxsize 16777216
	suffix "$suffix"
	rootdn "cn=admin,$suffix"
	rootpw $(slappasswd -s "$password")
	directory /var/lib/ldap
CONF
if [ ! -e /var/lib/ldap/made ]; then
	rm -f /var/lib/ldap/*
	slapadd -f /etc/ldap/slapd.conf <<-LDIF
		dn: $suffix
		objectClass: organization
		objectClass: dcObject
		dc: ${domain%%.*}
		o: ${LDAP_ORGANISATION:-Example}
	LDIF
	for f in /bootstrap/*.ldif; do
		[ -e "$f" ] && slapadd -f /etc/ldap/slapd.conf -l "$f"
	done
	touch /var/lib/ldap/made
fi
chown -R openldap:openldap /var/lib/ldap /run/slapd /etc/ldap/slapd.conf
exec slapd -f /etc/ldap/slapd.conf -h 'ldap:/// ldapi:///' -u openldap -g openldap -d 256
