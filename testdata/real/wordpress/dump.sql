DROP TABLE IF EXISTS `wp_users`;
CREATE TABLE `wp_users` (
  `ID` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `user_login` varchar(60) NOT NULL DEFAULT '',
  `user_pass` varchar(255) NOT NULL DEFAULT '',
  `user_nicename` varchar(50) NOT NULL DEFAULT '',
  `user_email` varchar(100) NOT NULL DEFAULT '',
  `user_url` varchar(100) NOT NULL DEFAULT '',
  `user_registered` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `user_activation_key` varchar(255) NOT NULL DEFAULT '',
  `user_status` int(11) NOT NULL DEFAULT 0,
  `display_name` varchar(250) NOT NULL DEFAULT '',
  PRIMARY KEY (`ID`),
  KEY `user_login_key` (`user_login`),
  KEY `user_nicename` (`user_nicename`),
  KEY `user_email` (`user_email`)
) ENGINE=InnoDB AUTO_INCREMENT=20 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
LOCK TABLES `wp_users` WRITE;
INSERT INTO `wp_users` VALUES
(1,'root','$P$B8jMEmA.7ukVHOhlZYPxtTnIREhAFn0','root','root@example.com','http://blog.example.com','2024-02-29 12:30:00','',0,'root'),
(2,'ana','$P$BZmmlYCOqvR28hHLTH05yews7DXzyX/','ana','ana@example.com','','2024-02-29 12:30:00','',0,'Ana Pereira'),
(3,'bo','$P$Bcw9pesvtd2SdPHvGXvIEg4oUf5PiW/','bo','bo@example.com','','2024-02-29 12:30:00','',0,'\"Bo\" the \"Bear\" O\'Neill'),
(4,'quo','$P$Bmpkh4RHraT6Tk3Ev.uz1Gp7FPag2c/','quo','quo@example.com','','2024-02-29 12:30:00','',0,'quo'),
(5,'tab','$P$B8s8abg89PLwc/fosgF2bvJxgjHZ7g/','tab','tab@example.com','','2024-02-29 12:30:00','',0,'tab'),
(6,'line','$P$BC3rjtHQt4XFRMlnOmIcTqHpiwqucD.','line','line@example.com','','2024-02-29 12:30:00','',0,'line'),
(7,'slash','$P$Bhgora46eCbCVBNom4WhILQjQ9o5kr1','slash','slash@example.com','','2024-02-29 12:30:00','',0,'slash'),
(8,'gia','$P$BO3W0jRojqrweDL2C5jytt4l28WO49/','gia','gia@example.com','','2024-02-29 12:30:00','',0,'Gia, G a,b;c|d'),
(9,'taro','$P$BYVdKPdkeGS7vmTib4ImLPBj2LM.ru/','taro','taro@example.com','','2024-02-29 12:30:00','',0,'太郎 山田'),
(10,'zoe','$P$BT28BGHINB74hvTDttbei8XyTIu48p.','zoe','zoe@example.com','','2024-02-29 12:30:00','',0,'zoe'),
(11,'formula','$P$BL5S.NGSUri5PVXbCV1NvxxFtNbV.20','formula','formula@example.com','','2024-02-29 12:30:00','',0,'formula'),
(12,'norole','$P$B81Jo09WjuSA5.uaerBd0a.2Zk6u9X1','norole','norole@example.com','','2024-02-29 12:30:00','',0,'norole'),
(13,'nomail','$P$B4rrG/E3J21CKXM1Irt94U.eJ4Xvk4/','nomail','','','2024-02-29 12:30:00','',0,'nomail'),
(14,'nameless','$P$BYQJW1jfbIQYnNhaRyTQ7TvRjhvpa3/','nameless','nameless@example.com','','2024-02-29 12:30:00','',0,'nameless'),
(15,'md5','47b543589ca4e8fdf7d0362fb74aded7','md5','md5@example.com','','2024-02-29 12:30:00','',0,'md5'),
(16,'bcrypt','$2y$10$dseEhs34rlXb70dIfoOHQ.87ZbDCN255Ox/DQUsPCSUtY4s01/RL6','bcrypt','bcrypt@example.com','','2024-02-29 12:30:00','',0,'bcrypt'),
(17,'dot.ted smith','$P$BxI.E.sanF637fjQJzxymj2ehlOjhZ/','dot-ted-smith','dotted@example.com','','2024-02-29 12:30:00','',0,'dot.ted smith'),
(18,'case1','$P$BliulWE73QM4GM3PpsBvdZh5C6pYwg1','case1','case@example.com','','2024-02-29 12:30:00','',0,'case1'),
(19,'case2','$P$BZDfthj3h.KsGqe56QC79610P0PYyU.','case2','CASE@example.com','','2024-02-29 12:30:00','',0,'case2');
UNLOCK TABLES;
