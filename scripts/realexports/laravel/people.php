<?php
// Makes the people of expected.json through Laravel's own hashing and database, with the
// tables of its migrations, of Jetstream's teams and of spatie/laravel-permission, and
// writes what PHP writes of them.
require '/usr/share/php/Illuminate/Database/autoload.php';
require '/usr/share/php/Illuminate/Hashing/autoload.php';

use Illuminate\Database\Capsule\Manager as DB;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Hashing\Argon2IdHasher;
use Illuminate\Hashing\BcryptHasher;

$db = new DB();
$db->addConnection(getenv('DATABASE') === 'sqlite'
    ? ['driver' => 'sqlite', 'database' => getenv('WORK') . '/laravel.sqlite3']
    : ['driver' => 'mysql', 'unix_socket' => getenv('MYSQL_SOCKET'), 'database' => getenv('MYSQL_DATABASE'), 'username' => 'root',
        'password' => '', 'charset' => 'utf8mb4', 'collation' => 'utf8mb4_bin', 'timezone' => '+00:00']);
$db->setAsGlobal();
$db->bootEloquent();
$schema = DB::schema();
$schema->create('users', function (Blueprint $t) {
    $t->id();
    $t->string('name');
    $t->string('email')->unique();
    $t->timestamp('email_verified_at')->nullable();
    $t->string('password');
    $t->rememberToken();
    $t->boolean('is_active')->default(true);
    $t->timestamps();
    $t->softDeletes();
});
$schema->create('roles', function (Blueprint $t) {
    $t->bigIncrements('id');
    $t->string('name');
    $t->string('guard_name');
    $t->timestamps();
});
$schema->create('model_has_roles', function (Blueprint $t) {
    $t->unsignedBigInteger('role_id');
    $t->string('model_type');
    $t->unsignedBigInteger('model_id');
});
$schema->create('social_accounts', function (Blueprint $t) {
    $t->id();
    $t->foreignId('user_id');
    $t->string('provider');
    $t->string('provider_id');
});
$schema->create('teams', function (Blueprint $t) {
    $t->id();
    $t->foreignId('user_id');
    $t->string('name');
    $t->boolean('personal_team');
});
$schema->create('team_user', function (Blueprint $t) {
    $t->id();
    $t->foreignId('team_id');
    $t->foreignId('user_id');
    $t->string('role')->nullable();
});

class User extends Model
{
    protected $guarded = [];
    protected $hidden = ['password', 'remember_token'];
    protected $casts = ['email_verified_at' => 'datetime', 'is_active' => 'boolean'];
}

$bcrypt = new BcryptHasher(['rounds' => 6]);
$argon = new Argon2IdHasher(['memory' => 1024, 'time' => 1, 'threads' => 1]);
foreach (json_decode(file_get_contents($argv[1]), true)['people'] as $p) {
    $by = $p['maker'] ?? [];
    $user = new User([
        'name' => trim($by['name'] ?? ($p['given_name'] ?? '') . ' ' . ($p['family_name'] ?? '')),
        'email' => $p['email'], 'is_active' => empty($p['suspended']),
        'email_verified_at' => empty($p['verified']) ? null : '2024-02-29 12:30:00',
        'password' => (($by['hasher'] ?? '') === 'argon' ? $argon : $bcrypt)->make($p['password']),
        'created_at' => '2024-02-29 12:30:00', 'updated_at' => '2024-02-29 12:30:00',
        'deleted_at' => empty($p['skipped']) ? null : '2024-03-01 00:00:00',
    ]);
    $user->remember_token = 'token';
    $user->save();
    foreach ($p['roles'] ?? [] as $role) {
        $id = DB::table('roles')->where('name', $role)->value('id')
            ?? DB::table('roles')->insertGetId(['name' => $role, 'guard_name' => 'web']);
        DB::table('model_has_roles')->insert(['role_id' => $id, 'model_type' => 'App\\Models\\User', 'model_id' => $user->id]);
    }
    foreach ($p['links'] ?? [] as $link) {
        [$provider, $subject] = explode(':', $link, 2);
        DB::table('social_accounts')->insert(['user_id' => $user->id, 'provider' => $provider, 'provider_id' => $subject]);
    }
    foreach ($by['teams'] ?? [] as $team => $role) {
        $id = DB::table('teams')->where('name', $team)->value('id')
            ?? DB::table('teams')->insertGetId(['user_id' => $user->id, 'name' => $team, 'personal_team' => false]);
        DB::table('team_user')->insert(['team_id' => $id, 'user_id' => $user->id, 'role' => $role]);
    }
}

if (isset($argv[2])) {
    $out = $argv[2];
    $tables = ['users', 'roles', 'model_has_roles', 'social_accounts', 'teams', 'team_user'];
    $document = array_combine($tables, array_map(fn($t) => DB::table($t)->get(), $tables));
    file_put_contents("$out/tables.json", json_encode($document));
    file_put_contents("$out/rows.json", DB::table('users')->get()->toJson(JSON_PRETTY_PRINT));
    file_put_contents("$out/model.json", User::all()->toJson());
    file_put_contents("$out/visible.json", User::all()->makeVisible('password')->toJson());
    $rows = DB::table('users')->get()->map(fn($row) => (array) $row);
    foreach (['fputcsv.csv' => '\\', 'fputcsv-rfc4180.csv' => ''] as $name => $escape) {
        $file = fopen("$out/$name", 'w');
        fputcsv($file, array_keys($rows[0]), ',', '"', $escape);
        foreach ($rows as $row) {
            fputcsv($file, $row, ',', '"', $escape);
        }
    }
}
