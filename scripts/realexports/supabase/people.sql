-- People as GoTrue keeps them: with a password, with Google alone, with single
-- sign-on, banned for ever, deleted, without a name.
create extension if not exists pgcrypto with schema public;
create function pg_temp.person(n int, mail text, pw text, meta jsonb, app jsonb) returns uuid language sql as $$
  insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
    confirmation_token, recovery_token)
  values ('00000000-0000-0000-0000-000000000000', ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'authenticated', 'authenticated', mail,
    case when pw is null then '' else public.crypt(pw, public.gen_salt('bf', 4)) end, '2025-03-04 05:06:07+00', app, meta, '2025-01-02 03:04:05+00', '2026-01-02 03:04:05+00',
    'confirm-' || n, 'recover-' || n)
  returning id
$$;
create function pg_temp.identity(who uuid, prov text, subject text, data jsonb) returns void language sql as $$
  insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
  values (subject, who, data, prov, now(), now(), now())
$$;
select pg_temp.person(1, 'ana@example.com', 'Kite-and-Anchor-42', '{"first_name": "Ana", "last_name": "Pereira", "number": 12345678901234567890}', '{"provider": "email", "providers": ["email"]}');
select pg_temp.identity('00000000-0000-4000-8000-000000000001', 'email', '00000000-0000-4000-8000-000000000001', '{"sub": "00000000-0000-4000-8000-000000000001", "email": "ana@example.com"}');
select pg_temp.person(2, 'bo@example.com', null, '{"full_name": "Bo Bear"}', '{"provider": "google", "providers": ["google"]}');
select pg_temp.identity('00000000-0000-4000-8000-000000000002', 'google', '112233445566778899001', '{"sub": "112233445566778899001", "email": "bo@example.com"}');
select pg_temp.person(3, 'cleo@example.com', 'пароль-密码-42', '{"first_name": "Chloé", "last_name": "Tab\tO''Neill"}', '{"provider": "email", "providers": ["email", "github"]}');
select pg_temp.identity('00000000-0000-4000-8000-000000000003', 'github', '4242', '{"sub": "4242", "email": "cleo@example.com"}');
update auth.users set email_confirmed_at = null where email = 'cleo@example.com';
select pg_temp.person(4, 'dan@example.com', 'Kite-and-Anchor-42', '{"first_name": "Dan"}', '{"provider": "email", "providers": ["email"]}');
update auth.users set banned_until = 'infinity' where email = 'dan@example.com';
select pg_temp.person(5, 'gone@example.com', 'Kite-and-Anchor-42', '{}', '{"provider": "email"}');
update auth.users set deleted_at = now() where email = 'gone@example.com';
insert into auth.mfa_factors (id, user_id, factor_type, status, secret, created_at, updated_at)
values ('00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-000000000001', 'totp', 'verified', 'SECRETOFNOBODY', now(), now());
drop extension pgcrypto;
