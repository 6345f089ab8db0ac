"""Writes the people of expected.json as LDIF for ldapadd, and the commands that set
their passwords: ldappasswd where the server hashes, slappasswd where an administrator
does. Python's own base64 for every value: what needs it in the exports is the server's
business."""
import base64
import json
import os
import subprocess
import sys

BASE = "dc=example,dc=com"
MODULES = {"{SHA256}": "pw-sha2", "{SSHA256}": "pw-sha2", "{SSHA512}": "pw-sha2", "{PBKDF2-SHA256}": "pw-pbkdf2",
           "{ARGON2}": "argon2", "{APR1}": "pw-apr1"}


def line(attribute, value):
    raw = value if isinstance(value, bytes) else value.encode()
    return f"{attribute}:: {base64.b64encode(raw).decode()}"


def escaped(value):
    return "".join("\\" + c if c in ',+"\\<>;=#' else c for c in value)


def slappasswd(scheme, password):
    with open("secret", "w", encoding="utf-8") as file:
        file.write(password)
    os.chmod("secret", 0o600)
    args = ["slappasswd", "-n", "-T", "secret", "-h", scheme]
    if scheme == "{CRYPT}":
        args += ["-c", "$6$rounds=5000$%.16s"]
    if scheme in MODULES:
        args += ["-o", "module-path=/usr/lib/ldap", "-o", "module-load=" + MODULES[scheme]]
    while True:
        value = subprocess.run(args, check=True, capture_output=True, text=True).stdout
        if scheme != "{SMD5}":
            return value
        try:  # about one salt of four bytes in ten happens to be text, and so can be kept
            base64.b64decode(value[6:])[16:].decode()
        except UnicodeDecodeError:
            return value


def main(path):
    with open(path, encoding="utf-8") as file:
        people = json.load(file)["people"]
    groups, posix = {}, {}
    print(f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n")
    for ou in ("people", "groups"):
        print(f"dn: ou={ou},{BASE}\nobjectClass: organizationalUnit\nou: {ou}\n")
    passwords = []
    for p in people:
        maker = p.get("maker", {})
        rdn = maker.get("rdn", "uid=" + p["username"] if p.get("username") else "")
        dn = f"{rdn},ou=people,{BASE}"
        for role in p.get("roles", []):
            if role in ("wheel", "staff"):
                posix.setdefault(role, []).append(p["username"])
            else:
                groups.setdefault(role, []).append(dn)
        print(line("dn", dn))
        print("objectClass: inetOrgPerson")
        if p.get("username"):
            print(line("uid", p["username"]))
        name = p.get("given_name", "") + " " + p["family_name"]
        print(line("cn", maker.get("cn", name)))
        print(line("sn", p["family_name"]))
        if p.get("given_name"):
            print(line("givenName", p["given_name"]))
        for mail in [p["email"]] if p.get("email") else []:
            print(line("mail", mail))
        if p.get("phone"):
            print(line("mobile", p["phone"]))
        for attribute, values in maker.get("attributes", {}).items():
            for value in values if isinstance(values, list) else [values]:
                print(line(attribute, bytes.fromhex(value[4:]) if value.startswith("hex:") else value))
        scheme = maker.get("scheme")
        if scheme == "plain":
            print(line("userPassword", p["password"]))
        elif scheme and scheme.startswith("literal "):
            print(line("userPassword", scheme[8:]))
        elif scheme:
            print(line("userPassword", slappasswd(scheme, p["password"])))
        elif p.get("password"):
            passwords.append((dn, p["password"]))
        print()
    for role, members in groups.items():
        print(line("dn", f"cn={escaped(role)},ou=groups,{BASE}"))
        print("objectClass: groupOfNames")
        for member in members:
            print(line("member", member))
        print()
    for number, (role, members) in enumerate(posix.items()):
        print(f"dn: cn={role},ou=groups,{BASE}\nobjectClass: posixGroup\ngidNumber: {5000 + number}")
        for member in members:
            print(line("memberUid", member))
        print()
    with open("passwords.json", "w", encoding="utf-8") as file:
        json.dump(passwords, file)


def set_passwords(uri):
    """ldappasswd as the administrator: the server hashes."""
    with open("passwords.json", encoding="utf-8") as file:
        for dn, password in json.load(file):
            with open("secret", "w", encoding="utf-8") as secret:
                secret.write(password)
            subprocess.run(["ldappasswd", "-H", uri, "-x", "-D", "cn=admin," + BASE, "-w", "admin", "-T", "secret", dn], check=True)


if sys.argv[1] == "passwords":
    set_passwords(sys.argv[2])
else:
    main(sys.argv[1])
