COPY public.auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) FROM stdin;
1	pbkdf2_sha256$260000$YpST8gjfxCQ8GASrOi2x55$i40mBRPQ7qipzei2Oxznttstj6KFlxHjRlTQBQmuni8=	\N	f	ana	Ana	Pereira	ana@example.com	f	t	2024-02-29 12:30:00.123456+00
2	pbkdf2_sha256$260000$ejVoMWse5xHaxQIrh5cA3s$o2nCcvDFHeYFX/6Fe1JqH2jtRW/svyXRtephnx512wg=	\N	f	bo	"Bo" the "Bear"	O'Neill	bo@example.com	f	t	2024-02-29 12:30:00.123456+00
3	pbkdf2_sha256$260000$OP0maDVuQGgZv9xI5XEUgt$R5N3ItPdyNHRDJ1jU/qWDcm6uZTD5qANB0y+YZsBwrM=	\N	f	quo	"Quo	vadis"	quo@example.com	f	t	2024-02-29 12:30:00.123456+00
4	pbkdf2_sha256$260000$9iI97Zra9n2A3cvRdCRyCw$g5yFrsypvBYGy9LRW0wMKBPZpOq4ooGfl4oIIOnGia8=	\N	f	tab	Chloé\tMarie	Tab\t	tab@example.com	f	t	2024-02-29 12:30:00.123456+00
5	pbkdf2_sha256$260000$V63BMhIPll2nfLSBL72OqQ$8JhThrZNpCtEv6BEYhCxRjZSpa6Wr6viYvyjcWpF2LU=	\N	f	line	Line\nBreak	Two\r\nLines	line@example.com	f	t	2024-02-29 12:30:00.123456+00
6	pbkdf2_sha256$260000$dgbcOrHcLBQe9SOlCMmDOv$YGOkFhscgJcbRDILMaw/3ZAQUWLwf1apqMbaUH+N9M0=	\N	f	slash	D\\N	C:\\new\\table\\	slash@example.com	f	t	2024-02-29 12:30:00.123456+00
7	pbkdf2_sha256$260000$AyfOq6EmzrwJz8ugQnzrEd$hBJzXZ6O4tkMF8V3s0q56gqTr5uYUPcMMjeKGPnKuOw=	\N	f	gia	Gia, G	a,b;c|d	gia@example.com	f	t	2024-02-29 12:30:00.123456+00
8	pbkdf2_sha256$260000$eqimVkro4fsM1pXT5YKJIA$5KahtolTrzc+TqWv27l7dd6WkIUwoaBb4Sl3jfY0rMw=	\N	f	taro	太郎	山田	taro@example.com	f	t	2024-02-29 12:30:00.123456+00
9	pbkdf2_sha256$260000$S0ZXoITrWmkAkDOBJEDAQE$3ZUNbgMJgmWlYV5m3rMoNNYNItoMRim1qCBgqhup/J4=	\N	f	zoe	Zoë 🦊	Null	zoe@example.com	f	t	2024-02-29 12:30:00.123456+00
10	pbkdf2_sha256$260000$ADdSD9lrKRWCy2FRbz0aQV$JdFVaOHCnG+CtwP3KUB3zvuiEZmx63SFnZyh1z4eKV4=	\N	f	formula	=1+2	-5	formula@example.com	f	t	2024-02-29 12:30:00.123456+00
11	pbkdf2_sha256$260000$96p9XbBG7N0DiNQJTJ7HBs$lwoASjXISmwkMYg6VEw2lq1bmQUOmIkK0g7o0zBQ1QA=	\N	f	off	Olga	Off	off@example.com	f	f	2024-02-29 12:30:00.123456+00
12	pbkdf2_sha256$260000$amiz9SWnluQbw9uOBitd0V$ik3YVu6LK7Jz2h4sC3mLExkZaBMkX18GReYwZtQBVo8=	\N	f	nomail	No	Mail		f	t	2024-02-29 12:30:00.123456+00
13	pbkdf2_sha256$260000$iSXBtslcumVbeHeNhN8yXl$jMwbJgquxI9XsSrgu5tsOlC+RqNNmAoYG/E5JZLDNiA=	\N	f	nameless			nameless@example.com	f	t	2024-02-29 12:30:00.123456+00
14	!WdvNRb9cok2B9LhRuho3sV5GK77uTgTtJvkxuWNL	\N	f	nopass	Nopass	Ever	nopass@example.com	f	t	2024-02-29 12:30:00.123456+00
15	argon2$argon2id$v=19$m=102400,t=2,p=8$bkFXWjMzaGJRalpWWWI0Qkc0UTlYeg$xAUMathm/cOsgFWpe6R4EQ	\N	f	argon	Argon	Two	argon@example.com	f	t	2024-02-29 12:30:00.123456+00
16	bcrypt$$2b$12$vHmaznDOmz/zdQq5dQuS3u/hViymkzyYTKtI16sIl9A1j.d1JKBpW	\N	f	bcrypt	B	Crypt	bcrypt@example.com	f	t	2024-02-29 12:30:00.123456+00
17	bcrypt_sha256$$2b$12$Balu59UAKR9jm0STVvTsD.kdKQrrvtHW09RlopqsIo6S5bge9gPFy	\N	f	bcryptsha	B	Sha	bcryptsha@example.com	f	t	2024-02-29 12:30:00.123456+00
18	sha1$KKIiEUa8dMiGKV8NrKPWCk$32fbc70e97bc12f75fb14af9307a0a00a26b65c8	\N	f	sha1	Sha	One	sha1@example.com	f	t	2024-02-29 12:30:00.123456+00
19	md5$NRwO0kbfcgn7h98Ys2jPaq$f2f67d5a9fd4341a06e73d42521700a5	\N	f	md5	Em	Five	md5@example.com	f	t	2024-02-29 12:30:00.123456+00
20	pbkdf2_sha256$260000$lW7GfgbHyccPoMZV3f5Uup$9h2eKN7du0TzzBj0dMMTCn3YkR/WYQjLw7MpkEgZtC0=	\N	f	case1	Case	Lower	case@example.com	f	t	2024-02-29 12:30:00.123456+00
21	pbkdf2_sha256$260000$vLVQFf4tDVRCAXaFGiVD1J$Rwiq51uK6w3tzKnVIQhuErEFGCLQr8l7ZoDPCTaV6Mk=	\N	f	case2	Case	Upper	CASE@example.com	f	t	2024-02-29 12:30:00.123456+00
\.
