#!/usr/bin/python3
"""
How Debian's unmodified python3-hvac logs in: with passwords, with secret ids, and with codes of an authenticator app. The world and the helpers are
those of hvac_tour.py.
"""
import base64
import hmac
import sys
import time
from urllib.parse import parse_qs, urlsplit

sys.dont_write_bytecode = True

import hvac_tour as tour
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest
from hvac_tour import client, equal, issued, noted, planted, refused, root, state, step, unseal_with

tour.steps.clear()


def code_of(url, ahead=0):
    """What an authenticator app that was given the URL shows, now or some periods later (RFC 6238)."""
    given = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    secret = base64.b32decode(given["secret"] + "=" * (-len(given["secret"]) % 8))
    step = int(time.time()) // int(given["period"]) + ahead
    mac = hmac.new(secret, step.to_bytes(8, "big"), given["algorithm"].lower()).digest()
    start = mac[-1] & 15
    number = int.from_bytes(mac[start:start + 4], "big") & 0x7fffffff
    return str(number)[-int(given["digits"]):].zfill(int(given["digits"]))


def waiting(password):
    """The login of a user who must show a code: the id that it waits under, and what is asked for."""
    auth = client().auth.userpass.login("carol", password)["auth"]
    equal("", auth["client_token"])
    noted(auth["mfa_requirement"]["mfa_request_id"])
    return auth["mfa_requirement"]["mfa_request_id"], auth["mfa_requirement"]["mfa_constraints"]


def prove(request, code):
    return client().adapter.post("/v1/sys/mfa/validate", json={"mfa_request_id": request, "mfa_payload": {state["method"]: [code]}})


def approle(token=None):
    return (client(token) if token else root()).auth.approle


@step("first")
def prepare():
    answer = client().sys.initialize(1, 1)
    state.update(root=noted(answer["root_token"]), hex_keys=[noted(key) for key in answer["keys"]])
    noted(answer["keys_base64"][0])
    unseal_with(state["hex_keys"])
    root().sys.enable_auth_method("userpass")
    root().sys.enable_auth_method("approle")
    equal({"token/", "userpass/", "approle/"}, set(root().sys.list_auth_methods()["data"]))


@step("first")
def users():
    state["password"] = planted("password")
    userpass = root().auth.userpass
    userpass.create_or_update_user("bob", state["password"], policies="dev", token_ttl="1h")
    equal(["bob"], userpass.list_user()["data"]["keys"])
    equal(["dev"], userpass.read_user("bob")["data"]["token_policies"])
    user = client()
    auth = issued(user.auth.userpass.login("Bob", state["password"]))
    equal((["default", "dev"], {"username": "bob"}, 3600), (auth["policies"], auth["metadata"], auth["lease_duration"]))
    assert user.is_authenticated()
    equal("userpass-bob", user.auth.token.lookup_self()["data"]["display_name"])
    equal("invalid username or password", str(refused(InvalidRequest, client().auth.userpass.login, "bob", "wrong")).split(",")[0])
    equal("invalid username or password", str(refused(InvalidRequest, client().auth.userpass.login, "eve", "wrong")).split(",")[0])
    changed = planted("password")
    userpass.update_password_on_user("bob", changed)
    refused(InvalidRequest, client().auth.userpass.login, "bob", state["password"])
    issued(client().auth.userpass.login("bob", changed))
    state["password"] = changed
    userpass.create_or_update_user("ann", planted("password"))
    userpass.delete_user("ann")
    refused(InvalidPath, userpass.read_user, "ann")


@step("first")
def second_proofs():
    state["carol"] = planted("carol")
    root().auth.userpass.create_or_update_user("carol", state["carol"], policies="dev")
    entity = issued(client().auth.userpass.login("carol", state["carol"]))["entity_id"]
    made = root().adapter.post("/v1/identity/mfa/method/totp", json={"issuer": "Kist", "method_name": "app"})
    state["method"] = made["data"]["method_id"]
    equal("app", root().adapter.get("/v1/identity/mfa/method/" + state["method"])["data"]["name"])
    given = {"method_id": state["method"], "entity_id": entity}
    state["url"] = noted(root().adapter.post("/v1/identity/mfa/method/totp/admin-generate", json=given)["data"]["url"])
    noted(parse_qs(urlsplit(state["url"]).query)["secret"][0])
    enforcement = {"mfa_method_ids": [state["method"]], "identity_entity_ids": [entity]}
    root().adapter.post("/v1/identity/mfa/login-enforcement/carol", json=enforcement)
    equal(["carol"], root().adapter.list("/v1/identity/mfa/login-enforcement")["data"]["keys"])
    request, constraints = waiting(state["carol"])
    equal([{"type": "totp", "id": state["method"], "uses_passcode": True, "name": "app"}], constraints["carol"]["any"])
    refused(Forbidden, prove, request, "000")
    auth = issued(prove(request, code_of(state["url"])))
    equal((["default", "dev"], entity), (auth["policies"], auth["entity_id"]))
    assert client(auth["client_token"]).is_authenticated()
    refused(InvalidRequest, prove, request, code_of(state["url"], 1))
    issued(client().auth.userpass.login("bob", state["password"]))


@step("first")
def app_roles():
    approle().create_or_update_approle(
        "app", token_policies=["dev"], token_ttl="10m", secret_id_num_uses=3, secret_id_ttl="1h", token_bound_cidrs=["127.0.0.0/8", "::1"])
    equal(["app"], approle().list_roles()["data"]["keys"])
    equal((3, 3600, ["dev"]), tuple(approle().read_role("app")["data"][k] for k in ("secret_id_num_uses", "secret_id_ttl", "token_policies")))
    state["role_id"] = approle().read_role_id("app")["data"]["role_id"]
    made = approle().generate_secret_id("app", metadata={"host": "web-1"}, cidr_list=["127.0.0.0/8", "::1"])["data"]
    state["secret_id"] = noted(made["secret_id"])
    program = client()
    auth = issued(program.auth.approle.login(state["role_id"], state["secret_id"]))
    equal({"role_name": "app", "host": "web-1"}, auth["metadata"])
    assert program.is_authenticated()
    program.auth.token.renew_self()
    equal(2, approle().read_secret_id("app", state["secret_id"])["data"]["secret_id_num_uses"])
    equal("invalid role or secret ID", str(refused(InvalidRequest, client().auth.approle.login, state["role_id"], "wrong")).split(",")[0])


@step("first")
def secret_ids():
    custom = planted("custom")
    accessor = approle().create_custom_secret_id("app", custom, metadata={"host": "web-2"})["data"]["secret_id_accessor"]
    assert accessor in approle().list_secret_id_accessors("app")["data"]["keys"]
    equal({"host": "web-2"}, approle().read_secret_id_accessor("app", accessor)["data"]["metadata"])
    issued(client().auth.approle.login(state["role_id"], custom))
    approle().destroy_secret_id_accessor("app", accessor)
    refused(InvalidPath, approle().read_secret_id_accessor, "app", accessor)
    refused(InvalidRequest, client().auth.approle.login, state["role_id"], custom)
    approle().update_role_id("app", "app.example.org")
    state["role_id"] = approle().read_role_id("app")["data"]["role_id"]
    equal("app.example.org", state["role_id"])
    approle().create_or_update_approle("other")
    other = noted(approle().generate_secret_id("other")["data"]["secret_id"])
    approle().destroy_secret_id("other", other)
    approle().delete_role("other")
    refused(InvalidPath, approle().read_role, "other")


@step("again")
def what_logged_in_before_logs_in_after_the_restart():
    unseal_with(state["hex_keys"])
    user = client(issued(client().auth.userpass.login("bob", state["password"]))["client_token"])
    request, _ = waiting(state["carol"])
    issued(prove(request, "passcode=" + code_of(state["url"], 1)))
    refused(Forbidden, user.auth.userpass.list_user)
    issued(client().auth.approle.login(state["role_id"], state["secret_id"]))
    issued(client().auth.approle.login(state["role_id"], state["secret_id"]))
    refused(InvalidRequest, client().auth.approle.login, state["role_id"], state["secret_id"])


if __name__ == "__main__":
    sys.exit(tour.main(sys.argv[1]))
