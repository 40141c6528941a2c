#!/usr/bin/python3
"""One call of the main job with Debian's unmodified python3-hvac: `store`, `read` or `refused`, with MAIN_ADDRESS, MAIN_TOKEN and MAIN_SECRET."""
import os
import sys

import hvac

client = hvac.Client(url=os.environ["MAIN_ADDRESS"], token=os.environ["MAIN_TOKEN"])
kv, secret = client.secrets.kv.v2, os.environ["MAIN_SECRET"]
if sys.argv[1] == "store":
    kv.create_or_update_secret("app/db", {"password": secret}, mount_point="secret")
elif sys.argv[1] == "read":
    assert kv.read_secret_version("app/db", mount_point="secret")["data"]["data"]["password"] == secret
else:
    try:
        kv.read_secret_version("app/db", mount_point="secret")
    except hvac.exceptions.Forbidden:
        pass
    else:
        raise AssertionError("the token was not refused")
print("done")
