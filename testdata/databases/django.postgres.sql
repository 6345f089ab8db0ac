SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
CREATE SEQUENCE public.auth_group_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_group_id_seq OWNED BY public.auth_group.id;
CREATE TABLE public.auth_group_permissions (
    id integer NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
CREATE SEQUENCE public.auth_group_permissions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_group_permissions_id_seq OWNED BY public.auth_group_permissions.id;
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
CREATE SEQUENCE public.auth_permission_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_permission_id_seq OWNED BY public.auth_permission.id;
CREATE TABLE public.auth_user (
    id integer NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL
);
CREATE TABLE public.auth_user_groups (
    id integer NOT NULL,
    user_id integer NOT NULL,
    group_id integer NOT NULL
);
CREATE SEQUENCE public.auth_user_groups_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_user_groups_id_seq OWNED BY public.auth_user_groups.id;
CREATE SEQUENCE public.auth_user_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_user_id_seq OWNED BY public.auth_user.id;
CREATE TABLE public.auth_user_user_permissions (
    id integer NOT NULL,
    user_id integer NOT NULL,
    permission_id integer NOT NULL
);
CREATE SEQUENCE public.auth_user_user_permissions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_user_user_permissions_id_seq OWNED BY public.auth_user_user_permissions.id;
CREATE TABLE public.crm_customer (
    id integer NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    email character varying(254) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    is_active boolean NOT NULL
);
CREATE SEQUENCE public.crm_customer_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.crm_customer_id_seq OWNED BY public.crm_customer.id;
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
CREATE SEQUENCE public.django_content_type_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.django_content_type_id_seq OWNED BY public.django_content_type.id;
CREATE TABLE public.django_migrations (
    id integer NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.django_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.django_migrations_id_seq OWNED BY public.django_migrations.id;
ALTER TABLE ONLY public.auth_group ALTER COLUMN id SET DEFAULT nextval('public.auth_group_id_seq'::regclass);
ALTER TABLE ONLY public.auth_group_permissions ALTER COLUMN id SET DEFAULT nextval('public.auth_group_permissions_id_seq'::regclass);
ALTER TABLE ONLY public.auth_permission ALTER COLUMN id SET DEFAULT nextval('public.auth_permission_id_seq'::regclass);
ALTER TABLE ONLY public.auth_user ALTER COLUMN id SET DEFAULT nextval('public.auth_user_id_seq'::regclass);
ALTER TABLE ONLY public.auth_user_groups ALTER COLUMN id SET DEFAULT nextval('public.auth_user_groups_id_seq'::regclass);
ALTER TABLE ONLY public.auth_user_user_permissions ALTER COLUMN id SET DEFAULT nextval('public.auth_user_user_permissions_id_seq'::regclass);
ALTER TABLE ONLY public.crm_customer ALTER COLUMN id SET DEFAULT nextval('public.crm_customer_id_seq'::regclass);
ALTER TABLE ONLY public.django_content_type ALTER COLUMN id SET DEFAULT nextval('public.django_content_type_id_seq'::regclass);
ALTER TABLE ONLY public.django_migrations ALTER COLUMN id SET DEFAULT nextval('public.django_migrations_id_seq'::regclass);
INSERT INTO public.auth_group VALUES
	(1, 'editors'),
	(2, 'support');
INSERT INTO public.auth_group_permissions VALUES
	(1, 1, 1),
	(2, 2, 1);
INSERT INTO public.auth_permission VALUES
	(1, 'Can add content type', 1, 'add_contenttype'),
	(2, 'Can change content type', 1, 'change_contenttype'),
	(3, 'Can delete content type', 1, 'delete_contenttype'),
	(4, 'Can view content type', 1, 'view_contenttype'),
	(5, 'Can add permission', 2, 'add_permission'),
	(6, 'Can change permission', 2, 'change_permission'),
	(7, 'Can delete permission', 2, 'delete_permission'),
	(8, 'Can view permission', 2, 'view_permission'),
	(9, 'Can add group', 3, 'add_group'),
	(10, 'Can change group', 3, 'change_group'),
	(11, 'Can delete group', 3, 'delete_group'),
	(12, 'Can view group', 3, 'view_group'),
	(13, 'Can add user', 4, 'add_user'),
	(14, 'Can change user', 4, 'change_user'),
	(15, 'Can delete user', 4, 'delete_user'),
	(16, 'Can view user', 4, 'view_user'),
	(17, 'Can add customer', 5, 'add_customer'),
	(18, 'Can change customer', 5, 'change_customer'),
	(19, 'Can delete customer', 5, 'delete_customer'),
	(20, 'Can view customer', 5, 'view_customer');
INSERT INTO public.auth_user VALUES
	(1, 'pbkdf2_sha256$260000$88PirFzjQXoiUqwPK4wVY8$H/F7FfjNFFMGeEWmKyzfGemhlNuR0VF29wO/wyLYSZU=', NULL, false, 'ana', 'Ana', 'Pereira', 'ana@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(2, 'pbkdf2_sha256$260000$eWKBswdd5x3tz1HcLpDkba$uFPXZ03aCpj9CLifBbRJq9778Dlk2O6tgEhD+LRl5rU=', NULL, false, 'bo', '"Bo" the "Bear"', 'O''Neill', 'bo@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(3, 'pbkdf2_sha256$260000$b174bfkc85biIML5NekHAG$TF41UXADcJQRXcjSCiLVrx2BsFs59HtkSg+cziNkMhI=', NULL, false, 'quo', '"Quo', 'vadis"', 'quo@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(4, 'pbkdf2_sha256$260000$uSv6B8seSGPrp0NaLN3OZm$VH4uzleUo1wjXkrRgfXQjjInvsuTolFBnlQBs/YPXA8=', NULL, false, 'tab', 'Chloé	Marie', 'Tab	', 'tab@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(5, 'pbkdf2_sha256$260000$FaY0GOwNw9ramY1IrixSW3$q/prIP2KGBaRG7UZfDgIMBN3Ht9l8i01JKBgK/yY0Eo=', NULL, false, 'line', 'Line
Break', 'Two
Lines', 'line@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(6, 'pbkdf2_sha256$260000$aXZG7dvVAGgimnMPBzDqFk$u29ukaCWVfw+QFbO5SXnca94C8NMYOISAEqgTFpdst0=', NULL, false, 'slash', 'D\N', 'C:\new\table\', 'slash@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(7, 'pbkdf2_sha256$260000$PXYtLDBzhcs6Z5iLn6W8Zt$m50C7RMTLvUtbr+P65jhumLOMcfIPgBoQE1P7ZUm+dw=', NULL, false, 'gia', 'Gia, G', 'a,b;c|d', 'gia@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(8, 'pbkdf2_sha256$260000$Xh0eqciXuNpeJQCznxCOPy$5eUQE1rnJqsebav2ZeRJ8zWVBU/VzIJvLXG+cuCrwjI=', NULL, false, 'taro', '太郎', '山田', 'taro@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(9, 'pbkdf2_sha256$260000$Gsv7d3mlX7oIL5bBurU69z$812/kynrwVXvnWkXycAYATOIxVewv/dOrdZbqRj02pE=', NULL, false, 'zoe', 'Zoë 🦊', 'Null', 'zoe@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(10, 'pbkdf2_sha256$260000$MO7J1CJAdkT53VTmEXAmRF$76QT/+WVPgoz2Z8kAssnDU9vVJYLTSuhwQClPYz13i4=', NULL, false, 'formula', '=1+2', '-5', 'formula@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(11, 'pbkdf2_sha256$260000$OMNsJ16VXJWW5DnFROYFHg$JccQPQYJWgmOG6zBwqtVHE57o3r4tKTosU+9dOHrcdo=', NULL, false, 'off', 'Olga', 'Off', 'off@example.com', false, false, '2024-02-29 12:30:00.123456+00'),
	(12, 'pbkdf2_sha256$260000$AyEQlcHLFY36U9bcA7mlcU$jFrV4FJsyFTzmnjhek0DdSBUG8QpV1WksI0ddwGtQ9U=', NULL, false, 'nomail', 'No', 'Mail', '', false, true, '2024-02-29 12:30:00.123456+00'),
	(13, 'pbkdf2_sha256$260000$OawDRYl7AhF9v3lc7izVkz$JEssTUP7hJCU85kTRXTuxwtHeA5pS98UrTd85Lfd9iA=', NULL, false, 'nameless', '', '', 'nameless@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(14, '!WZKNrIEj3HpOAuqXEAef4ZA5SbZEgucI7IUDWO1Q', NULL, false, 'nopass', 'Nopass', 'Ever', 'nopass@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(15, 'argon2$argon2id$v=19$m=102400,t=2,p=8$RGNYOXVWbnNrTnhxOUFDUkdEeXdmVw$8BYb7lfNItHrT1J+H4hdAw', NULL, false, 'argon', 'Argon', 'Two', 'argon@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(16, 'bcrypt$$2b$12$azGSVPqjNYFPK2zxFzapfehYiAweh2T9Mh8DJ0AjbHhVX3jI4RRS2', NULL, false, 'bcrypt', 'B', 'Crypt', 'bcrypt@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(17, 'bcrypt_sha256$$2b$12$obG24Tu1597JQ0Np.B6m8OZT9i9gctyM7w50FYR/o.a2fVpPNZ0k6', NULL, false, 'bcryptsha', 'B', 'Sha', 'bcryptsha@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(18, 'sha1$1z3NhzRvEfrcINuWozHoPv$775f1131f2c7f8fda1426278d2188594937a617e', NULL, false, 'sha1', 'Sha', 'One', 'sha1@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(19, 'md5$uNltgdzKfYlO9Pcsdwv4em$2c556bb8af99d7ee10d3356db9c09967', NULL, false, 'md5', 'Em', 'Five', 'md5@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(20, 'pbkdf2_sha256$260000$n6sJ0A3oqHKrfvsYEfmWcW$bH5NZddRaxcHdR4tTABIVwDmjAjtIBL0WrYZOlszshI=', NULL, false, 'case1', 'Case', 'Lower', 'case@example.com', false, true, '2024-02-29 12:30:00.123456+00'),
	(21, 'pbkdf2_sha256$260000$FBJnnWRQ1dWslkn1lD4Ubg$1tsxzc4R+iu27OKJ3xtb4L2LXilAJQeCHU1UR8Eylro=', NULL, false, 'case2', 'Case', 'Upper', 'CASE@example.com', false, true, '2024-02-29 12:30:00.123456+00');
INSERT INTO public.auth_user_groups VALUES
	(1, 1, 1),
	(2, 1, 2),
	(3, 3, 1),
	(4, 11, 2);
INSERT INTO public.crm_customer VALUES
	(1, 'pbkdf2_sha256$260000$88PirFzjQXoiUqwPK4wVY8$H/F7FfjNFFMGeEWmKyzfGemhlNuR0VF29wO/wyLYSZU=', NULL, 'ana@example.com', 'Ana', 'Pereira', true),
	(2, 'pbkdf2_sha256$260000$eWKBswdd5x3tz1HcLpDkba$uFPXZ03aCpj9CLifBbRJq9778Dlk2O6tgEhD+LRl5rU=', NULL, 'bo@example.com', '"Bo" the "Bear"', 'O''Neill', true),
	(3, 'pbkdf2_sha256$260000$b174bfkc85biIML5NekHAG$TF41UXADcJQRXcjSCiLVrx2BsFs59HtkSg+cziNkMhI=', NULL, 'quo@example.com', '"Quo', 'vadis"', true),
	(4, 'pbkdf2_sha256$260000$uSv6B8seSGPrp0NaLN3OZm$VH4uzleUo1wjXkrRgfXQjjInvsuTolFBnlQBs/YPXA8=', NULL, 'tab@example.com', 'Chloé	Marie', 'Tab	', true),
	(5, 'pbkdf2_sha256$260000$FaY0GOwNw9ramY1IrixSW3$q/prIP2KGBaRG7UZfDgIMBN3Ht9l8i01JKBgK/yY0Eo=', NULL, 'line@example.com', 'Line
Break', 'Two
Lines', true),
	(6, 'pbkdf2_sha256$260000$aXZG7dvVAGgimnMPBzDqFk$u29ukaCWVfw+QFbO5SXnca94C8NMYOISAEqgTFpdst0=', NULL, 'slash@example.com', 'D\N', 'C:\new\table\', true),
	(7, 'pbkdf2_sha256$260000$PXYtLDBzhcs6Z5iLn6W8Zt$m50C7RMTLvUtbr+P65jhumLOMcfIPgBoQE1P7ZUm+dw=', NULL, 'gia@example.com', 'Gia, G', 'a,b;c|d', true),
	(8, 'pbkdf2_sha256$260000$Xh0eqciXuNpeJQCznxCOPy$5eUQE1rnJqsebav2ZeRJ8zWVBU/VzIJvLXG+cuCrwjI=', NULL, 'taro@example.com', '太郎', '山田', true),
	(9, 'pbkdf2_sha256$260000$Gsv7d3mlX7oIL5bBurU69z$812/kynrwVXvnWkXycAYATOIxVewv/dOrdZbqRj02pE=', NULL, 'zoe@example.com', 'Zoë 🦊', 'Null', true),
	(10, 'pbkdf2_sha256$260000$MO7J1CJAdkT53VTmEXAmRF$76QT/+WVPgoz2Z8kAssnDU9vVJYLTSuhwQClPYz13i4=', NULL, 'formula@example.com', '=1+2', '-5', true),
	(11, 'pbkdf2_sha256$260000$OMNsJ16VXJWW5DnFROYFHg$JccQPQYJWgmOG6zBwqtVHE57o3r4tKTosU+9dOHrcdo=', NULL, 'off@example.com', 'Olga', 'Off', false),
	(12, 'pbkdf2_sha256$260000$OawDRYl7AhF9v3lc7izVkz$JEssTUP7hJCU85kTRXTuxwtHeA5pS98UrTd85Lfd9iA=', NULL, 'nameless@example.com', '', '', true),
	(13, '!WZKNrIEj3HpOAuqXEAef4ZA5SbZEgucI7IUDWO1Q', NULL, 'nopass@example.com', 'Nopass', 'Ever', true),
	(14, 'argon2$argon2id$v=19$m=102400,t=2,p=8$RGNYOXVWbnNrTnhxOUFDUkdEeXdmVw$8BYb7lfNItHrT1J+H4hdAw', NULL, 'argon@example.com', 'Argon', 'Two', true),
	(15, 'bcrypt$$2b$12$azGSVPqjNYFPK2zxFzapfehYiAweh2T9Mh8DJ0AjbHhVX3jI4RRS2', NULL, 'bcrypt@example.com', 'B', 'Crypt', true),
	(16, 'bcrypt_sha256$$2b$12$obG24Tu1597JQ0Np.B6m8OZT9i9gctyM7w50FYR/o.a2fVpPNZ0k6', NULL, 'bcryptsha@example.com', 'B', 'Sha', true),
	(17, 'sha1$1z3NhzRvEfrcINuWozHoPv$775f1131f2c7f8fda1426278d2188594937a617e', NULL, 'sha1@example.com', 'Sha', 'One', true),
	(18, 'md5$uNltgdzKfYlO9Pcsdwv4em$2c556bb8af99d7ee10d3356db9c09967', NULL, 'md5@example.com', 'Em', 'Five', true),
	(19, 'pbkdf2_sha256$260000$n6sJ0A3oqHKrfvsYEfmWcW$bH5NZddRaxcHdR4tTABIVwDmjAjtIBL0WrYZOlszshI=', NULL, 'case@example.com', 'Case', 'Lower', true),
	(20, 'pbkdf2_sha256$260000$FBJnnWRQ1dWslkn1lD4Ubg$1tsxzc4R+iu27OKJ3xtb4L2LXilAJQeCHU1UR8Eylro=', NULL, 'CASE@example.com', 'Case', 'Upper', true);
INSERT INTO public.django_content_type VALUES
	(1, 'contenttypes', 'contenttype'),
	(2, 'auth', 'permission'),
	(3, 'auth', 'group'),
	(4, 'auth', 'user'),
	(5, 'crm', 'customer');
INSERT INTO public.django_migrations VALUES
	(1, 'contenttypes', '0001_initial', '2026-11-29 23:31:17.996516+00'),
	(2, 'contenttypes', '0002_remove_content_type_name', '2026-11-29 23:31:18.016372+00'),
	(3, 'auth', '0001_initial', '2026-11-29 23:31:18.115984+00'),
	(4, 'auth', '0002_alter_permission_name_max_length', '2026-11-29 23:31:18.142089+00'),
	(5, 'auth', '0003_alter_user_email_max_length', '2026-11-29 23:31:18.164214+00'),
	(6, 'auth', '0004_alter_user_username_opts', '2026-11-29 23:31:18.18936+00'),
	(7, 'auth', '0005_alter_user_last_login_null', '2026-11-29 23:31:18.209633+00'),
	(8, 'auth', '0006_require_contenttypes_0002', '2026-11-29 23:31:18.218257+00'),
	(9, 'auth', '0007_alter_validators_add_error_messages', '2026-11-29 23:31:18.239875+00'),
	(10, 'auth', '0008_alter_user_username_max_length', '2026-11-29 23:31:18.275906+00'),
	(11, 'auth', '0009_alter_user_last_name_max_length', '2026-11-29 23:31:18.4059+00'),
	(12, 'auth', '0010_alter_group_name_max_length', '2026-11-29 23:31:18.424382+00'),
	(13, 'auth', '0011_update_proxy_permissions', '2026-11-29 23:31:18.443064+00'),
	(14, 'auth', '0012_alter_user_first_name_max_length', '2026-11-29 23:31:18.458161+00');
SELECT pg_catalog.setval('public.auth_group_id_seq', 2, true);
SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 2, true);
SELECT pg_catalog.setval('public.auth_permission_id_seq', 20, true);
SELECT pg_catalog.setval('public.auth_user_groups_id_seq', 4, true);
SELECT pg_catalog.setval('public.auth_user_id_seq', 21, true);
SELECT pg_catalog.setval('public.auth_user_user_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.crm_customer_id_seq', 20, true);
SELECT pg_catalog.setval('public.django_content_type_id_seq', 5, true);
SELECT pg_catalog.setval('public.django_migrations_id_seq', 14, true);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_group_id_94350c0c_uniq UNIQUE (user_id, group_id);
ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_permission_id_14a6b632_uniq UNIQUE (user_id, permission_id);
ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_username_key UNIQUE (username);
ALTER TABLE ONLY public.crm_customer
    ADD CONSTRAINT crm_customer_email_key UNIQUE (email);
ALTER TABLE ONLY public.crm_customer
    ADD CONSTRAINT crm_customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX auth_user_groups_group_id_97559544 ON public.auth_user_groups USING btree (group_id);
CREATE INDEX auth_user_groups_user_id_6a12ed8b ON public.auth_user_groups USING btree (user_id);
CREATE INDEX auth_user_user_permissions_permission_id_1fbb5f2c ON public.auth_user_user_permissions USING btree (permission_id);
CREATE INDEX auth_user_user_permissions_user_id_a95ead1b ON public.auth_user_user_permissions USING btree (user_id);
CREATE INDEX auth_user_username_6821ab7c_like ON public.auth_user USING btree (username varchar_pattern_ops);
CREATE INDEX crm_customer_email_38c78cfa_like ON public.crm_customer USING btree (email varchar_pattern_ops);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_group_id_97559544_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_6a12ed8b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
