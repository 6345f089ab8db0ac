<?php
// Installs WordPress; as a network when NETWORK is set.
define('WP_INSTALLING', true);
require __DIR__ . '/site.php';
require ABSPATH . 'wp-settings.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/network.php';
add_filter('pre_wp_mail', '__return_true');
wp_install('Example', 'root', 'root@example.com', false, '', 'Kite-and-Anchor-42');
if (getenv('NETWORK') !== false) {
    foreach ($wpdb->tables('ms_global') as $table => $prefixed) {
        $wpdb->$table = $prefixed;
    }
    install_network();
    populate_network(1, 'blog.example.com', 'root@example.com', 'Example', '/', false);
}
