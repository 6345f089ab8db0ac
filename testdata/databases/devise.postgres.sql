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
CREATE TABLE public.ar_internal_metadata (
    key character varying NOT NULL,
    value character varying,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
CREATE TABLE public.identities (
    id bigint NOT NULL,
    user_id bigint,
    provider character varying,
    uid character varying
);
CREATE SEQUENCE public.identities_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.identities_id_seq OWNED BY public.identities.id;
CREATE TABLE public.roles (
    id bigint NOT NULL,
    name character varying,
    resource_type character varying,
    resource_id bigint,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
CREATE SEQUENCE public.roles_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.roles_id_seq OWNED BY public.roles.id;
CREATE TABLE public.users (
    id bigint NOT NULL,
    email character varying DEFAULT ''::character varying NOT NULL,
    encrypted_password character varying DEFAULT ''::character varying NOT NULL,
    username character varying,
    first_name character varying,
    last_name character varying,
    reset_password_token character varying,
    reset_password_sent_at timestamp without time zone,
    remember_created_at timestamp without time zone,
    sign_in_count integer DEFAULT 0 NOT NULL,
    current_sign_in_at timestamp without time zone,
    last_sign_in_at timestamp without time zone,
    current_sign_in_ip character varying,
    last_sign_in_ip character varying,
    confirmation_token character varying,
    confirmed_at timestamp without time zone,
    confirmation_sent_at timestamp without time zone,
    unconfirmed_email character varying,
    failed_attempts integer DEFAULT 0 NOT NULL,
    unlock_token character varying,
    locked_at timestamp without time zone,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
CREATE SEQUENCE public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;
CREATE TABLE public.users_roles (
    user_id bigint,
    role_id bigint
);
ALTER TABLE ONLY public.identities ALTER COLUMN id SET DEFAULT nextval('public.identities_id_seq'::regclass);
ALTER TABLE ONLY public.roles ALTER COLUMN id SET DEFAULT nextval('public.roles_id_seq'::regclass);
ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);
INSERT INTO public.ar_internal_metadata VALUES
	('environment', 'development', '2026-11-29 23:32:23.224663', '2026-11-29 23:32:23.224663');
INSERT INTO public.identities VALUES
	(1, 1, 'google', '104211'),
	(2, 3, 'github', '77'),
	(3, 3, 'facebook', '9988');
INSERT INTO public.roles VALUES
	(1, 'editor', NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(2, 'moderator', 'Forum', 7, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(3, 'admin', NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456');
INSERT INTO public.users VALUES
	(1, 'ana@example.com', '$2a$06$IezUoXGaLLu5lk8FJeD.vOLMyaIFckdjM9BqdxKHgDevBhhZbo8GK', 'ana', 'Ana', 'Pereira', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(2, 'bo@example.com', '$2a$06$CBRq4XpsO282T.EQk8XdGuKYXy/IkZEa2.xr6I4GjXlV5Y26w6IZ2', 'bo', '"Bo" the "Bear"', 'O''Neill', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(3, 'quo@example.com', '$2a$06$f51wZdnHTa6pBKFDu3EH4OzMpUaFIJrxHYZlM2NDr94g28oeWZ3Om', 'quo', '"Quo', 'vadis"', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(4, 'tab@example.com', '$2a$06$8R.Ryrjo2FCB9V2OxqoQau7lImUCnEWnnns32RmWMCm21IpkU7NUy', 'tab', 'Chloé	Marie', 'Tab	', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(5, 'line@example.com', '$2a$06$66Ph1/1gOOKb59kwePO5nu1VQytILA1D0uuoR.Z.rgj1bJNSmkTvy', 'line', 'Line
Break', 'Two
Lines', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(6, 'slash@example.com', '$2a$06$H.MF8J3T9xq3y4V9ceW12e4hMR2hH10c8O7brBXc/vhOyy2YBr8AC', 'slash', 'D\N', 'C:\new\table\', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(7, 'gia@example.com', '$2a$06$CTAMU74wu4ccafUYr7zigOhegGDCRxSVy4D3BEjPp8NRqh/jDWbK.', 'gia', 'Gia, G', 'a,b;c|d', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(8, 'taro@example.com', '$2a$06$9/ORUdOTaLO68D99y8n1Ze.09eNBMQIFKunjGukhRn7pR5P4WQqUq', 'taro', '太郎', '山田', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(9, 'zoe@example.com', '$2a$06$h329tcALXRtpjqHgHQuwauJvUfd1FqXk5Q.cOnyyyrOucnaW8NHau', 'zoe', 'Zoë 🦊', 'Null', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(10, 'formula@example.com', '$2a$06$EVGnJkviNkCeM805gCeLAeOM9U8tUN24wPXrdmZi43vklKVsFU2N.', 'formula', '=1+2', '-5', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(11, 'off@example.com', '$2a$06$o8sHgiPQkyoZiVf5F3xIvuDTYML.xNnZ9TWauwHLXlfftF3mv1j16', 'off', 'Olga', 'Off', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, false, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(12, 'locked@example.com', '$2a$06$B8RmGWXyv4cjgtZuaZMYK.9aZTt0UYdYr.Jlwa3CjiyI8DboCQXUO', 'locked', 'Lo', 'Cked', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, '2024-02-29 12:30:00.123456', true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(13, 'new@example.com', '$2a$06$8K7jD4tN7xI5na7VTEujf.vE9Pvui40YkrHhWELv/c8LHv/8csFg2', 'new', 'Un', 'Confirmed', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'token-13', NULL, '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(14, 'moved@example.com', '$2a$06$VadJdJhAjDJZddm1ZvEdbOyeX/0vn7iokirJOvnzvxRm7PKkwfs32', 'moved', 'Mo', 'Ved', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'token-14', '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', 'moved.next@example.com', 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(15, '', '$2a$06$gUgBajMUPxGlLKO4FNmEpO2EGWX9TXhMOtrf7IXt7BWeeXeRGkpxG', 'nomail', 'No', 'Mail', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(16, 'nameless@example.com', '$2a$06$.ERknxcKv6seIBOQeuP2BOC5jhM5.jnkeHrwW5.y7fZj1MYHHPWyi', 'nameless', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(17, 'html@example.com', '$2a$06$yfZOxKvcdbnvtmJ4GWyL0O1taCVKd6EwOYZsv.87ksXxRh1T7hIVO', 'html', 'A & B', '<b>C</b>', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(18, 'case@example.com', '$2a$06$o9spPy1iR7ZaH.or07BOE.Y4jh/NTozU/F6uhaEoEr98r8LjbN56.', 'case1', 'Case', 'Lower', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456'),
	(19, 'CASE@example.com', '$2a$06$C40ebrBlSLhBFJ7SLje.lOlQwCYdiPHR6JTNEIV77dg9K8daADpz.', 'case2', 'Case', 'Upper', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456', NULL, 0, NULL, NULL, true, '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00.123456');
INSERT INTO public.users_roles VALUES
	(1, 1),
	(1, 2),
	(3, 1),
	(11, 3);
SELECT pg_catalog.setval('public.identities_id_seq', 3, true);
SELECT pg_catalog.setval('public.roles_id_seq', 3, true);
SELECT pg_catalog.setval('public.users_id_seq', 19, true);
ALTER TABLE ONLY public.ar_internal_metadata
    ADD CONSTRAINT ar_internal_metadata_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE INDEX index_identities_on_user_id ON public.identities USING btree (user_id);
CREATE INDEX index_roles_on_resource ON public.roles USING btree (resource_type, resource_id);
CREATE INDEX index_users_roles_on_role_id ON public.users_roles USING btree (role_id);
CREATE INDEX index_users_roles_on_user_id ON public.users_roles USING btree (user_id);
