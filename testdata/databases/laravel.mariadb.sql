DROP TABLE IF EXISTS `model_has_roles`;
CREATE TABLE `model_has_roles` (
  `role_id` bigint(20) unsigned NOT NULL,
  `model_type` varchar(255) NOT NULL,
  `model_id` bigint(20) unsigned NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
LOCK TABLES `model_has_roles` WRITE;
INSERT INTO `model_has_roles` VALUES
(1,'App\\Models\\User',1),
(2,'App\\Models\\User',1),
(1,'App\\Models\\User',3),
(3,'App\\Models\\User',12);
UNLOCK TABLES;
DROP TABLE IF EXISTS `roles`;
CREATE TABLE `roles` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `guard_name` varchar(255) NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
LOCK TABLES `roles` WRITE;
INSERT INTO `roles` VALUES
(1,'editor','web',NULL,NULL),
(2,'support','web',NULL,NULL),
(3,'admin','web',NULL,NULL);
UNLOCK TABLES;
DROP TABLE IF EXISTS `social_accounts`;
CREATE TABLE `social_accounts` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `user_id` bigint(20) unsigned NOT NULL,
  `provider` varchar(255) NOT NULL,
  `provider_id` varchar(255) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
LOCK TABLES `social_accounts` WRITE;
INSERT INTO `social_accounts` VALUES
(1,1,'google','104211'),
(2,3,'github','77'),
(3,3,'facebook','9988');
UNLOCK TABLES;
DROP TABLE IF EXISTS `team_user`;
CREATE TABLE `team_user` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `team_id` bigint(20) unsigned NOT NULL,
  `user_id` bigint(20) unsigned NOT NULL,
  `role` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
LOCK TABLES `team_user` WRITE;
INSERT INTO `team_user` VALUES
(1,1,14,'admin');
UNLOCK TABLES;
DROP TABLE IF EXISTS `teams`;
CREATE TABLE `teams` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `user_id` bigint(20) unsigned NOT NULL,
  `name` varchar(255) NOT NULL,
  `personal_team` tinyint(1) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
LOCK TABLES `teams` WRITE;
INSERT INTO `teams` VALUES
(1,14,'Crew, \"A\"',0);
UNLOCK TABLES;
DROP TABLE IF EXISTS `users`;
CREATE TABLE `users` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `email` varchar(255) NOT NULL,
  `email_verified_at` timestamp NULL DEFAULT NULL,
  `password` varchar(255) NOT NULL,
  `remember_token` varchar(100) DEFAULT NULL,
  `is_active` tinyint(1) NOT NULL DEFAULT 1,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `deleted_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `users_email_unique` (`email`)
) ENGINE=InnoDB AUTO_INCREMENT=19 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
LOCK TABLES `users` WRITE;
INSERT INTO `users` VALUES
(1,'Ana Pereira','ana@example.com','2024-02-29 12:30:00','$2y$06$zq5ti5CzOwTud0xlKMfIjON4n8niFsYWSz8VusJ7Lhq5P1qhD/s1S','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(2,'\"Bo\" the O\'Neill\"','bo@example.com','2024-02-29 12:30:00','$2y$06$tOpeLyYDJr4MCHMf.RQkpuK0F3IISEK0UeTxqLB71AN/L6x0lN3wm','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(3,'\"Quo vadis\"','quo@example.com',NULL,'$2y$06$0gT/fEILhqioJyI5KzFEzO1rgVL7iDVaALuKPr0rbFWZM8c7gckpO','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(4,'Chloé	Tab','tab@example.com','2024-02-29 12:30:00','$2y$06$1aFxK3RqkGTQUPVA6NXijepPfT8aasv9S2rYRtbqKwGPl9FkyCEaG','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(5,'Line\nBreak','line@example.com',NULL,'$2y$06$E2/9JiPZPEAFquqc1iF9HOiio6/iGSG3qajrkoPJbcADS2gEIt/2G','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(6,'D\\N C:\\new\\table\\','slash@example.com','2024-02-29 12:30:00','$2y$06$ID662RT0BBMr6IN9iAsE5ewmZRjRfHx9FBsMdQkOZRND9FEooraUq','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(7,'En D\\','end@example.com','2024-02-29 12:30:00','$2y$06$84sPzb0nDRHoMPygiwoNnOBwQZltPh0.YI1v53Ve8EVbDm266odca','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(8,'Gia, a,b;c|d','gia@example.com','2024-02-29 12:30:00','$2y$06$m/suLgrMgeVE3xbp2EbUB.0s/9qnjeMsUSrD.Xu0/kForKNOIeBIy','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(9,'太郎 山田','taro@example.com',NULL,'$2y$06$F/A4zSyNrMXpkMQ3e6yd4.aO3yd5MXQXiY6v15Y/I3cLf5xby8Mxa','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(10,'Zoë 🦊','zoe@example.com',NULL,'$2y$06$VdE4XeAjg2qplnMQU3HkkuwM1HUvfsxq2UrQALJiPwiGeixYF00I6','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(11,'=1+2 -5','formula@example.com',NULL,'$2y$06$iiqn58i.y2QIJn8zCrRk3.hSZEzVqZPjie6eWm3p7QB6R/syKRqDW','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(12,'Olga Off','off@example.com',NULL,'$2y$06$KHHjf.glfXH5Iz2xt4k9qexxs08LZtJOrcBwSdY6V3cBrhMK1.db.','token',0,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(13,'Ar Gon','argon@example.com',NULL,'$argon2id$v=19$m=1024,t=1,p=1$TGJzdEJnbkgyZDZrVHNVUg$O6l/xGGnNkxBBO+ZCXHo6x7AABZd3ISlIkFL5PNPHeI','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(14,'Te Amed','teamed@example.com',NULL,'$2y$06$L1jrgDS0BZwEc9KAnwiHG.vv9XLDY9XfBo67vjPzIp8kDKokpnp66','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(15,'Go Ne','gone@example.com',NULL,'$2y$06$KNF5sgpgrdtB8TmMgT6z4eSWrZEahZveOGBWYWaz0ipB/aAQ2pEL6','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00','2024-03-01 00:00:00'),
(16,'','nameless@example.com',NULL,'$2y$06$z6K7UwjfYVv.S.P6EqhQN.EPIRMKjG8686c5NbnLwoZa3IbCRQLbW','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(17,'Case Lower','case@example.com','2024-02-29 12:30:00','$2y$06$GEvI43Rw54gc.BpYUlvOhOGUtmgzxEunXXbYt7nOpwAhYrHsykL62','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL),
(18,'Case Upper','CASE@example.com','2024-02-29 12:30:00','$2y$06$N7PF8KghcFpoPQtfvdgdw.Rg3hF4c3i4qbPKo/cc70e0yxy0v/85y','token',1,'2024-02-29 12:30:00','2024-02-29 12:30:00',NULL);
UNLOCK TABLES;
