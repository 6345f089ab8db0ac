<?php
// Writes what administrators write with PHP: CSV in its two ways, JSON of people with
// their meta, the two tables in one document, and the REST API's list.
require __DIR__ . '/site.php';
require ABSPATH . 'wp-settings.php';
$out = $argv[1];
$users = $wpdb->get_results("SELECT * FROM $wpdb->users ORDER BY ID", ARRAY_A);
$meta = $wpdb->get_results("SELECT * FROM $wpdb->usermeta WHERE meta_key <> 'session_tokens' ORDER BY umeta_id", ARRAY_A);
$plain = ['fputcsv.csv' => '\\', 'fputcsv-rfc4180.csv' => ''];
foreach ($plain as $name => $escape) {
    $file = fopen("$out/$name", 'w');
    fputcsv($file, ['ID', 'user_login', 'user_pass', 'user_email', 'user_registered', 'display_name', 'first_name', 'last_name', 'roles'], ',', '"', $escape);
    foreach (get_users(['orderby' => 'ID']) as $u) {
        fputcsv($file, [$u->ID, $u->user_login, $u->user_pass, $u->user_email, $u->user_registered, $u->display_name,
            $u->first_name, $u->last_name, implode(',', $u->roles)], ',', '"', $escape);
    }
}
file_put_contents("$out/tables.json", json_encode(['wp_users' => $users, 'wp_usermeta' => $meta]));
$lines = '';
foreach ($users as $u) {
    $u['meta'] = array_values(array_map(fn($m) => ['meta_key' => $m['meta_key'], 'meta_value' => $m['meta_value']],
        array_filter($meta, fn($m) => $m['user_id'] === $u['ID'])));
    $lines .= json_encode($u, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES) . "\n";
}
file_put_contents("$out/users.ndjson", $lines);
wp_set_current_user(1);
$request = new WP_REST_Request('GET', '/wp/v2/users');
$request->set_query_params(['context' => 'edit', 'per_page' => 100, 'orderby' => 'id', '_fields' => 'id,username,name,first_name,last_name,email,roles,registered_date']);
file_put_contents("$out/rest.json", json_encode(rest_get_server()->response_to_data(rest_do_request($request), false), JSON_PRETTY_PRINT));
