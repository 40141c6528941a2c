#!/usr/bin/python3
"""Logins with Debian's unmodified python3-hvac by tokens that others have signed: the jwt and the kubernetes method, set up and used.

Reads its world from the environment: TOUR_ADDRESS, TOUR_CA (PEM), TOUR_TOKEN (root's), TOUR_PEM (the signer's public key), TOUR_JWT and TOUR_POD_JWT (what
it signed), TOUR_FORGED (the same claims as TOUR_JWT, signed by another). Prints `done` at the end.
"""
import os

import hvac
from hvac.exceptions import Forbidden

ADDRESS, CA, PEM = os.environ["TOUR_ADDRESS"], os.environ["TOUR_CA"], os.environ["TOUR_PEM"]
JWT, POD_JWT, FORGED = os.environ["TOUR_JWT"], os.environ["TOUR_POD_JWT"], os.environ["TOUR_FORGED"]


def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except Forbidden:
        return
    raise AssertionError("expected to be refused")


root = hvac.Client(url=ADDRESS, token=os.environ["TOUR_TOKEN"], verify=CA)
root.sys.enable_auth_method("jwt")
root.auth.jwt.configure(jwt_validation_pubkeys=[PEM], bound_issuer="https://ci.test", jwt_supported_algs=["ES256"], default_role="ci")
assert root.auth.jwt.read_config()["data"]["bound_issuer"] == "https://ci.test"
root.auth.jwt.create_role(
    "ci", user_claim="sub", allowed_redirect_uris=[], bound_audiences=["kist"], bound_claims={"project": "shop"}, claim_mappings={"project": "project"},
    token_policies=["deploy"], token_ttl="15m")
assert root.auth.jwt.list_roles()["data"]["keys"] == ["ci"]
assert root.auth.jwt.read_role("ci")["data"]["bound_claims"] == {"project": "shop"}

job = hvac.Client(url=ADDRESS, verify=CA)
auth = job.auth.jwt.jwt_login("ci", JWT)["auth"]
assert auth["policies"] == ["default", "deploy"] and auth["lease_duration"] == 900 and auth["metadata"] == {"project": "shop", "role": "ci"}, auth
assert job.is_authenticated() and job.auth.token.lookup_self()["data"]["display_name"] == "jwt-job-1"
job.auth.token.renew_self()
refused(hvac.Client(url=ADDRESS, verify=CA).auth.jwt.jwt_login, "ci", FORGED)

root.sys.enable_auth_method("kubernetes")
with open(CA, encoding="utf-8") as file:
    root.auth.kubernetes.configure("https://127.0.0.1:1", kubernetes_ca_cert=file.read(), token_reviewer_jwt="a.b.c", issuer="https://cluster.test")
assert root.auth.kubernetes.read_config()["token_reviewer_jwt_set"]
# hvac has no name for verification by keys.
root.write("auth/kubernetes/config", kubernetes_host="https://127.0.0.1:1", pem_keys=[PEM], issuer="https://cluster.test", token_verification="local")
root.auth.kubernetes.create_role("shop", "web", "shop", ttl="1h", policies="shop")
assert root.auth.kubernetes.list_roles()["keys"] == ["shop"]
assert root.auth.kubernetes.read_role("shop")["bound_service_account_names"] == ["web"]

pod = hvac.Client(url=ADDRESS, verify=CA)
auth = pod.auth.kubernetes.login("shop", POD_JWT)["auth"]
assert auth["policies"] == ["default", "shop"] and auth["metadata"]["service_account_name"] == "web", auth
assert pod.auth.token.lookup_self()["data"]["display_name"] == "kubernetes-shop-web"
refused(hvac.Client(url=ADDRESS, verify=CA).auth.kubernetes.login, "shop", FORGED)
root.auth.kubernetes.delete_role("shop")
root.auth.jwt.delete_role("ci")
print("done")
