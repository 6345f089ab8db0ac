<?php
// Loads WordPress' own code without a web server: what wp-config.php does, for the
// database that make.sh started. A network of two sites when NETWORK is set.
error_reporting(E_ERROR | E_PARSE);
$_SERVER += ['HTTP_HOST' => 'blog.example.com', 'SERVER_NAME' => 'blog.example.com', 'REQUEST_URI' => '/',
    'SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET', 'REMOTE_ADDR' => '127.0.0.1'];
define('DB_NAME', getenv('MYSQL_DATABASE'));
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('MYSQL_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('ABSPATH', '/usr/share/wordpress/');
define('WP_ALLOW_MULTISITE', getenv('NETWORK') !== false);
if (getenv('NETWORK') === 'ready') {
    define('MULTISITE', true);
    define('SUBDOMAIN_INSTALL', false);
    define('DOMAIN_CURRENT_SITE', 'blog.example.com');
    define('PATH_CURRENT_SITE', '/');
    define('SITE_ID_CURRENT_SITE', 1);
    define('BLOG_ID_CURRENT_SITE', 1);
}
$table_prefix = 'wp_';
