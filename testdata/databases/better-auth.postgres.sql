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
CREATE TABLE public.account (
    id text NOT NULL,
    "accountId" text NOT NULL,
    "providerId" text NOT NULL,
    "userId" text NOT NULL,
    "accessToken" text,
    "refreshToken" text,
    "idToken" text,
    "accessTokenExpiresAt" timestamp with time zone,
    "refreshTokenExpiresAt" timestamp with time zone,
    scope text,
    password text,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);
CREATE TABLE public.invitation (
    id text NOT NULL,
    "organizationId" text NOT NULL,
    email text NOT NULL,
    role text,
    status text NOT NULL,
    "expiresAt" timestamp with time zone NOT NULL,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "inviterId" text NOT NULL
);
CREATE TABLE public.member (
    id text NOT NULL,
    "organizationId" text NOT NULL,
    "userId" text NOT NULL,
    role text NOT NULL,
    "createdAt" timestamp with time zone NOT NULL
);
CREATE TABLE public.organization (
    id text NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    logo text,
    "createdAt" timestamp with time zone NOT NULL,
    metadata text
);
CREATE TABLE public.session (
    id text NOT NULL,
    "expiresAt" timestamp with time zone NOT NULL,
    token text NOT NULL,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL,
    "ipAddress" text,
    "userAgent" text,
    "userId" text NOT NULL,
    "impersonatedBy" text,
    "activeOrganizationId" text
);
CREATE TABLE public."user" (
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    "emailVerified" boolean NOT NULL,
    image text,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    role text,
    banned boolean,
    "banReason" text,
    "banExpires" timestamp with time zone,
    "isAnonymous" boolean,
    username text,
    "displayUsername" text,
    "phoneNumber" text,
    "phoneNumberVerified" boolean
);
CREATE TABLE public.verification (
    id text NOT NULL,
    identifier text NOT NULL,
    value text NOT NULL,
    "expiresAt" timestamp with time zone NOT NULL,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
INSERT INTO public.account VALUES
	('account1', 'user1', 'credential', 'user1', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$fXlHjfuluIO9kMZkcj1cnes1LlzYs/T8CGJ0biM4fOwPRXDbLK7o.', '2026-11-29 23:36:20.014+00', '2026-11-29 23:36:20.014+00'),
	('account2', 'user2', 'credential', 'user2', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$6iuHunfRM2VgwtnDOX4/jOBWgl/4.NX4Ht/zdtyg6bdi4413C0Hem', '2026-11-29 23:36:21.266+00', '2026-11-29 23:36:21.266+00'),
	('account3', 'user3', 'credential', 'user3', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$FDSpzAyrBWro6KYk2/c5kuT1Q.SDfMjDtMpq8d1J5Hc52ZE/nwyqC', '2026-11-29 23:36:21.713+00', '2026-11-29 23:36:21.713+00'),
	('account4', 'user4', 'credential', 'user4', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$WSG66mjtThW0xNNwriW/JeU3ML6wvn/akjuuC8NKndFdZVmgdRepu', '2026-11-29 23:36:22.289+00', '2026-11-29 23:36:22.289+00'),
	('account5', 'user5', 'credential', 'user5', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$maX2cYqSiKFjrCfO6T077eMJVubI8dfB7W19wrSbQmJm6UOhklCXC', '2026-11-29 23:36:22.632+00', '2026-11-29 23:36:22.632+00'),
	('account6', 'user6', 'credential', 'user6', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$.u6j4S9./10GHKm0zpboLuyj8/8ffHg8Prw9.ykUxFc426PQ4XFnW', '2026-11-29 23:36:22.897+00', '2026-11-29 23:36:22.897+00'),
	('account7', 'user7', 'credential', 'user7', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$giAePMddltScDWNuqjNPYezgCJ0EAHEWYlUojHUT/UeXX1VG72/aO', '2026-11-29 23:36:23.518+00', '2026-11-29 23:36:23.518+00'),
	('account8', 'user8', 'credential', 'user8', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$b4x3sye0RBtHQ0bek3.t5u9I1hPNDKwF..o092KtkE2FvJ0RpC6ju', '2026-11-29 23:36:23.795+00', '2026-11-29 23:36:23.795+00'),
	('account9', 'user9', 'credential', 'user9', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$I7FU.47VPdrBpxDWqbmAneKVt3oQe6ePINxfDJsS5txTwXkdcWs62', '2026-11-29 23:36:23.876+00', '2026-11-29 23:36:23.876+00'),
	('account10', 'user10', 'credential', 'user10', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$Vi9kqKrcCzGTzhrnBzrm4OCkXT4Pwn09N4sJ49CL3eDMeS4at8ft.', '2026-11-29 23:36:24.145+00', '2026-11-29 23:36:24.145+00'),
	('account11', 'user11', 'credential', 'user11', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$n07kcNrQTFgaI6st77laau.tTvS9A64OA.d5hRGDkCE6g2S0CJsEC', '2026-11-29 23:36:24.461+00', '2026-11-29 23:36:24.461+00'),
	('account12', 'user12', 'credential', 'user12', NULL, NULL, NULL, NULL, NULL, NULL, '91664e8e19b1ade21d1625d6e88a8138:3e2567e5a1a55067ec5d9db15b9315f306260188bce9c0eaedecde235121bcd9a94ea5c5923e8a61b811b35bbd31a21653384b59fd93f42e348be8e3f93d0e99', '2026-11-29 23:36:26.295+00', '2026-11-29 23:36:26.295+00'),
	('account13', '104200000000000000001', 'google', 'user13', 'ya29.secret', NULL, NULL, NULL, NULL, 'openid,email', NULL, '2026-11-29 23:36:26.509+00', '2026-11-29 23:36:26.509+00'),
	('account14', '77', 'github', 'user13', 'ya29.secret', NULL, NULL, NULL, NULL, 'openid,email', NULL, '2026-11-29 23:36:26.522+00', '2026-11-29 23:36:26.522+00'),
	('account15', 'user14', 'credential', 'user14', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$795.ia49rWs450koi53z6eyeAV.cvgWxCb6wkdR8EJixnvm/sDqhy', '2026-11-29 23:36:26.799+00', '2026-11-29 23:36:26.799+00'),
	('account16', '104200000000000000002', 'google', 'user14', 'ya29.secret', NULL, NULL, NULL, NULL, 'openid,email', NULL, '2026-11-29 23:36:26.808+00', '2026-11-29 23:36:26.808+00'),
	('account17', 'user16', 'credential', 'user16', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$euiZ8usObUvVnfGZadJCxOOMveHrP0CqBgmY4YUOKnYcsz7e43vHG', '2026-11-29 23:36:27.085+00', '2026-11-29 23:36:27.085+00'),
	('account18', 'user17', 'credential', 'user17', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$7r/93aO6WAq0Z0taO6r/6.YVLHmR.7c2OByreTuihNRKTMBLUJYeq', '2026-11-29 23:36:27.271+00', '2026-11-29 23:36:27.271+00'),
	('account19', 'user18', 'credential', 'user18', NULL, NULL, NULL, NULL, NULL, NULL, '$2b$08$oDszZK0tqXXXAMYmkELcSuT5Dafldu7Q3Mqs1nMvY4F2QWpvIWfDa', '2026-11-29 23:36:27.577+00', '2026-11-29 23:36:27.577+00');
INSERT INTO public.member VALUES
	('member1', 'organization1', 'user1', 'owner', '2026-11-29 23:36:20.681+00'),
	('member2', 'organization2', 'user1', 'owner', '2026-11-29 23:36:20.917+00'),
	('member3', 'organization1', 'user3', 'admin', '2026-11-29 23:36:22.026+00'),
	('member4', 'organization1', 'user4', 'member,admin', '2026-11-29 23:36:22.489+00'),
	('member5', 'organization2', 'user4', 'member', '2026-11-29 23:36:22.54+00'),
	('member6', 'organization1', 'user14', 'member', '2026-11-29 23:36:26.876+00');
INSERT INTO public.organization VALUES
	('organization1', 'Acme, "Ltd"', 'organization1', NULL, '2026-11-29 23:36:20.661+00', NULL),
	('organization2', 'Globex', 'organization2', NULL, '2026-11-29 23:36:20.904+00', NULL);
INSERT INTO public.session VALUES
	('session1', '2026-12-06 23:36:20.123+00', 'cc6eMRaHQtea552LIYBua4SeiQYjbhm0', '2026-11-29 23:36:20.149+00', '2026-11-29 23:36:20.149+00', '', '', 'user1', NULL, NULL),
	('session2', '2026-12-06 23:36:21.747+00', '1IwzaWsiJfGgSvXrnvzhgfJc3PQ4XvMr', '2026-11-29 23:36:21.747+00', '2026-11-29 23:36:21.747+00', '', '', 'user3', NULL, NULL),
	('session3', '2026-12-06 23:36:22.309+00', 'YcicWvBfJyUAzy5CI2GSJa2gPxn5IYs5', '2026-11-29 23:36:22.309+00', '2026-11-29 23:36:22.309+00', '', '', 'user4', NULL, NULL),
	('session4', '2026-12-06 23:36:22.636+00', 'WutB7WzdWOKt2OazHdxnbFNaKyI7FCn1', '2026-11-29 23:36:22.636+00', '2026-11-29 23:36:22.636+00', '', '', 'user5', NULL, NULL),
	('session5', '2026-12-06 23:36:22.903+00', 'PxHK6NAbXsjX5SKZVbECUkHkwaMGa3Pu', '2026-11-29 23:36:22.903+00', '2026-11-29 23:36:22.903+00', '', '', 'user6', NULL, NULL),
	('session6', '2026-12-06 23:36:23.535+00', 'M9q2ZnEcMGev6FL8xbh6b4jpBTgkyr8m', '2026-11-29 23:36:23.535+00', '2026-11-29 23:36:23.535+00', '', '', 'user7', NULL, NULL),
	('session7', '2026-12-06 23:36:23.799+00', 'xoCba00Z4ZwzSBE1SMIpMKoEUcQkjgOw', '2026-11-29 23:36:23.799+00', '2026-11-29 23:36:23.799+00', '', '', 'user8', NULL, NULL),
	('session8', '2026-12-06 23:36:23.877+00', 'X7yCoh622lxppWyWM7liDUIt9A5qnoF8', '2026-11-29 23:36:23.877+00', '2026-11-29 23:36:23.877+00', '', '', 'user9', NULL, NULL),
	('session9', '2026-12-06 23:36:24.153+00', '0TPYdy0Wb2yEpLVuHD9QuGGIEJXgTC1R', '2026-11-29 23:36:24.153+00', '2026-11-29 23:36:24.153+00', '', '', 'user10', NULL, NULL),
	('session10', '2026-12-06 23:36:24.477+00', 'wlX76pvIy6YFbttwaFIOSSNNagEsMtsv', '2026-11-29 23:36:24.477+00', '2026-11-29 23:36:24.477+00', '', '', 'user11', NULL, NULL),
	('session11', '2026-12-06 23:36:26.311+00', 'D8yqgf0VIMiK8pyCMLOIhWfNNUHvtNHO', '2026-11-29 23:36:26.311+00', '2026-11-29 23:36:26.311+00', '', '', 'user12', NULL, NULL),
	('session12', '2026-12-06 23:36:27.742+00', 'SrpuNEmRz42fn8VrQyiWPqdNg1JhRNPR', '2026-11-29 23:36:27.742+00', '2026-11-29 23:36:27.742+00', '', '', 'user19', NULL, NULL),
	('session13', '2026-12-06 23:36:27.801+00', 'rhTZWRk7DbFVrSbo0hoe6wwHEw09HW3W', '2026-11-29 23:36:27.801+00', '2026-11-29 23:36:27.801+00', '', '', 'user20', NULL, NULL);
INSERT INTO public."user" VALUES
	('user1', 'Ana Pereira', 'ana@example.com', true, NULL, '2026-11-29 23:36:19.883+00', '2026-11-29 23:36:20.423+00', 'user', false, NULL, NULL, false, 'ana_p', 'ana_p', '+12025550123', true),
	('user2', 'Root Admin', 'root@example.com', true, NULL, '2026-11-29 23:36:21.246+00', '2026-11-29 23:36:21.246+00', 'admin,user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user3', '"Bo" the "Bear" O''Neill', 'bo@example.com', false, NULL, '2026-11-29 23:36:21.697+00', '2026-11-29 23:36:21.697+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user4', '"Quo vadis"', 'quo@example.com', false, NULL, '2026-11-29 23:36:22.266+00', '2026-11-29 23:36:22.266+00', 'user', false, NULL, NULL, false, 'quo', 'quo', NULL, NULL),
	('user5', 'Chloé	Marie Tab	', 'tab@example.com', false, NULL, '2026-11-29 23:36:22.627+00', '2026-11-29 23:36:22.627+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user6', 'Line
Break Two
Lines', 'line@example.com', false, NULL, '2026-11-29 23:36:22.855+00', '2026-11-29 23:36:22.855+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user7', 'D\N C:\new\table\', 'slash@example.com', false, NULL, '2026-11-29 23:36:23.46+00', '2026-11-29 23:36:23.46+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user8', 'Gia, a,b;c|d', 'gia@example.com', false, NULL, '2026-11-29 23:36:23.793+00', '2026-11-29 23:36:23.793+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user9', '太郎 山田', 'taro@example.com', false, NULL, '2026-11-29 23:36:23.874+00', '2026-11-29 23:36:23.874+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user10', 'Zoë 🦊 Null', 'zoe@example.com', true, NULL, '2026-11-29 23:36:24.104+00', '2026-11-29 23:36:24.207+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user11', '=1+2 -5', 'formula@example.com', false, NULL, '2026-11-29 23:36:24.431+00', '2026-11-29 23:36:24.431+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user12', 'Own Hash', 'scrypt@example.com', false, NULL, '2026-11-29 23:36:26.288+00', '2026-11-29 23:36:26.288+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user13', 'Social Only', 'social@example.com', true, NULL, '2026-11-29 23:36:26.481+00', '2026-11-29 23:36:26.481+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user14', 'Both Ways', 'both@example.com', false, NULL, '2026-11-29 23:36:26.747+00', '2026-11-29 23:36:26.747+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user15', 'Nopass Ever', 'nopass@example.com', false, NULL, '2026-11-29 23:36:26.917+00', '2026-11-29 23:36:26.917+00', 'user', false, NULL, NULL, false, NULL, NULL, NULL, NULL),
	('user16', 'Olga Off', 'off@example.com', false, NULL, '2026-11-29 23:36:27.078+00', '2026-11-29 23:36:27.078+00', 'user', true, 'wrote "spam", twice', NULL, false, NULL, NULL, NULL, NULL),
	('user17', 'Banned Later', 'later@example.com', false, NULL, '2026-11-29 23:36:27.254+00', '2026-11-29 23:36:27.254+00', 'user', true, 'wrote "spam", twice', '2124-01-01 00:00:00+00', false, NULL, NULL, NULL, NULL),
	('user18', 'Ban Served', 'served@example.com', false, NULL, '2026-11-29 23:36:27.551+00', '2026-11-29 23:36:27.551+00', 'user', true, NULL, '2020-01-01 00:00:00+00', false, NULL, NULL, NULL, NULL),
	('user19', '+12025550124', '12025550124@phone.example.com', false, NULL, '2026-11-29 23:36:27.732+00', '2026-11-29 23:36:27.732+00', 'user', false, NULL, NULL, false, NULL, NULL, '+12025550124', true),
	('user20', 'Anonymous', 'temp-hmhhcj3obevc07wli8byptzayrqnxilm@anonymous.example.com', false, NULL, '2026-11-29 23:36:27.788+00', '2026-11-29 23:36:27.788+00', 'user', false, NULL, NULL, true, NULL, NULL, NULL, NULL);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_key UNIQUE (token);
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_email_key UNIQUE (email);
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT "user_phoneNumber_key" UNIQUE ("phoneNumber");
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_username_key UNIQUE (username);
ALTER TABLE ONLY public.verification
    ADD CONSTRAINT verification_pkey PRIMARY KEY (id);
CREATE INDEX "account_userId_idx" ON public.account USING btree ("userId");
CREATE INDEX invitation_email_idx ON public.invitation USING btree (email);
CREATE INDEX "invitation_organizationId_idx" ON public.invitation USING btree ("organizationId");
CREATE INDEX "member_organizationId_idx" ON public.member USING btree ("organizationId");
CREATE INDEX "member_userId_idx" ON public.member USING btree ("userId");
CREATE INDEX "session_userId_idx" ON public.session USING btree ("userId");
CREATE INDEX verification_identifier_idx ON public.verification USING btree (identifier);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT "account_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT "invitation_inviterId_fkey" FOREIGN KEY ("inviterId") REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT "invitation_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES public.organization(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.member
    ADD CONSTRAINT "member_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES public.organization(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.member
    ADD CONSTRAINT "member_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session
    ADD CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."user"(id) ON DELETE CASCADE;
