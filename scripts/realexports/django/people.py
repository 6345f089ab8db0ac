"""Makes the people of expected.json through Django's own managers."""
import json
from datetime import datetime, timezone

from crm.models import Customer
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User

JOINED = datetime(2024, 2, 29, 12, 30, 0, 123456, tzinfo=timezone.utc)


def make(path):
    with open(path, encoding="utf-8") as file:
        people = json.load(file)["people"]
    for p in people:
        user = User.objects.create_user(
            p["username"], p.get("email"), p.get("password"), first_name=p.get("given_name", ""),
            last_name=p.get("family_name", ""), date_joined=JOINED, is_active=not p.get("suspended", False))
        if p.get("maker"):
            user.password = make_password(p["password"], hasher=p["maker"])
            user.save()
        for role in p.get("roles", []):
            group, made = Group.objects.get_or_create(name=role)
            if made:
                group.permissions.add(Permission.objects.order_by("pk").first())
            user.groups.add(group)
        if p.get("email"):
            customer = Customer(email=p["email"], first_name=user.first_name, last_name=user.last_name,
                                is_active=user.is_active, password=user.password)
            customer.save()
