#!/usr/bin/python3
"""Logs in with client certificates by Debian's unmodified python3-hvac.

Reads TOUR_ADDRESS, TOUR_CA (PEM; the authority of server and clients), TOUR_TOKEN, TOUR_CERT and TOUR_KEY (PEM files of a client) and TOUR_OTHER_CERT and
TOUR_OTHER_KEY (of a client whose name no role has) from the environment. Prints `ok <step>` for each step and stops at the first that fails.
"""
import os
import warnings

import hvac
from hvac.exceptions import InvalidPath, InvalidRequest

warnings.simplefilter("ignore", DeprecationWarning)

ADDRESS, CA = os.environ["TOUR_ADDRESS"], os.environ["TOUR_CA"]
CERT, KEY = os.environ["TOUR_CERT"], os.environ["TOUR_KEY"]
OTHER_CERT, OTHER_KEY = os.environ["TOUR_OTHER_CERT"], os.environ["TOUR_OTHER_KEY"]


def refused(error, act):
    try:
        act()
    except error:
        return
    raise AssertionError("not refused")


def done(step):
    print("ok " + step, flush=True)


root = hvac.Client(url=ADDRESS, token=os.environ["TOUR_TOKEN"], verify=CA)
cert = root.auth.cert
root.sys.enable_auth_method("cert")
cert.create_ca_certificate_role("web", CA, allowed_common_names="tour", token_policies=["web"], token_ttl=600, display_name="web")
role = cert.read_ca_certificate_role("web")["data"]
assert role["allowed_common_names"] == ["tour"] and role["token_policies"] == ["web"] and role["certificate"].startswith("-----BEGIN"), role
assert cert.list_certificate_roles()["data"]["keys"] == ["web"]
done("writes, reads and lists roles")

client = hvac.Client(url=ADDRESS, verify=CA)
auth = client.auth.cert.login(name="web", cert_pem=CERT, key_pem=KEY)["auth"]
assert auth["policies"] == ["default", "web"] and auth["lease_duration"] == 600 and auth["metadata"]["common_name"] == "tour", auth
assert client.auth.token.lookup_self()["data"]["display_name"] == "cert-web"
done("logs in by a role")

auth = client.auth.cert.login(cert_pem=CERT, key_pem=KEY)["auth"]
assert auth["metadata"]["cert_name"] == "web", auth
done("logs in by whichever role takes the certificate")

# On a connection of its own: what counts is the certificate of the connection, and hvac would take the one that it has.
other = hvac.Client(url=ADDRESS, verify=CA)
refused(InvalidRequest, lambda: other.auth.cert.login(name="web", cert_pem=OTHER_CERT, key_pem=OTHER_KEY))
done("is refused with another's certificate")

holder = hvac.Client(url=ADDRESS, token=auth["client_token"], verify=CA, cert=(CERT, KEY))
holder.auth.token.renew_self()
bare = hvac.Client(url=ADDRESS, token=auth["client_token"], verify=CA)
refused(InvalidRequest, bare.auth.token.renew_self)
cert.configure_tls_certificate(disable_binding=True)
bare.auth.token.renew_self()
done("renews with the certificate of the login, or without when the binding is off")

cert.delete_certificate_role("web")
refused(InvalidPath, lambda: cert.read_ca_certificate_role("web"))
refused(InvalidRequest, lambda: client.auth.cert.login(name="web", cert_pem=CERT, key_pem=KEY))
done("deletes roles")
