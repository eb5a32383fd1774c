#!/bin/bash
# Puts wordpress into the volume, and its configuration out of the environment.
set -euo pipefail
if [ ! -e index.php ]; then
	cp -rL /usr/share/wordpress/. .
	rm -rf wp-config.php wp-content
	cp -rL /var/lib/wordpress/wp-content . 2>/dev/null || mkdir wp-content
	cp -rL /usr/share/wordpress/wp-content/. wp-content/
	cat >wp-config.php <<-'PHP'
		<?php
		define('DB_HOST', getenv('WORDPRESS_DB_HOST'));
		define('DB_USER', getenv('WORDPRESS_DB_USER'));
		define('DB_PASSWORD', getenv('WORDPRESS_DB_PASSWORD'));
		define('DB_NAME', getenv('WORDPRESS_DB_NAME'));
		define('DB_CHARSET', 'utf8mb4');
		define('DB_COLLATE', '');
		define('AUTH_KEY', 'of a test');
		define('DISABLE_WP_CRON', true);
		define('WP_HTTP_BLOCK_EXTERNAL', true);
		$table_prefix = getenv('WORDPRESS_TABLE_PREFIX') ?: 'wp_';
		if (!defined('ABSPATH')) { define('ABSPATH', __DIR__ . '/'); }
		require_once ABSPATH . 'wp-settings.php';
	PHP
	chown -R www-data:www-data .
fi
set +u
. /etc/apache2/envvars
mkdir -p "$APACHE_RUN_DIR" "$APACHE_LOCK_DIR" "$APACHE_LOG_DIR"
ln -sf /dev/stdout "$APACHE_LOG_DIR/access.log"
ln -sf /dev/stderr "$APACHE_LOG_DIR/error.log"
exec "$@"
