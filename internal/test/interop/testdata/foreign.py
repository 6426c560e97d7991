"""Runs the tests that Debian's Python packages of the Magic Wormhole family come
with, those that talk to a server, against another server: a fresh process for each.

    python3 foreign.py theirs|RELAY SUITE [NAME...]

RELAY is the path of a sesame-relay, SUITE a key of SUITES, NAMEs are left out. Each
line that is written is a JSON object: the name of a test, how it failed, or null, and
how often it did before it passed.

The tests also look into the tables of the server that they believe to have in their
own process. What does something there (a side that claims, a message that is added) is
done by one more client here. What only asks is answered with an Unknown, which equals
everything: that part of a test tests nothing. Nameplates that aren't numbers, which no
client sends, become numbers on their way.
"""
import base64
import importlib
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.modules.setdefault("mock", unittest.mock)
sys.modules.setdefault("treq", unittest.mock.MagicMock())  # for tests of their logs only

from twisted.internet import defer  # noqa: E402
from twisted.trial import runner  # noqa: E402
from twisted.trial.unittest import TestCase  # noqa: E402

TestCase.timeout = 60

SUITES = {
    "wormhole": [
        "wormhole.test.test_cli:PregeneratedCode,ZeroMode,NotWelcome,NoServer,Cleanup,AppID",
        "wormhole.test.test_wormhole:Delegated,Wormholes,Errors,Reconnection",
        "wormhole.test.test_transit:Full",
        "wormhole.test.test_xfer_util:Xfer",
        "wormhole.test.dilate.test_full:Full,Reconnect,Endpoints",
    ],
    "mailbox-server": ["wormhole_mailbox_server.test.test_web:WebSocketAPI"],
    "transit-relay": ["wormhole_transit_relay.test.test_transit_server:TransitWithoutLogs,Usage"],
}
COMMON = {
    "wormhole": "wormhole.test.common",
    "mailbox-server": "wormhole_mailbox_server.test.common",
    "transit-relay": "wormhole_transit_relay.test.common",
}


class Unknown:
    """What can't be known of a server from outside."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0

    def __len__(self):
        return 1

    def __iter__(self):
        return iter([Unknown()])

    def __getitem__(self, key):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        return self


def unless_unknown(method):
    def check(self, first, *rest, **kwargs):
        if not isinstance(first, Unknown):
            return method(self, first, *rest, **kwargs)

    return check


for name in ["assertTrue", "assertFalse", "failUnless", "failIf"]:
    setattr(TestCase, name, unless_unknown(getattr(TestCase, name)))


NUMBERS = {"np1": "9001", "np2": "9002"}
NAMES = {number: name for name, number in NUMBERS.items()}


def numbered(fields):
    """Returns the fields of a command as a client would send them."""
    if fields.get("nameplate") in NUMBERS:
        return dict(fields, nameplate=NUMBERS[fields["nameplate"]])
    return fields


def named(message):
    """Returns an answer with the names that the tests know."""
    if message["type"] == "nameplates":
        message["nameplates"] = [{"id": NAMES.get(n["id"], n["id"])} for n in message["nameplates"]]
    return message


class Client:
    """One more client of a mailbox server, which waits for each answer."""

    def __init__(self, port, side, appid="appid"):
        self.sock = socket.create_connection(("127.0.0.1", port), 30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall((
            "GET /v1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % (port, key)).encode())
        self.file = self.sock.makefile("rb")
        while self.file.readline().strip():
            pass
        self.wait("welcome")
        self.send("bind", appid=appid, side=side)

    def send(self, kind, **fields):
        data = json.dumps(dict(numbered(fields), type=kind)).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))
        self.sock.sendall(b"\x81" + size + b"\0\0\0\0" + data)

    def wait(self, kind):
        while True:
            head = self.file.read(2)
            if len(head) < 2:
                raise RuntimeError("the server has hung up")
            size = head[1]
            if size == 126:
                size = struct.unpack("!H", self.file.read(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self.file.read(8))[0]
            data = self.file.read(size)
            if head[0] & 15 != 1:
                continue
            message = json.loads(data)
            if message["type"] == "error":
                raise RuntimeError(message["error"])
            if message["type"] == kind:
                return named(message)

    def ask(self, kind, answer, **fields):
        self.send(kind, **fields)
        return self.wait(answer)

    def close(self):
        self.file.close()
        self.sock.close()


class Mailbox(Unknown):
    def __init__(self, client, id):
        self.client, self.id = client, id
        client.send("open", mailbox=id)

    def add_message(self, message):
        self.client.ask("add", "message", phase=message.phase, body=message.body)

    def add_listener(self, handle, send, stop):
        send(Unknown())

    def has_listeners(self):
        return Unknown()

    def close(self, side, mood, when):
        pass


class App(Unknown):
    def __init__(self, relay, appid):
        self.relay, self.appid = relay, appid

    def client(self, side):
        return self.relay.keep(Client(self.relay.port, side, self.appid))

    def claim_nameplate(self, name, side, when):
        return self.client(side).ask("claim", "claimed", nameplate=name)["mailbox"]

    def allocate_nameplate(self, side, when):
        return self.client(side).ask("allocate", "allocated")["nameplate"]

    def get_nameplate_ids(self):
        return {n["id"] for n in self.client("who only asks").ask("list", "nameplates")["nameplates"]}

    def open_mailbox(self, id, side, when):
        return Mailbox(self.client(side), id)


class Relay:
    """A running sesame-relay, in the place of whatever a test believes it is."""

    program = None
    running = []

    def __init__(self, error=None, version=None):
        args = [self.program, "--listen", "127.0.0.1:0", "--no-stun", "--quiet", "--list", "--drain", "0s"]
        self.state = tempfile.mkdtemp() if os.environ.get("SESAME_TEST_STORE") == "bolt" else "none"
        args += ["--state", self.state]
        if error:
            args += ["--signal-error", error]
        if version:
            args += ["--advertise-version", version]
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        self.url = line.strip().split("=", 1)[1]
        self.port = int(self.url.rsplit(":", 1)[1].split("/")[0])
        self.kept = []
        self.running.append(self)

    def keep(self, client):
        self.kept.append(client)
        return client

    def stop(self):
        while self.kept:
            self.kept.pop().close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if self.state != "none":
            shutil.rmtree(self.state, ignore_errors=True)  # some stop it twice
        return defer.succeed(None)

    def stopService(self):
        """Theirs accepts nothing more, and keeps the connections it has."""
        return defer.succeed(None)

    get_app = lambda self, appid: App(self, appid)  # noqa: E731
    stopListening = stopService
    disownServiceParent = stop
    _apps = Unknown()


def put_in_place(suite):
    """Has the tests of a suite set up our server where they set up theirs."""

    def setup(self, error=None, advertise_version=None, **kwargs):
        relay = Relay(error, advertise_version)
        self.relayurl, self.rdv_ws_port = relay.url, relay.port
        self.transit, self.transitport = "tcp:127.0.0.1:%d" % relay.port, relay.port
        self._rendezvous = self._server = self._relay_server = self._lp = self.sp = relay
        self._usage_db = self._transit_server = Unknown()
        return defer.succeed(None)

    common = importlib.import_module(COMMON[suite])
    common.ServerBase._setup_relay = setup
    if suite == "mailbox-server":
        for name in ["_nameplate", "_mailbox"]:
            setattr(common._Util, name, lambda self, app, id: (Unknown(), Unknown()))
        client = importlib.import_module("wormhole_mailbox_server.test.ws_client").WSClient
        send, hear = client.send, client.onMessage
        client.send = lambda self, kind, **fields: send(self, kind, **numbered(fields))
        client.onMessage = lambda self, data, binary: hear(self, json.dumps(named(json.loads(data))).encode(), binary)


def cases(suite):
    loader = runner.TestLoader()
    for entry in SUITES[suite]:
        module, classes = entry.split(":")
        for name in classes.split(","):
            yield from loader.loadClass(getattr(importlib.import_module(module), name))


# Some tests take for granted which of two things comes first: that two lines of a
# relay, or a line and what follows it, arrive apart. What fails so often is a fault.
TRIES = 3


def run(case):
    """Runs a test. Returns how it failed, or None."""
    result = unittest.TestResult()
    case.run(result)
    while Relay.running:
        Relay.running.pop().stop()
    trouble = [text for _, text in result.failures + result.errors]
    trouble += ["skipped: %s" % why for _, why in result.skipped]
    return "\n".join(trouble) or None


def main():
    program, suite, left_out = sys.argv[1], sys.argv[2], set(sys.argv[3:])
    if program != "theirs":
        Relay.program = program
        put_in_place(suite)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what tests print isn't a result
    sys.stdout = sys.stderr
    for case in cases(suite):
        name = case.id().split(".test.", 1)[1]
        if name in left_out:
            left_out.remove(name)
            continue
        failed = []
        for _ in range(TRIES):
            trouble = run(type(case)(case._testMethodName))
            if trouble is None:
                break
            failed.append(trouble)
        else:
            trouble = "\n".join(failed)
        print(json.dumps({"name": name, "trouble": trouble, "again": len(failed)}), file=out, flush=True)
    for name in left_out:
        print(json.dumps({"name": name, "trouble": "no such test, though it is left out"}), file=out, flush=True)


main()
