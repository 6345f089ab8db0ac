"""A user model of a project's own, as many projects have one."""
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


class Customer(AbstractBaseUser):
    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=150)
    last_name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    USERNAME_FIELD = "email"

    class Meta:
        app_label = "crm"
