<?php
// Makes the people of expected.json: through the form of wp-admin, with the quotes
// that WordPress puts before what a browser sends, and through wp_insert_user and
// the functions of users' meta for what the form does not take.
define('WP_IMPORTING', true); // importers may bring an address twice
require __DIR__ . '/site.php';
require ABSPATH . 'wp-settings.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
add_filter('pre_wp_mail', '__return_true');
add_role('support', 'Support', ['read' => true]);
wp_set_current_user(1);
$people = json_decode(file_get_contents($argv[1]), true)['people'];
foreach ($people as $p) {
    $by = $p['maker'] ?? [];
    $login = $by['login'] ?? $p['username'] ?? null;
    $roles = $p['roles'] ?? [];
    if ($login === 'root') {
        continue; // install.php made it
    }
    if (isset($by['form'])) {
        $_POST = wp_slash(['user_login' => $login, 'email' => $p['email'], 'first_name' => $p['given_name'],
            'last_name' => $p['family_name'], 'pass1' => $by['form'], 'pass2' => $by['form'], 'role' => $roles[0] ?? 'subscriber']);
        $id = edit_user();
    } else {
        $id = wp_insert_user(['user_login' => wp_slash($login), 'user_email' => $p['email'] ?? '', 'user_pass' => $p['password'] ?? '',
            'role' => $roles[0] ?? '', 'display_name' => wp_slash($by['display_name'] ?? '')]);
    }
    if (is_wp_error($id)) {
        fwrite(STDERR, "$login: " . $id->get_error_message() . "\n");
        exit(1);
    }
    update_user_meta($id, 'first_name', wp_slash($p['given_name'] ?? ''));
    update_user_meta($id, 'last_name', wp_slash($p['family_name'] ?? ''));
    foreach (array_slice($roles, 1) as $role) {
        get_userdata($id)->add_role($role);
    }
    if (!$roles) {
        get_userdata($id)->set_role('');
    }
    foreach ($by['meta'] ?? [] as $key => $value) {
        update_user_meta($id, $key, wp_slash($value));
    }
    if (isset($by['hash'])) {
        // What plugins and versions of long ago wrote.
        $hash = $by['hash'] === 'md5' ? md5($p['password']) : password_hash($p['password'], PASSWORD_BCRYPT, ['cost' => 10]);
        $wpdb->update($wpdb->users, ['user_pass' => $hash], ['ID' => $id]);
    }
    if (is_multisite()) {
        if (!empty($p['suspended'])) {
            update_user_status($id, 'spam', 1);
        }
        foreach ($by['site2'] ?? [] as $role) {
            $site2 ??= wp_insert_site(['domain' => 'blog.example.com', 'path' => '/two/', 'title' => 'Two', 'user_id' => 1]);
            add_user_to_blog($site2, $id, $role);
        }
    }
}
// The times of one run and the next are the same.
$wpdb->query("UPDATE $wpdb->users SET user_registered = '2024-02-29 12:30:00'");
