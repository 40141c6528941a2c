#!/usr/bin/python3
"""How Debian's unmodified python3-hvac logs in: with passwords and with secret ids. The world and the helpers are those of hvac_tour.py."""
import sys

sys.dont_write_bytecode = True

import hvac_tour as tour
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest
from hvac_tour import client, equal, issued, noted, planted, refused, root, state, step, unseal_with

tour.steps.clear()


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
    refused(Forbidden, user.auth.userpass.list_user)
    issued(client().auth.approle.login(state["role_id"], state["secret_id"]))
    issued(client().auth.approle.login(state["role_id"], state["secret_id"]))
    refused(InvalidRequest, client().auth.approle.login, state["role_id"], state["secret_id"])


if __name__ == "__main__":
    sys.exit(tour.main(sys.argv[1]))
