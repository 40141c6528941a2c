#!/usr/bin/python3
"""A tour of the server with Debian's unmodified python3-hvac, in two parts: `first` on a fresh server, `again` after it was restarted.

Reads its world from the environment: TOUR_ADDRESS, TOUR_CA (PEM), TOUR_AUDIT_DIR (where audit files may be made), TOUR_STATE (JSON carried from the
first part to the second) and TOUR_SECRETS (every secret that the tour used is appended there, so that the caller can search for leaks).
Prints `ok <step>` for each step and stops at the first that fails.
"""
import base64
import json
import os
import secrets
import sys
import time
import traceback
import warnings

import hvac
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, VaultDown

warnings.simplefilter("ignore", DeprecationWarning)

ADDRESS, CA = os.environ["TOUR_ADDRESS"], os.environ["TOUR_CA"]
AUDIT_DIR, STATE_FILE = os.environ["TOUR_AUDIT_DIR"], os.environ["TOUR_STATE"]
GONE = (Forbidden, InvalidPath, InvalidRequest)

APP_POLICY = """
path "kv2/data/app/*" { capabilities = ["create", "read", "update", "delete"] }
path "kv2/metadata/app/*" { capabilities = ["read", "list"] }
path "kv1/app/+/config" { capabilities = ["read"] }
path "kv2/data/app/forbidden" { capabilities = ["deny"] }
"""

state = {}
steps = []


def step(part):
    """Declares a step of the part; steps run in the order of their declaration."""
    def declare(function):
        steps.append((part, function))
        return function
    return declare


def client(token=None):
    return hvac.Client(url=ADDRESS, token=token, verify=CA)


def root():
    return client(state["root"])


def planted(label):
    """A new secret value, noted for the search for leaks."""
    return noted("planted-%s-%s" % (label, secrets.token_hex(12)))


def noted(value):
    with open(os.environ["TOUR_SECRETS"], "a", encoding="utf-8") as file:
        file.write(value + "\n")
    return value


def issued(answer):
    """The auth block of a created token, whose id is noted."""
    noted(answer["auth"]["client_token"])
    return answer["auth"]


def refused(errors, call, *args, **kwargs):
    try:
        answer = call(*args, **kwargs)
    except errors as error:
        return error
    raise AssertionError("expected %s, got %r" % (errors, answer))


def equal(expected, actual):
    assert expected == actual, "expected %r, got %r" % (expected, actual)


def unseal_with(keys):
    answer = client().sys.submit_unseal_keys(keys)
    equal(False, answer["sealed"])


# Seal and keys

@step("first")
def fresh_server_is_not_initialised():
    equal(False, client().sys.is_initialized())
    equal(501, client().sys.read_health_status().status_code)
    equal(501, client().sys.read_health_status(method="GET").status_code)


@step("first")
def init_with_five_shares():
    refused(InvalidRequest, client().sys.initialize, 3, 5)
    answer = client().sys.initialize(5, 3)
    equal(5, len(answer["keys"]))
    equal(5, len(answer["keys_base64"]))
    state.update(root=answer["root_token"], keys=answer["keys_base64"], hex_keys=answer["keys"])
    for secret in [answer["root_token"]] + answer["keys"] + answer["keys_base64"]:
        noted(secret)
    equal(True, client().sys.is_initialized())
    refused(InvalidRequest, client().sys.initialize, 1, 1)


@step("first")
def sealed_server_refuses_secrets():
    equal(True, client().sys.is_sealed())
    equal(503, client().sys.read_health_status().status_code)
    refused(VaultDown, root().sys.list_mounted_secrets_engines)


@step("first")
def seal_status_names_shares_and_threshold():
    status = client().sys.read_seal_status()
    equal(("shamir", True, True, 3, 5, 0), tuple(status[k] for k in ("type", "initialized", "sealed", "t", "n", "progress")))
    assert status["version"], status


@step("first")
def unseal_counts_shares_and_can_be_reset():
    refused(InvalidRequest, client().sys.submit_unseal_key, "no share at all")
    answer = client().sys.submit_unseal_key(state["keys"][0])
    equal((True, 1, 3, 5), tuple(answer[k] for k in ("sealed", "progress", "t", "n")))
    assert answer["nonce"], answer
    equal(answer["nonce"], client().sys.submit_unseal_key(state["keys"][3])["nonce"])
    equal(2, client().sys.read_seal_status()["progress"])
    equal(0, client().sys.submit_unseal_key(reset=True)["progress"])


@step("first")
def wrong_share_does_not_unseal():
    wrong = ("0" if state["hex_keys"][0][0] != "0" else "1") + state["hex_keys"][0][1:]
    client().sys.submit_unseal_key(wrong)
    client().sys.submit_unseal_key(state["hex_keys"][1])
    refused(InvalidRequest, client().sys.submit_unseal_key, state["hex_keys"][2])
    equal(True, client().sys.is_sealed())
    equal(0, client().sys.read_seal_status()["progress"])


@step("first")
def unseal_with_any_three_shares():
    client().sys.submit_unseal_key(state["hex_keys"][4])
    unseal_with([state["keys"][1], state["hex_keys"][3]])
    equal(200, client().sys.read_health_status().status_code)
    health = client().sys.read_health_status(method="GET")
    equal((True, False, False), (health["initialized"], health["sealed"], health["standby"]))


@step("first")
def leader_is_this_node():
    answer = root().sys.read_leader_status()
    assert "ha_enabled" in answer and "is_self" in answer and "leader_address" in answer, answer
    equal(answer, root().ha_status)


@step("first")
def root_token_is_authenticated_and_others_are_not():
    equal(True, root().is_authenticated())
    equal(False, client("s.notatokenatall").is_authenticated())
    refused(Forbidden, client("s.notatokenatall").sys.list_mounted_secrets_engines)
    refused(GONE, client().sys.list_mounted_secrets_engines)


# Audit

@step("first")
def enable_audit_files():
    for name in ("main", "second"):
        path = os.path.join(AUDIT_DIR, name + ".log")
        root().sys.enable_audit_device("file", path=name, description="of the tour", options={"file_path": path})
    devices = root().sys.list_enabled_audit_devices()["data"]
    equal({"main/", "second/"}, set(devices))
    equal(("file", "of the tour"), (devices["main/"]["type"], devices["main/"]["description"]))
    equal(os.path.join(AUDIT_DIR, "main.log"), devices["main/"]["options"]["file_path"])
    refused(InvalidRequest, root().sys.enable_audit_device, "file", path="main", options={"file_path": os.path.join(AUDIT_DIR, "x.log")})


@step("first")
def audit_hash_is_what_the_file_holds():
    digest = root().sys.calculate_hash("main", state["root"])["data"]["hash"]
    assert digest.startswith("hmac-sha256:"), digest
    with open(os.path.join(AUDIT_DIR, "main.log"), encoding="utf-8") as file:
        assert digest in file.read(), "the root token's hash is not in the audit file"
    assert digest != root().sys.calculate_hash("second", state["root"])["data"]["hash"], "devices share a salt"


@step("first")
def disable_an_audit_device():
    root().sys.disable_audit_device("second")
    equal({"main/"}, set(root().sys.list_enabled_audit_devices()["data"]))
    refused(GONE, root().sys.calculate_hash, "second", "x")


# Mounts

@step("first")
def enable_both_versions_of_kv():
    root().sys.enable_secrets_engine("kv", path="kv1-old", options={"version": "1"}, description="plain")
    root().sys.enable_secrets_engine("kv", path="kv2", options={"version": "2"})
    root().sys.enable_secrets_engine("kv-v2", path="team/kv")
    refused(InvalidRequest, root().sys.enable_secrets_engine, "kv", path="kv2")
    refused(InvalidRequest, root().sys.enable_secrets_engine, "kv", path="kv2/below")
    refused(InvalidRequest, root().sys.enable_secrets_engine, "no-such-engine", path="x")


@step("first")
def list_mounts():
    mounts = root().sys.list_mounted_secrets_engines()["data"]
    assert {"cubbyhole/", "sys/", "kv1-old/", "kv2/", "team/kv/"} <= set(mounts), mounts
    equal(("kv", "plain"), (mounts["kv1-old/"]["type"], mounts["kv1-old/"]["description"]))
    equal("2", root().sys.retrieve_mount_option("kv2", "version"))
    equal("2", root().sys.retrieve_mount_option("team/kv", "version"))


@step("first")
def tune_a_mount():
    root().sys.tune_mount_configuration(
        "kv1-old", default_lease_ttl="1h", max_lease_ttl="24h", description="tuned", audit_non_hmac_request_keys=["colour"],
        listing_visibility="unauth")
    config = root().sys.read_mount_configuration("kv1-old")["data"]
    equal((3600, 86400), (config["default_lease_ttl"], config["max_lease_ttl"]))
    equal("tuned", config["description"])
    refused(InvalidRequest, root().sys.tune_mount_configuration, "kv1-old", default_lease_ttl="soon")


@step("first")
def move_a_mount_with_its_data():
    state["moved"] = planted("moved")
    root().secrets.kv.v1.create_or_update_secret("app/web/config", {"password": state["moved"]}, mount_point="kv1-old")
    root().sys.move_backend("kv1-old", "kv1")
    deadline = time.monotonic() + 10
    while "kv1/" not in root().sys.list_mounted_secrets_engines()["data"]:
        assert time.monotonic() < deadline, "the mount did not arrive"
        time.sleep(0.05)
    equal(state["moved"], root().secrets.kv.v1.read_secret("app/web/config", mount_point="kv1")["data"]["password"])
    refused(InvalidPath, root().secrets.kv.v1.read_secret, "app/web/config", mount_point="kv1-old")


@step("first")
def disable_a_mount():
    root().secrets.kv.v2.create_or_update_secret("x", {"a": planted("unmounted")}, mount_point="team/kv")
    root().sys.disable_secrets_engine("team/kv")
    assert "team/kv/" not in root().sys.list_mounted_secrets_engines()["data"]
    refused(InvalidPath, root().secrets.kv.v2.read_secret_version, "x", mount_point="team/kv")
    root().sys.enable_secrets_engine("kv-v2", path="team/kv")
    refused(InvalidPath, root().secrets.kv.v2.read_secret_version, "x", mount_point="team/kv")
    refused(InvalidRequest, root().sys.disable_secrets_engine, "sys")


@step("first")
def auth_methods_are_listed_and_tuned():
    assert "token/" in root().sys.list_auth_methods()["data"]
    root().sys.tune_auth_method("token", description="tokens of the tour")
    equal("tokens of the tour", root().sys.read_auth_method_tuning("token")["data"]["description"])


# Policies

@step("first")
def write_and_read_policies():
    root().sys.create_or_update_policy("app", APP_POLICY)
    equal(APP_POLICY.strip(), root().sys.read_policy("app")["data"]["rules"].strip())
    equal(APP_POLICY.strip(), root().get_policy("app").strip())
    root().sys.create_or_update_policy("as-json", {"path": {"kv2/data/json": {"capabilities": ["read"]}}})
    assert {"app", "as-json", "default", "root"} <= set(root().sys.list_policies()["data"]["policies"])


@step("first")
def faulty_policy_is_refused_with_its_line():
    error = refused(InvalidRequest, root().sys.create_or_update_policy, "bad", 'path "a" {\n  capabilities = ["raed"]\n}')
    assert "line 2" in str(error) and "read" in str(error), error
    refused(InvalidPath, root().sys.read_policy, "bad")


@step("first")
def delete_a_policy():
    root().sys.delete_policy("as-json")
    refused(InvalidPath, root().sys.read_policy, "as-json")
    refused(InvalidRequest, root().sys.delete_policy, "root")
    refused(InvalidRequest, root().sys.delete_policy, "default")


# Tokens

@step("first")
def create_a_token_and_look_it_up():
    auth = issued(root().auth.token.create(policies=["app"], ttl="1h", meta={"team": "web"}, display_name="tour"))
    equal((["app", "default"], 3600, True), (sorted(auth["policies"]), auth["lease_duration"], auth["renewable"]))
    state.update(app=auth["client_token"], app_accessor=auth["accessor"])
    data = root().auth.token.lookup(auth["client_token"])["data"]
    equal(("token-tour", {"team": "web"}, "auth/token/create", 3600, 0, False),
          tuple(data[k] for k in ("display_name", "meta", "path", "creation_ttl", "num_uses", "orphan")))
    assert 3590 <= data["ttl"] <= 3600, data["ttl"]
    equal(data["accessor"], client(state["app"]).auth.token.lookup_self()["data"]["accessor"])
    by_accessor = root().auth.token.lookup_accessor(auth["accessor"])["data"]
    equal(("", ["app", "default"]), (by_accessor["id"], sorted(by_accessor["policies"])))
    assert auth["accessor"] in root().auth.token.list_accessors()["data"]["keys"]


@step("first")
def token_with_two_uses_ends_with_the_second():
    token = issued(root().auth.token.create(policies=["app"], num_uses=2, ttl="10m"))["client_token"]
    equal(2, root().auth.token.lookup(token)["data"]["num_uses"])
    equal(1, client(token).auth.token.lookup_self()["data"]["num_uses"])
    client(token).auth.token.lookup_self()
    refused(Forbidden, client(token).auth.token.lookup_self)


@step("first")
def renew_a_token():
    auth = issued(root().auth.token.create(policies=["app"], ttl="10m"))
    token = auth["client_token"]
    equal(7200, root().auth.token.renew(token, increment="2h")["auth"]["lease_duration"])
    equal(1800, client(token).auth.token.renew_self(increment="30m")["auth"]["lease_duration"])
    equal(900, root().auth.token.renew_accessor(auth["accessor"], increment="15m")["auth"]["lease_duration"])
    fixed = issued(root().auth.token.create(policies=["app"], ttl="10m", renewable=False))["client_token"]
    refused(InvalidRequest, root().auth.token.renew, fixed)


@step("first")
def explicit_max_ttl_bounds_renewal():
    token = issued(root().auth.token.create(policies=["app"], ttl="5m", explicit_max_ttl="10m"))["client_token"]
    assert root().auth.token.renew(token, increment="1h")["auth"]["lease_duration"] <= 600
    equal(600, root().auth.token.lookup(token)["data"]["explicit_max_ttl"])


@step("first")
def periodic_token_keeps_its_period():
    token = issued(root().auth.token.create(policies=["app"], period="30m"))["client_token"]
    equal(1800, root().auth.token.lookup(token)["data"]["period"])
    equal(1800, root().auth.token.renew(token, increment="5h")["auth"]["lease_duration"])


@step("first")
def batch_token_reads_and_cannot_be_renewed():
    auth = issued(root().auth.token.create(policies=["app"], type="batch", ttl="5m"))
    equal(("", "batch", False), (auth["accessor"], auth["token_type"], auth["renewable"]))
    equal("batch", client(auth["client_token"]).auth.token.lookup_self()["data"]["type"])
    refused(InvalidRequest, root().auth.token.renew, auth["client_token"])


@step("first")
def revoking_a_parent_revokes_its_children():
    root().sys.create_or_update_policy("minter", 'path "auth/token/create" { capabilities = ["create", "update", "sudo"] }')
    parent = issued(root().auth.token.create(policies=["minter"], ttl="10m"))["client_token"]
    child = issued(client(parent).auth.token.create(policies=["minter"], ttl="5m"))["client_token"]
    grandchild = issued(client(child).auth.token.create(policies=["default"], ttl="5m"))["client_token"]
    root().auth.token.revoke(parent)
    for token in (parent, child, grandchild):
        equal(False, client(token).is_authenticated())
        refused(GONE, root().auth.token.lookup, token)


@step("first")
def children_can_be_orphaned():
    parent = issued(root().auth.token.create(policies=["minter"], ttl="10m"))["client_token"]
    child = issued(client(parent).auth.token.create(policies=["default"], ttl="5m"))["client_token"]
    root().auth.token.revoke_and_orphan_children(parent)
    equal((False, True), (client(parent).is_authenticated(), client(child).is_authenticated()))
    equal(True, root().auth.token.lookup(child)["data"]["orphan"])
    orphan = issued(root().auth.token.create(policies=["app"], no_parent=True, ttl="5m"))
    equal(True, orphan["orphan"])
    equal(True, root().auth.token.lookup(issued(root().create_token(policies=["app"], orphan=True, ttl="5m"))["client_token"])["data"]["orphan"])


@step("first")
def revoke_by_accessor_and_self():
    auth = issued(root().auth.token.create(policies=["app"], ttl="5m"))
    root().auth.token.revoke_accessor(auth["accessor"])
    equal(False, client(auth["client_token"]).is_authenticated())
    refused(GONE, root().auth.token.lookup_accessor, auth["accessor"])
    token = issued(root().auth.token.create(policies=["app"], ttl="5m"))["client_token"]
    client(token).auth.token.revoke_self()
    equal(False, client(token).is_authenticated())
    leaving = client(issued(root().auth.token.create(policies=["app"], ttl="5m"))["client_token"])
    leaving.logout(revoke_token=True)
    equal(False, leaving.is_authenticated())


@step("first")
def token_roles_shape_their_tokens():
    root().auth.token.create_or_update_role("tour", allowed_policies="app,default", orphan=True, renewable=False, path_suffix="sfx")
    role = root().auth.token.read_role("tour")["data"]
    equal((["app", "default"], True, False, "sfx"), tuple(role[k] for k in ("allowed_policies", "orphan", "renewable", "path_suffix")))
    equal(["tour"], root().auth.token.list_roles()["data"]["keys"])
    auth = issued(root().auth.token.create(role_name="tour", policies=["app"], ttl="5m"))
    data = root().auth.token.lookup(auth["client_token"])["data"]
    equal(("auth/token/create/tour/sfx", "tour", True, False), tuple(data[k] for k in ("path", "role", "orphan", "renewable")))
    refused(InvalidRequest, root().auth.token.create, role_name="tour", policies=["root"])
    root().auth.token.delete_role("tour")
    refused(InvalidPath, root().auth.token.read_role, "tour")
    refused(InvalidRequest, root().auth.token.create, role_name="tour")


@step("first")
def tokens_cannot_give_more_than_they_have():
    minter = client(issued(root().auth.token.create(policies=["minter-without-sudo"], ttl="5m"))["client_token"])
    root().sys.create_or_update_policy("minter-without-sudo", 'path "auth/token/create" { capabilities = ["update"] }')
    refused(GONE, minter.auth.token.create, policies=["app"])
    refused(GONE, minter.auth.token.create, policies=["root"])
    refused(GONE, minter.auth.token.create, no_parent=True)


@step("first")
def tidy_runs_in_the_background():
    assert root().auth.token.tidy(), "not accepted"


@step("first")
def leases_of_tokens():
    token = issued(root().auth.token.create(policies=["app"], ttl="5m"))["client_token"]
    keys = [key for key in root().sys.list_leases("auth/token/create")["data"]["keys"] if not key.endswith("/")]
    assert keys, "no lease is listed"
    found = [key for key in keys if 0 < root().sys.read_lease("auth/token/create/" + key)["data"]["ttl"] <= 300]
    assert found, keys
    for key in found:
        root().sys.revoke_lease("auth/token/create/" + key)
    equal(False, client(token).is_authenticated())


# KV version 1

@step("first")
def kv1_write_read_update():
    v1 = root().secrets.kv.v1
    first, second = planted("kv1"), planted("kv1")
    v1.create_or_update_secret("db", {"password": first, "port": 5432, "ratio": 0.5, "tls": True, "hosts": ["a", "b"]}, mount_point="kv1")
    equal({"password": first, "port": 5432, "ratio": 0.5, "tls": True, "hosts": ["a", "b"]}, v1.read_secret("db", mount_point="kv1")["data"])
    v1.create_or_update_secret("db", {"password": second}, mount_point="kv1")
    equal({"password": second}, v1.read_secret("db", mount_point="kv1")["data"])


@step("first")
def kv1_list_and_delete():
    v1 = root().secrets.kv.v1
    equal(["app/", "db"], v1.list_secrets("", mount_point="kv1")["data"]["keys"])
    equal(["web/"], v1.list_secrets("app/", mount_point="kv1")["data"]["keys"])
    v1.delete_secret("db", mount_point="kv1")
    refused(InvalidPath, v1.read_secret, "db", mount_point="kv1")
    v1.delete_secret("db", mount_point="kv1")


@step("first")
def kv1_through_the_generic_calls():
    value = planted("generic")
    root().write("kv1/generic", value=value)
    equal(value, root().read("kv1/generic")["data"]["value"])
    equal(["app/", "generic"], root().list("kv1")["data"]["keys"])
    root().delete("kv1/generic")
    equal(None, root().read("kv1/generic"))


# KV version 2

def v2():
    return root().secrets.kv.v2


@step("first")
def kv2_configure():
    v2().configure(max_versions=5, cas_required=False, delete_version_after="0s", mount_point="kv2")
    config = v2().read_configuration(mount_point="kv2")["data"]
    equal((5, False, "0s"), (config["max_versions"], config["cas_required"], config["delete_version_after"]))


@step("first")
def kv2_write_and_read():
    secret = {"password": planted("kv2"), "text": "grüße, 世界 🔑", "empty": "", "nothing": None, "deep": {"list": [1, {"x": [True]}]},
              "big": 9007199254740993, "long": planted("long") + "x" * 200000}
    metadata = v2().create_or_update_secret("app/db", secret, cas=0, mount_point="kv2")["data"]
    equal((1, "", False), (metadata["version"], metadata["deletion_time"], metadata["destroyed"]))
    answer = v2().read_secret("app/db", mount_point="kv2")["data"]
    equal(secret, answer["data"])
    equal(1, answer["metadata"]["version"])


@step("first")
def kv2_check_and_set():
    error = refused(InvalidRequest, v2().create_or_update_secret, "app/db", {"a": "b"}, cas=0, mount_point="kv2")
    assert "check-and-set" in str(error), error
    refused(InvalidRequest, v2().create_or_update_secret, "app/db", {"a": "b"}, cas=7, mount_point="kv2")
    equal(2, v2().create_or_update_secret("app/db", {"a": "b", "keep": "yes"}, cas=1, mount_point="kv2")["data"]["version"])


@step("first")
def kv2_patch():
    equal(3, v2().patch("app/db", {"a": "c"}, mount_point="kv2")["data"]["version"])
    equal({"a": "c", "keep": "yes"}, v2().read_secret("app/db", mount_point="kv2")["data"]["data"])
    refused(InvalidPath, v2().patch, "app/none", {"a": "c"}, mount_point="kv2")


@step("first")
def kv2_old_versions():
    equal({"a": "b", "keep": "yes"}, v2().read_secret_version("app/db", version=2, mount_point="kv2")["data"]["data"])
    equal(3, v2().read_secret_version("app/db", version=0, mount_point="kv2")["data"]["metadata"]["version"])
    refused(InvalidPath, v2().read_secret_version, "app/db", version=9, mount_point="kv2")


@step("first")
def kv2_delete_and_undelete():
    v2().delete_latest_version_of_secret("app/db", mount_point="kv2")
    refused(InvalidPath, v2().read_secret_version, "app/db", mount_point="kv2")
    v2().undelete_secret_versions("app/db", [3], mount_point="kv2")
    equal(3, v2().read_secret_version("app/db", mount_point="kv2")["data"]["metadata"]["version"])
    v2().delete_secret_versions("app/db", [1, 2], mount_point="kv2")
    refused(InvalidPath, v2().read_secret_version, "app/db", version=1, mount_point="kv2")
    v2().undelete_secret_versions("app/db", [2], mount_point="kv2")
    equal("b", v2().read_secret_version("app/db", version=2, mount_point="kv2")["data"]["data"]["a"])


@step("first")
def kv2_destroy():
    v2().destroy_secret_versions("app/db", [2], mount_point="kv2")
    refused(InvalidPath, v2().read_secret_version, "app/db", version=2, mount_point="kv2")
    v2().undelete_secret_versions("app/db", [2], mount_point="kv2")
    refused(InvalidPath, v2().read_secret_version, "app/db", version=2, mount_point="kv2")


@step("first")
def kv2_metadata():
    data = v2().read_secret_metadata("app/db", mount_point="kv2")["data"]
    equal((3, 0), (data["current_version"], data["oldest_version"]))
    equal({"1", "2", "3"}, set(data["versions"]))
    equal((False, True, False), tuple(data["versions"][k]["destroyed"] for k in ("1", "2", "3")))
    assert data["versions"]["1"]["deletion_time"] and not data["versions"]["3"]["deletion_time"], data
    v2().update_metadata("app/db", max_versions=3, cas_required=True, delete_version_after="3h", mount_point="kv2")
    data = v2().read_secret_metadata("app/db", mount_point="kv2")["data"]
    equal((3, True, "3h0m0s"), (data["max_versions"], data["cas_required"], data["delete_version_after"]))
    refused(InvalidRequest, v2().create_or_update_secret, "app/db", {"a": "d"}, mount_point="kv2")
    metadata = v2().create_or_update_secret("app/db", {"a": "d"}, cas=3, mount_point="kv2")["data"]
    equal(4, metadata["version"])
    assert metadata["deletion_time"], metadata


@step("first")
def kv2_keeps_max_versions():
    for n in range(1, 8):
        v2().create_or_update_secret("app/many", {"n": n}, mount_point="kv2")
    data = v2().read_secret_metadata("app/many", mount_point="kv2")["data"]
    equal((7, 3, {"3", "4", "5", "6", "7"}), (data["current_version"], data["oldest_version"], set(data["versions"])))
    refused(InvalidPath, v2().read_secret_version, "app/many", version=2, mount_point="kv2")
    equal(3, v2().read_secret_version("app/many", version=3, mount_point="kv2")["data"]["data"]["n"])


@step("first")
def kv2_list():
    v2().create_or_update_secret("app/folder/leaf", {"x": "y"}, mount_point="kv2")
    equal(["db", "folder/", "many"], v2().list_secrets("app", mount_point="kv2")["data"]["keys"])
    equal(["app/"], v2().list_secrets("", mount_point="kv2")["data"]["keys"])
    refused(InvalidPath, v2().list_secrets, "nowhere", mount_point="kv2")


@step("first")
def kv2_delete_everything_of_a_secret():
    v2().delete_metadata_and_all_versions("app/many", mount_point="kv2")
    refused(InvalidPath, v2().read_secret_metadata, "app/many", mount_point="kv2")
    refused(InvalidPath, v2().read_secret_version, "app/many", mount_point="kv2")
    equal(1, v2().create_or_update_secret("app/many", {"n": 1}, cas=0, mount_point="kv2")["data"]["version"])


@step("first")
def kv2_subkeys():
    v2().create_or_update_secret("app/sub", {"a": {"b": planted("subkeys")}, "c": 1}, mount_point="kv2")
    equal({"a": {"b": None}, "c": None}, root().read("kv2/subkeys/app/sub")["data"]["subkeys"])


# Authorisation

@step("first")
def policy_grants_what_it_says_and_no_more():
    app = client(state["app"])
    app.secrets.kv.v2.create_or_update_secret("app/mine", {"x": planted("mine")}, mount_point="kv2")
    app.secrets.kv.v2.read_secret_version("app/mine", mount_point="kv2")
    equal(state["moved"], app.secrets.kv.v1.read_secret("app/web/config", mount_point="kv1")["data"]["password"])
    refused(Forbidden, app.secrets.kv.v1.create_or_update_secret, "app/web/config", {"x": "y"}, method="PUT", mount_point="kv1")
    refused(Forbidden, app.secrets.kv.v2.read_secret_version, "app/forbidden", mount_point="kv2")
    refused(Forbidden, app.secrets.kv.v2.read_secret_version, "other", mount_point="kv2")
    refused(Forbidden, app.secrets.kv.v2.delete_metadata_and_all_versions, "app/mine", mount_point="kv2")
    refused(Forbidden, app.sys.create_or_update_policy, "app", 'path "*" { capabilities = ["sudo"] }')
    refused(Forbidden, app.sys.seal)
    refused(Forbidden, app.sys.enable_audit_device, "file", path="evil", options={"file_path": os.path.join(AUDIT_DIR, "evil.log")})


@step("first")
def capabilities_say_the_same():
    path = "kv2/data/app/mine"
    expected = ["create", "delete", "read", "update"]
    equal(expected, sorted(root().sys.get_capabilities([path], token=state["app"])["data"][path]))
    equal(expected, sorted(root().sys.get_capabilities([path], accessor=state["app_accessor"])["data"][path]))
    own = client(state["app"]).sys.get_capabilities([path, "kv2/data/other", "kv2/data/app/forbidden"])["data"]
    equal((expected, ["deny"], ["deny"]), (sorted(own[path]), own["kv2/data/other"], own["kv2/data/app/forbidden"]))
    equal(["root"], root().sys.get_capabilities([path])["data"][path])


# Transit

def transit():
    return root().secrets.transit


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@step("first")
def make_a_transit_key():
    root().sys.enable_secrets_engine("transit")
    refused(InvalidPath, transit().list_keys)
    transit().create_key("orders")
    key = transit().read_key("orders")["data"]
    equal(("orders", "aes256-gcm96", 1, 1, 0, 0),
          tuple(key[k] for k in ("name", "type", "latest_version", "min_decryption_version", "min_encryption_version", "min_available_version")))
    equal((False, False, False, False), tuple(key[k] for k in ("derived", "exportable", "allow_plaintext_backup", "deletion_allowed")))
    equal(["1"], list(key["keys"]))
    assert abs(time.time() - key["keys"]["1"]) < 60, key
    equal(["orders"], transit().list_keys()["data"]["keys"])
    refused(InvalidRequest, transit().create_key, "signing", key_type="ed25519")


@step("first")
def encrypt_and_decrypt():
    text = encoded(planted("transit"))
    answer = transit().encrypt_data("orders", text)["data"]
    equal(1, answer["key_version"])
    assert answer["ciphertext"].startswith("vault:v1:"), answer
    equal(text, transit().decrypt_data("orders", answer["ciphertext"])["data"]["plaintext"])
    assert answer["ciphertext"] != transit().encrypt_data("orders", text)["data"]["ciphertext"], "a nonce was used twice"
    refused(InvalidRequest, transit().decrypt_data, "orders", answer["ciphertext"][:-4] + "AAA=")
    refused(InvalidRequest, transit().encrypt_data, "orders", "not base64 !")
    refused(InvalidRequest, transit().decrypt_data, "no-such-key", answer["ciphertext"])
    state.update(transit_text=text, transit_old=answer["ciphertext"])


@step("first")
def rotate_and_rewrap():
    transit().rotate_key("orders")
    equal(2, transit().read_key("orders")["data"]["latest_version"])
    rewrapped = transit().rewrap_data("orders", state["transit_old"])["data"]
    equal(2, rewrapped["key_version"])
    assert rewrapped["ciphertext"].startswith("vault:v2:"), rewrapped
    equal(1, transit().encrypt_data("orders", state["transit_text"], key_version=1)["data"]["key_version"])
    for ciphertext in (state["transit_old"], rewrapped["ciphertext"]):
        equal(state["transit_text"], transit().decrypt_data("orders", ciphertext)["data"]["plaintext"])
    state["transit_new"] = rewrapped["ciphertext"]


@step("first")
def configure_minimums_and_trim():
    refused(InvalidRequest, transit().update_key_configuration, "orders", min_decryption_version=3)
    transit().update_key_configuration("orders", min_decryption_version=2)
    transit().update_key_configuration("orders", min_encryption_version=2)
    refused(InvalidRequest, transit().decrypt_data, "orders", state["transit_old"])
    refused(InvalidRequest, transit().encrypt_data, "orders", state["transit_text"], key_version=1)
    transit().update_key_configuration("orders", min_decryption_version=1)
    equal(state["transit_text"], transit().decrypt_data("orders", state["transit_old"])["data"]["plaintext"])
    refused(InvalidRequest, transit().trim_key, "orders", 2)
    transit().update_key_configuration("orders", min_decryption_version=2)
    transit().trim_key("orders", 2)
    key = transit().read_key("orders")["data"]
    equal((2, ["2"]), (key["min_available_version"], list(key["keys"])))
    refused(InvalidRequest, transit().update_key_configuration, "orders", min_decryption_version=1)
    equal(state["transit_text"], transit().decrypt_data("orders", state["transit_new"])["data"]["plaintext"])


@step("first")
def batches_fail_item_by_item():
    items = [{"plaintext": encoded(planted("batch")), "reference": str(i)} for i in range(3)]
    results = transit().encrypt_data("orders", "", batch_input=items)["data"]["batch_results"]
    equal(["0", "1", "2"], [result["reference"] for result in results])
    results[1]["ciphertext"] = "vault:v2:" + encoded("not authentic, and long enough")
    wanted = [{"ciphertext": result["ciphertext"]} for result in results]
    refused(InvalidRequest, transit().decrypt_data, "orders", "", batch_input=wanted)
    opened = root().write("transit/decrypt/orders", batch_input=wanted, partial_failure_response_code=200)["data"]["batch_results"]
    equal([items[0]["plaintext"], "", items[2]["plaintext"]], [result["plaintext"] for result in opened])
    assert opened[1]["error"] and "error" not in opened[0], opened


@step("first")
def derived_keys_need_their_context():
    transit().create_key("tenants", derived=True, convergent_encryption=True)
    text, one, other = encoded(planted("derived")), encoded("tenant-1"), encoded("tenant-2")
    refused(InvalidRequest, transit().encrypt_data, "tenants", text)
    ciphertext = transit().encrypt_data("tenants", text, context=one)["data"]["ciphertext"]
    equal(ciphertext, transit().encrypt_data("tenants", text, context=one)["data"]["ciphertext"])
    assert ciphertext != transit().encrypt_data("tenants", text, context=other)["data"]["ciphertext"], "the context makes no difference"
    equal(text, transit().decrypt_data("tenants", ciphertext, context=one)["data"]["plaintext"])
    refused(InvalidRequest, transit().decrypt_data, "tenants", ciphertext, context=other)


@step("first")
def data_keys_come_wrapped_or_in_clear():
    clear = transit().generate_data_key("orders", "plaintext", bits=512)["data"]
    equal(64, len(base64.b64decode(noted(clear["plaintext"]))))
    equal(clear["plaintext"], transit().decrypt_data("orders", clear["ciphertext"])["data"]["plaintext"])
    assert "plaintext" not in transit().generate_data_key("orders", "wrapped")["data"]


@step("first")
def only_an_exportable_key_is_exported():
    refused(InvalidRequest, transit().export_key, "orders", "encryption-key")
    transit().create_key("portable", exportable=True)
    keys = transit().export_key("portable", "encryption-key")["data"]["keys"]
    equal(32, len(base64.b64decode(noted(keys["1"]))))


@step("first")
def a_key_is_deleted_only_when_that_is_allowed():
    refused(InvalidRequest, transit().delete_key, "portable")
    transit().update_key_configuration("portable", deletion_allowed=True)
    transit().delete_key("portable")
    refused(InvalidPath, transit().read_key, "portable")


@step("first")
def policies_tell_who_encrypts_and_who_decrypts():
    root().sys.create_or_update_policy("writer", 'path "transit/encrypt/orders" { capabilities = ["update"] }')
    writer = client(issued(root().auth.token.create(policies=["writer"], ttl="10m"))["client_token"])
    ciphertext = writer.secrets.transit.encrypt_data("orders", encoded(planted("writer")))["data"]["ciphertext"]
    refused(Forbidden, writer.secrets.transit.decrypt_data, "orders", ciphertext)
    refused(Forbidden, writer.secrets.transit.read_key, "orders")
    refused(Forbidden, writer.secrets.transit.encrypt_data, "other", encoded("x"))


# Wrapping and cubbyhole

@step("first")
def wrapped_answer_is_unwrapped_once():
    value = planted("wrapped")
    root().write("kv1/wrapped", value=value)
    info = root().read("kv1/wrapped", wrap_ttl="60s")["wrap_info"]
    equal((60, "kv1/wrapped"), (info["ttl"], info["creation_path"]))
    noted(info["token"])
    looked_up = client().write("sys/wrapping/lookup", token=info["token"])["data"]
    equal((60, "kv1/wrapped"), (looked_up["creation_ttl"], looked_up["creation_path"]))
    equal(value, client().sys.unwrap(info["token"])["data"]["value"])
    refused(InvalidRequest, client().sys.unwrap, info["token"])


@step("first")
def wrapping_token_unwraps_itself():
    value = planted("wrapped")
    info = root().write("sys/wrapping/wrap", wrap_ttl="2m", value=value)["wrap_info"]
    equal(value, client(noted(info["token"])).sys.unwrap()["data"]["value"])


@step("first")
def rewrapped_answer_leaves_the_old_token():
    value = planted("rewrapped")
    info = root().write("sys/wrapping/wrap", wrap_ttl="60s", value=value)["wrap_info"]
    again = client().write("sys/wrapping/rewrap", token=noted(info["token"]))["wrap_info"]
    refused(InvalidRequest, client().sys.unwrap, info["token"])
    equal(value, client().sys.unwrap(noted(again["token"]))["data"]["value"])


@step("first")
def wrapped_token_is_used_after_unwrapping():
    info = root().auth.token.create(policies=["app"], ttl="5m", wrap_ttl="60s")["wrap_info"]
    assert info["wrapped_accessor"], info
    auth = issued(client().sys.unwrap(noted(info["token"])))
    equal(info["wrapped_accessor"], auth["accessor"])
    equal(True, client(auth["client_token"]).is_authenticated())


@step("first")
def cubbyhole_belongs_to_one_token():
    app, value = client(state["app"]), planted("cubbyhole")
    app.write("cubbyhole/mine", value=value)
    equal(value, app.read("cubbyhole/mine")["data"]["value"])
    equal(["mine"], app.list("cubbyhole")["data"]["keys"])
    equal(None, root().read("cubbyhole/mine"))
    app.write("cubbyhole/gone", value=planted("cubbyhole"))
    app.delete("cubbyhole/gone")
    equal(None, app.read("cubbyhole/gone"))
    state["cubbyhole"] = value


# Keys

@step("first")
def rotate_adds_a_term():
    equal(1, root().sys.get_encryption_key_status()["data"]["term"])
    root().sys.rotate_encryption_key()
    equal(2, root().key_status["term"])
    v2().create_or_update_secret("app/new-term", {"x": planted("new-term")}, mount_point="kv2")
    equal("d", v2().read_secret("app/db", mount_point="kv2")["data"]["data"]["a"])


@step("first")
def seal_and_unseal():
    refused(GONE, client().sys.seal)
    root().sys.seal()
    equal(True, client().sys.is_sealed())
    refused(VaultDown, v2().read_secret, "app/db", mount_point="kv2")
    unseal_with(state["keys"])
    equal("d", v2().read_secret("app/db", mount_point="kv2")["data"]["data"]["a"])


@step("first")
def leave_things_for_after_the_restart():
    state["kept"] = planted("kept")
    v2().create_or_update_secret("app/kept", {"value": state["kept"]}, mount_point="kv2")
    state["wrapped"] = noted(root().read("kv2/data/app/kept", wrap_ttl="10m")["wrap_info"]["token"])
    state["revoked"] = issued(root().auth.token.create(policies=["app"], ttl="1h"))["client_token"]
    root().auth.token.revoke(state["revoked"])


# After the restart

@step("again")
def restarted_server_is_sealed():
    equal(True, client().sys.is_initialized())
    equal(503, client().sys.read_health_status().status_code)
    refused(VaultDown, root().read, "kv2/data/app/kept")
    unseal_with(state["hex_keys"][2:])


@step("again")
def what_was_stored_is_there():
    equal(state["kept"], v2().read_secret("app/kept", mount_point="kv2")["data"]["data"]["value"])
    equal(state["moved"], root().secrets.kv.v1.read_secret("app/web/config", mount_point="kv1")["data"]["password"])
    equal(state["cubbyhole"], client(state["app"]).read("cubbyhole/mine")["data"]["value"])
    equal(state["kept"], client().sys.unwrap(state["wrapped"])["data"]["data"]["value"])
    equal(APP_POLICY.strip(), root().sys.read_policy("app")["data"]["rules"].strip())
    equal({"main/"}, set(root().sys.list_enabled_audit_devices()["data"]))
    equal(2, root().key_status["term"])
    equal(state["transit_text"], transit().decrypt_data("orders", state["transit_new"])["data"]["plaintext"])


@step("again")
def what_was_refused_is_refused_still():
    equal(False, client(state["revoked"]).is_authenticated())
    refused(Forbidden, client(state["app"]).secrets.kv.v2.read_secret_version, "app/forbidden", mount_point="kv2")
    refused(InvalidRequest, client().sys.unwrap, state["wrapped"])
    refused(InvalidRequest, transit().decrypt_data, "orders", state["transit_old"])


def main(part):
    if os.path.exists(STATE_FILE):
        with open(STATE_FILE, encoding="utf-8") as file:
            state.update(json.load(file))
    for step_part, function in steps:
        if step_part != part:
            continue
        try:
            function()
        except Exception:
            traceback.print_exc()
            print("FAILED " + function.__name__)
            return 1
        print("ok " + function.__name__, flush=True)
    with open(STATE_FILE, "w", encoding="utf-8") as file:
        json.dump(state, file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
