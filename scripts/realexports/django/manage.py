"""A Django project in two files: this one, and crm.py with a user model of its own."""
import os
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line

work = os.environ["WORK"]
if os.environ["DJANGO_DB"] == "postgresql":
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"],
                "HOST": os.environ["PGHOST"], "USER": os.environ["PGUSER"]}
else:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": work + "/django.sqlite3"}
settings.configure(
    SECRET_KEY="of no use", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "crm"],
    DATABASES={"default": database},
    PASSWORD_HASHERS=["django.contrib.auth.hashers." + name for name in (
        "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher", "BCryptSHA256PasswordHasher",
        "BCryptPasswordHasher", "SHA1PasswordHasher", "MD5PasswordHasher", "UnsaltedMD5PasswordHasher")],
)
sys.path.insert(0, work)
execute_from_command_line(sys.argv)
