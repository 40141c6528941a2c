#!/usr/bin/python3
"""A tour of `kist kms serve` with Debian's unmodified python3-grpcio, which shares no code with ours: `first` on a fresh plugin, `again` after it was
killed and restarted.

Reads its world from the environment: TOUR_SOCKET (the plugin's, with KMS v1 and v2 on), TOUR_STATE (JSON carried from part to part), TOUR_SECONDS (how
long `load` lasts) and TOUR_SOCKETS (the plugins of `agree` and `refused`, which share a remote key).
Prints `ok <step>` for each step and stops at the first that fails.
"""
import base64
import concurrent.futures
import json
import os
import sys
import threading
import time
import traceback

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool

try:
    from google.protobuf.message_factory import GetMessageClass
except ImportError:
    from google.protobuf.message_factory import MessageFactory

    GetMessageClass = MessageFactory().GetPrototype

SOCKET, STATE_FILE = os.environ["TOUR_SOCKET"], os.environ["TOUR_STATE"]
SEED = bytes(range(32))
DEADLINE = 10

state = {}
steps = []


def step(part):
    """Declares a step of the part; steps run in the order of their declaration."""
    def declare(function):
        steps.append((part, function))
        return function
    return declare


def equal(expected, actual):
    assert expected == actual, "expected %r, got %r" % (expected, actual)


# The interface as Kubernetes publishes it (k8s.io/kms), put together anew.
STRING, BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_STRING, descriptor_pb2.FieldDescriptorProto.TYPE_BYTES


def build(package, messages):
    file = descriptor_pb2.FileDescriptorProto(name=package + ".proto", package=package, syntax="proto3")
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            added = message.field.add(name=field, number=number, label=1)
            if kind == "map":
                entry = message.nested_type.add(name="".join(p.title() for p in field.split("_")) + "Entry")
                entry.field.add(name="key", number=1, label=1, type=STRING)
                entry.field.add(name="value", number=2, label=1, type=BYTES)
                entry.options.map_entry = True
                added.label, added.type = 3, descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
                added.type_name = ".%s.%s.%s" % (package, name, entry.name)
            else:
                added.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: GetMessageClass(pool.FindMessageTypeByName("%s.%s" % (package, name))) for name in messages}


V2 = {
    "StatusRequest": {}, "StatusResponse": {"version": (1, STRING), "healthz": (2, STRING), "key_id": (3, STRING)},
    "EncryptRequest": {"plaintext": (1, BYTES), "uid": (2, STRING)},
    "EncryptResponse": {"ciphertext": (1, BYTES), "key_id": (2, STRING), "annotations": (3, "map")},
    "DecryptRequest": {"ciphertext": (1, BYTES), "uid": (2, STRING), "key_id": (3, STRING), "annotations": (4, "map")},
    "DecryptResponse": {"plaintext": (1, BYTES)},
}
V1 = {
    "VersionRequest": {"version": (1, STRING)},
    "VersionResponse": {"version": (1, STRING), "runtime_name": (2, STRING), "runtime_version": (3, STRING)},
    "EncryptRequest": {"version": (1, STRING), "plain": (2, BYTES)}, "EncryptResponse": {"cipher": (1, BYTES)},
    "DecryptRequest": {"version": (1, STRING), "cipher": (2, BYTES)}, "DecryptResponse": {"plain": (1, BYTES)},
}
MESSAGES = {"v2": build("v2", V2), "v1beta1": build("v1beta1", V1)}


class Plugin:
    """The plugin over a connection of its own, with the given :authority."""

    def __init__(self, authority="localhost", socket=SOCKET, **options):
        every = [("grpc.default_authority", authority), ("grpc.use_local_subchannel_pool", 1), *options.items()]
        self.channel = grpc.insecure_channel("unix:" + socket, options=every)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def method(self, name, package="v2"):
        response = MESSAGES[package][name + "Response"]
        return self.channel.unary_unary(
            "/%s.KeyManagementService/%s" % (package, name), lambda m: m.SerializeToString(), response.FromString)

    def call(self, name, package="v2", **fields):
        request = MESSAGES[package][name + "Request"](**fields)
        return self.method(name, package)(request, timeout=DEADLINE, wait_for_ready=True)

    def encrypt(self, plaintext=SEED):
        return self.call("Encrypt", plaintext=plaintext, uid="tour")

    def decrypt(self, wrapped, **changed):
        fields = {"ciphertext": wrapped.ciphertext, "key_id": wrapped.key_id, "annotations": dict(wrapped.annotations), "uid": "tour"}
        return self.call("Decrypt", **{**fields, **changed}).plaintext


def refused(code, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except grpc.RpcError as e:
        equal(code, e.code())
        return e.details()
    raise AssertionError("the call succeeded")


def packed(wrapped):
    return base64.b64encode(wrapped.SerializeToString()).decode()


def unpacked(text):
    return MESSAGES["v2"]["EncryptResponse"].FromString(base64.b64decode(text))


@step("first")
def status_is_what_an_api_server_wants():
    with Plugin() as plugin:
        status = plugin.call("Status")
        equal(("v2", "ok"), (status.version, status.healthz))
        assert 1 <= len(status.key_id) <= 1024
        state["key_id"] = status.key_id


@step("first")
def what_is_encrypted_is_decrypted_and_keeps_to_the_limits():
    with Plugin() as plugin:
        wrapped = plugin.encrypt()
        equal(state["key_id"], wrapped.key_id)
        assert 1 <= len(wrapped.ciphertext) <= 1024
        assert sum(len(k) + len(v) for k, v in wrapped.annotations.items()) <= 32768
        for name in wrapped.annotations:
            assert "." in name and name == name.lower(), name
        equal(SEED, plugin.decrypt(wrapped))
        state["wrapped"] = packed(wrapped)


@step("first")
def every_authority_that_api_servers_send_is_served():
    for authority in ["localhost", SOCKET, SOCKET.replace("/", "%2F"), "@kms", "kms.sock:1234", "a" * 3000]:
        with Plugin(authority) as plugin:
            equal("ok", plugin.call("Status").healthz)
            equal(SEED, plugin.decrypt(plugin.encrypt()))


@step("first")
def many_calls_reuse_one_connection_and_its_header_table():
    with Plugin(SOCKET) as plugin:
        for number in range(500):
            metadata = [("x-number", "n%d" % (number % 7)), ("x-blob-bin", bytes([number % 256]) * 20)]
            answer = plugin.method("Status").with_call(
                MESSAGES["v2"]["StatusRequest"](), timeout=DEADLINE, metadata=metadata)[0]
            equal("ok", answer.healthz)


@step("first")
def callers_at_once_get_each_their_own():
    with Plugin(SOCKET) as plugin, concurrent.futures.ThreadPoolExecutor(16) as pool:
        seeds = [os.urandom(32) for _ in range(400)]
        equal(seeds, list(pool.map(lambda seed: plugin.decrypt(plugin.encrypt(seed)), seeds)))


@step("first")
def the_end_of_a_call_is_told_in_trailers():
    with Plugin() as plugin:
        _, call = plugin.method("Status").with_call(MESSAGES["v2"]["StatusRequest"](), timeout=DEADLINE)
        equal(grpc.StatusCode.OK, call.code())
        detail = refused(grpc.StatusCode.INVALID_ARGUMENT, plugin.call, "Decrypt", ciphertext=b"x", key_id="k", uid="tour")
        assert "making" in detail, detail


@step("first")
def an_unknown_method_and_an_unknown_service_are_unimplemented():
    with Plugin() as plugin:
        for path in ["/v2.KeyManagementService/Rotate", "/v3.KeyManagementService/Status", "/grpc.health.v1.Health/Watch", "/"]:
            method = plugin.channel.unary_unary(path)
            refused(grpc.StatusCode.UNIMPLEMENTED, method, b"", timeout=DEADLINE)


@step("first")
def tools_that_know_grpcs_health_checks_are_answered():
    # HealthCheckRequest {string service = 1}, HealthCheckResponse {status = 1}, of which 1 is SERVING.
    with Plugin() as plugin:
        check = plugin.channel.unary_unary("/grpc.health.v1.Health/Check")
        for service in [b"", b"v2.KeyManagementService", b"v1beta1.KeyManagementService"]:
            equal(b"\x08\x01", check(b"\x0a" + bytes([len(service)]) + service if service else b"", timeout=DEADLINE))
        refused(grpc.StatusCode.NOT_FOUND, check, b"\x0a\x01x", timeout=DEADLINE)


@step("first")
def deadlines_that_are_over_leave_the_connection_good():
    with Plugin() as plugin:
        plugin.call("Status")
        for number in range(200):
            try:
                plugin.method("Encrypt")(MESSAGES["v2"]["EncryptRequest"](plaintext=SEED, uid="tour"), timeout=number / 1e5)
            except grpc.RpcError as e:
                equal(grpc.StatusCode.DEADLINE_EXCEEDED, e.code())
        equal(SEED, plugin.decrypt(plugin.encrypt()))


@step("first")
def cancelled_calls_leave_the_connection_good():
    with Plugin() as plugin:
        for _ in range(200):
            future = plugin.method("Encrypt").future(MESSAGES["v2"]["EncryptRequest"](plaintext=SEED, uid="tour"), timeout=DEADLINE)
            future.cancel()
        equal(SEED, plugin.decrypt(plugin.encrypt()))


@step("first")
def oversize_is_refused_and_the_plugin_serves_on():
    with Plugin() as plugin:
        refused(grpc.StatusCode.INVALID_ARGUMENT, plugin.encrypt, b"x" * 1000)
        refused(grpc.StatusCode.RESOURCE_EXHAUSTED, plugin.encrypt, b"x" * (300 * 1024))
        refused(grpc.StatusCode.RESOURCE_EXHAUSTED, plugin.encrypt, b"x" * (20 * 1024 * 1024))
        equal(SEED, plugin.decrypt(plugin.encrypt()))


@step("first")
def what_is_no_message_is_refused():
    with Plugin() as plugin:
        for body in [b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0b" * 50]:
            refused(grpc.StatusCode.INTERNAL, plugin.channel.unary_unary("/v2.KeyManagementService/Decrypt"), body, timeout=DEADLINE)


@step("first")
def every_changed_part_is_refused():
    with Plugin() as plugin:
        wrapped = plugin.encrypt()
        equal(SEED, plugin.decrypt(wrapped))
        for place in range(len(wrapped.ciphertext)):
            changed = bytearray(wrapped.ciphertext)
            changed[place] ^= 1
            refused(grpc.StatusCode.INVALID_ARGUMENT, plugin.decrypt, wrapped, ciphertext=bytes(changed))
        for name, value in wrapped.annotations.items():
            for place in range(len(value)):
                changed = bytearray(value)
                changed[place] ^= 1
                refused(grpc.StatusCode.INVALID_ARGUMENT, plugin.decrypt, wrapped, annotations={**wrapped.annotations, name: bytes(changed)})
        refused(grpc.StatusCode.INVALID_ARGUMENT, plugin.decrypt, wrapped, key_id=wrapped.key_id + "x")
        refused(grpc.StatusCode.INVALID_ARGUMENT, plugin.decrypt, wrapped, annotations={})


@step("first")
def another_connection_reads_it_too():
    with Plugin(SOCKET) as one, Plugin() as other:
        equal(SEED, other.decrypt(one.encrypt()))


@step("first")
def kms_v1_is_served_with_the_path_as_authority():
    with Plugin(SOCKET) as plugin:
        version = plugin.call("Version", "v1beta1", version="v1beta1")
        equal(("v1beta1", "kist"), (version.version, version.runtime_name))
        for plain in [b"ping", SEED, b"x" * 50000]:
            cipher = plugin.call("Encrypt", "v1beta1", version="v1beta1", plain=plain).cipher
            assert len(cipher) < 65536
            equal(plain, plugin.call("Decrypt", "v1beta1", version="v1beta1", cipher=cipher).plain)
        state["cipher"] = base64.b64encode(plugin.call("Encrypt", "v1beta1", version="v1beta1", plain=SEED).cipher).decode()
        for length in range(len(cipher[:200])):
            refused(grpc.StatusCode.INVALID_ARGUMENT, plugin.call, "Decrypt", "v1beta1", version="v1beta1", cipher=cipher[:length])


@step("again")
def what_was_encrypted_before_is_read_after_a_restart():
    with Plugin() as plugin:
        equal(state["key_id"], plugin.call("Status").key_id)
        equal(SEED, plugin.decrypt(unpacked(state["wrapped"])))
        equal(SEED, plugin.call("Decrypt", "v1beta1", version="v1beta1", cipher=base64.b64decode(state["cipher"])).plain)


def load(seconds):
    """Encrypts and decrypts from many threads while somebody kills and restarts the plugin. Every answer must be right; calls may fail meanwhile."""
    known, lock, ends = [], threading.Lock(), time.monotonic() + seconds
    done = {"right": 0, "failed": 0}

    def work(number):
        with Plugin(SOCKET if number % 2 else "localhost", **{"grpc.max_reconnect_backoff_ms": 200}) as plugin:
            while time.monotonic() < ends:
                seed = os.urandom(32)
                try:
                    wrapped = plugin.encrypt(seed)
                    with lock:
                        known.append((seed, wrapped))
                        expected, other = known[int.from_bytes(os.urandom(4), "big") % len(known)]
                    equal(expected, plugin.decrypt(other))
                    done["right"] += 1
                except grpc.RpcError as e:
                    assert e.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED), e
                    done["failed"] += 1

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for result in [pool.submit(work, n) for n in range(8)]:
            result.result()
    with Plugin() as plugin:
        for expected, wrapped in known:
            equal(expected, plugin.decrypt(wrapped))
    print("load: %d right, %d failed, %d kept" % (done["right"], done["failed"], len(known)), flush=True)
    assert done["right"] > 0


@step("load")
def no_answer_is_wrong_while_the_plugin_is_killed():
    load(float(os.environ["TOUR_SECONDS"]))


def every_plugin():
    return [Plugin(socket, socket) for socket in os.environ["TOUR_SOCKETS"].split(",")]


def all_is_read(plugins):
    for value in state["values"]:
        for plugin in plugins:
            equal(SEED, plugin.decrypt(unpacked(value)))


@step("agree")
def every_plugin_reads_what_any_plugin_ever_wrote():
    plugins = every_plugin()
    state.setdefault("values", []).extend(packed(plugin.encrypt()) for plugin in plugins)
    all_is_read(plugins)
    equal(["ok"] * len(plugins), [plugin.call("Status").healthz for plugin in plugins])
    for plugin in plugins:
        equal(plugin.call("Status").key_id, plugin.encrypt().key_id)


@step("refused")
def every_plugin_refuses_to_encrypt_and_says_why_and_reads_on():
    plugins = every_plugin()
    for plugin in plugins:
        assert "permission denied" in plugin.call("Status").healthz
        refused(grpc.StatusCode.PERMISSION_DENIED, plugin.encrypt)
        # HealthCheckResponse {status = 1}, of which 2 is NOT_SERVING.
        equal(b"\x08\x02", plugin.channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=DEADLINE))
    all_is_read(plugins)


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
