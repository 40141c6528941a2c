#!/usr/bin/python3
"""A tour of the identity engine with Debian's unmodified python3-hvac. Reads the same world as hvac_tour.py, and prints `ok <step>` for each step."""
import json
import os
import sys
import traceback
import warnings

import hvac
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest

warnings.simplefilter("ignore", DeprecationWarning)

ADDRESS, CA = os.environ["TOUR_ADDRESS"], os.environ["TOUR_CA"]
STATE_FILE = os.environ["TOUR_STATE"]
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


def identity():
    return root().secrets.identity


def noted(value):
    with open(os.environ["TOUR_SECRETS"], "a", encoding="utf-8") as file:
        file.write(value + "\n")
    return value


def refused(errors, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except errors:
        return
    raise AssertionError("was not refused")


@step("first")
def initialise():
    answer = client().sys.initialize(1, 1)
    state["root"], state["key"] = noted(answer["root_token"]), noted(answer["keys"][0])
    client().sys.submit_unseal_key(state["key"])


@step("first")
def tokens_of_entities():
    root().adapter.post("/v1/auth/token/roles/people", json={"allowed_entity_aliases": ["*"], "allowed_policies": ["default"], "orphan": True})
    made = root().adapter.post("/v1/auth/token/create/people", json={"entity_alias": "ann"})
    state["ann"], state["entity"] = noted(made["auth"]["client_token"]), made["auth"]["entity_id"]
    assert state["entity"]


@step("first")
def entities():
    created = identity().create_or_update_entity(name="Ops", metadata={"team": "a"}, policies=["app"])
    read = identity().read_entity(entity_id=created["data"]["id"])["data"]
    assert (read["name"], read["metadata"], read["policies"]) == ("Ops", {"team": "a"}, ["app"])
    identity().create_or_update_entity_by_name(name="ops", policies=["b"])
    assert identity().read_entity_by_name(name="OPS")["data"]["policies"] == ["b"]
    identity().update_entity(entity_id=created["data"]["id"], metadata={"team": "b"})
    assert created["data"]["id"] in identity().list_entities()["data"]["keys"]
    assert "ops" in [name.lower() for name in identity().list_entities_by_name()["data"]["keys"]]
    assert identity().lookup_entity(name="ops")["data"]["id"] == created["data"]["id"]
    identity().delete_entity_by_name(name="ops")
    refused(InvalidPath, identity().read_entity, entity_id=created["data"]["id"])


@step("first")
def aliases():
    alias = identity().read_entity(entity_id=state["entity"])["data"]["aliases"][0]
    assert (alias["name"], alias["mount_path"]) == ("ann", "auth/token/")
    assert identity().read_entity_alias(alias_id=alias["id"])["data"]["canonical_id"] == state["entity"]
    assert alias["id"] in identity().list_entity_aliases()["data"]["keys"]
    found = identity().lookup_entity(alias_name="ann", alias_mount_accessor=alias["mount_accessor"])
    assert found["data"]["id"] == state["entity"]
    refused(InvalidRequest, identity().create_or_update_entity_alias, name="x", canonical_id=state["entity"], mount_accessor="none")


@step("first")
def groups():
    group = identity().create_or_update_group(name="devs", policies=["maker"], member_entity_ids=[state["entity"]])["data"]["id"]
    read = identity().read_group(group_id=group)["data"]
    assert (read["member_entity_ids"], read["type"]) == ([state["entity"]], "internal")
    assert group in identity().list_groups()["data"]["keys"] and "devs" in identity().list_groups_by_name()["data"]["keys"]
    assert identity().lookup_group(name="devs")["data"]["id"] == group
    assert client(state["ann"]).lookup_token()["data"]["identity_policies"] == ["maker"]
    outer = identity().create_or_update_group(name="outer", group_type="external")["data"]["id"]
    accessor = root().sys.list_auth_methods()["data"]["token/"]["accessor"]
    alias = identity().create_or_update_group_alias(name="outer", mount_accessor=accessor, canonical_id=outer)["data"]["id"]
    assert identity().read_group_alias(alias_id=alias)["data"]["canonical_id"] == outer
    assert identity().list_group_aliases()["data"]["keys"] == [alias]
    identity().delete_group_by_name(name="devs")
    assert "identity_policies" not in client(state["ann"]).lookup_token()["data"]


@step("first")
def templates():
    root().sys.create_or_update_policy("own", 'path "identity/oidc/token/*" { capabilities = ["read"] }\npath "cubbyhole/{{identity.entity.id}}" { capabilities = ["read"] }')
    identity().update_entity(entity_id=state["entity"], policies=["own"])
    able = client(state["ann"]).adapter.post("/v1/sys/capabilities-self", json={"paths": ["cubbyhole/" + state["entity"]]})
    assert "read" in able["data"]["capabilities"]


@step("first")
def identity_tokens():
    identity().configure_tokens_backend(issuer=ADDRESS)
    identity().create_named_key(name="main", algorithm="ES256", allowed_client_ids=["*"])
    assert identity().read_named_key(name="main")["data"]["algorithm"] == "ES256"
    identity().create_or_update_role(name="app", key="main", ttl="1h")
    made = client(state["ann"]).secrets.identity.generate_signed_id_token(name="app")["data"]
    state["token"] = noted(made["token"])
    # rotate_named_key of this hvac writes the settings of the key.
    root().adapter.post("/v1/identity/oidc/key/main/rotate", json={"verification_ttl": "1h"})
    assert identity().introspect_signed_id_token(token=made["token"], client_id=made["client_id"])["active"]
    published = client().secrets.identity.read_active_public_keys()["keys"]
    assert len(published) == 3, published
    assert client().secrets.identity.read_well_known_configurations()["issuer"].startswith(ADDRESS)


@step("again")
def unseal():
    client().sys.submit_unseal_key(state["key"])


@step("again")
def all_is_there():
    assert client(state["ann"]).lookup_token()["data"]["entity_id"] == state["entity"]
    assert identity().introspect_signed_id_token(token=state["token"])["active"]


@step("again")
def a_disabled_entity_is_shut_out():
    identity().update_entity(entity_id=state["entity"], disabled=True)
    refused(Forbidden, client(state["ann"]).lookup_token)
    assert not identity().introspect_signed_id_token(token=state["token"])["active"]


def main():
    part = sys.argv[1]
    if os.path.exists(STATE_FILE):
        with open(STATE_FILE, encoding="utf-8") as file:
            state.update(json.load(file))
    for declared, function in steps:
        if declared != part:
            continue
        try:
            function()
        except Exception:
            print("failed", function.__name__)
            traceback.print_exc()
            return 1
        print("ok", function.__name__)
    with open(STATE_FILE, "w", encoding="utf-8") as file:
        json.dump(state, file)
    return 0


sys.exit(main())
