#!/usr/bin/python3
"""Writes the test vectors beside it: exchange.txt, message.txt, key.txt.

Needs python3-spake2 and python3-nacl. Run it in its own folder. The vectors
are blocks of "name: value" lines with an empty line between them; all bytes
are in hexadecimal, scalars little-endian.
"""
import hashlib
import hmac
import unicodedata

from nacl.secret import SecretBox
from spake2 import SPAKE2_Symmetric
from spake2 import ed25519_basic as ed
from spake2.parameters.all import ParamsEd25519
from spake2.spake2 import SideSymmetric

APPID = "lothar.com/wormhole/text-or-file-xfer"


def hkdf(secret, info, size):
    prk = hmac.new(b"\0" * 32, secret, hashlib.sha256).digest()
    out = block = b""
    while len(out) < size:
        n = bytes([len(out) // 32 + 1])
        block = hmac.new(prk, block + info + n, hashlib.sha256).digest()
        out += block
    return out[:size]


def nfc(s):
    return unicodedata.normalize("NFC", s).encode("utf-8")


def party(code, appid, scalar):
    p = SPAKE2_Symmetric(nfc(code), idSymmetric=nfc(appid),
                         entropy_f=lambda n: b"\0" * n)
    p.start()
    p.xy_scalar = int.from_bytes(scalar, "little")
    p.xy_elem = ParamsEd25519.group.Base.scalarmult(p.xy_scalar)
    p.compute_outbound_message()
    return p, SideSymmetric + p.outbound_message


def scalar(seed):
    n = int.from_bytes(hashlib.sha512(seed.encode()).digest(), "little") % ed.L
    return n.to_bytes(32, "little").hex()


def write(name, comment, blocks):
    with open(name, "w", encoding="utf-8") as f:
        f.write(f"# {comment}\n# Made by vectors.py.\n")
        for block in blocks:
            f.write("\n" + "".join(f"{k}: {v}\n" for k, v in block.items()))


def exchange(name, code, appid, a, b):
    pa, ma = party(code, appid, bytes.fromhex(a))
    pb, mb = party(code, appid, bytes.fromhex(b))
    key = pa.finish(mb)
    assert key == pb.finish(ma)
    return {
        "name": name,
        "code": code.encode("utf-8").hex(),
        "appid": appid.encode("utf-8").hex(),
        "scalar-a": a,
        "scalar-b": b,
        "message-a": ma.hex(),
        "message-b": mb.hex(),
        "key": key.hex(),
    }


ONE = "01" + "00" * 31
TWO = "02" + "00" * 31
FIRST = ("03c4df7c84f7faf870ea6b2ab4808ca8d85aa821feffd8494b9a6247a950140c",
         "accbdf78a82cca6e110c831c0600c039855544eeda7802c50111e9735b4c7e05")
CAFE = ("692fed5f0fb843d78d40da932ccb0e593acb8050557a8b421af37abf10584909",
        "f933bba9c2a327700415bbcdfc4f90e9e6129a5bd4a12faca95ead56427dcc0f")

exchanges = [
    exchange("plain", "4-purple-sausages", APPID, *FIRST),
    exchange("scalars 1 and 2", "1-aftermath-drumbeat", "example.com/test", ONE, TWO),
    exchange("not ASCII", "7-caf\u00e9-\u00fcber", APPID, *CAFE),
    exchange("not ASCII, typed decomposed", "7-cafe\u0301-u\u0308ber", APPID, *CAFE),
    exchange("shared point ends in a zero byte", "99-guitarist-revenge", APPID,
             "3664f49e7bb75990801cba22a9cd8e7545191ba320955d6d9adb4be5a946520e",
             "1f84a26a9d18a6fd8566e33d5d0160e18aa77f19a7851b7edf7399bf06836703"),
    exchange("own message ends in a zero byte", "99-guitarist-revenge", APPID,
             "dc808f76287f89d2fa71c09234cac7c656b389704ce08ac0ee2a5ea38599e40b",
             "cdf652082f7f480096e7f04c3882cfa86bc8e133cdf443aa50f60767284c5107"),
] + [
    exchange(f"random {i}", f"{i}-random-vector", APPID, scalar(f"a{i}"), scalar(f"b{i}"))
    for i in range(1, 9)
]
write("exchange.txt", "Agreements, computed with python-spake2.", exchanges)


# Messages that a party with code "4-purple-sausages" and the first scalar
# receives. expect: ok, message (refused), reflected (our own).
def point(p):
    return SideSymmetric + p.to_bytes()


own = party("4-purple-sausages", APPID, bytes.fromhex(FIRST[0]))[1]
good = party("4-purple-sausages", APPID, bytes.fromhex(FIRST[1]))[1]
w = ParamsEd25519.group.password_to_scalar(b"4-purple-sausages")
blind = point(ParamsEd25519.S.scalarmult(w))
big = ed.Q  # the field's prime, 2^255 - 19


def encoded(y, sign=0):
    return b"S" + (y | sign << 255).to_bytes(32, "little")


order8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
other8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"


def flipped(h):
    b = bytearray.fromhex(h)
    b[31] ^= 0x80
    return bytes(b)


def added_order_8():
    q = ed.xform_affine_to_extended(ed.decodepoint(bytes.fromhex(order8)))
    b = ed.xform_affine_to_extended(ed.B)
    return ed.encodepoint(ed.xform_extended_to_affine(ed.add_elements(q, b)))


messages = [
    ("peer", "ok", good),
    ("base point", "ok", b"S" + bytes.fromhex("58" + "66" * 31)),
    ("empty", "message", b""),
    ("1 byte", "message", b"S"),
    ("32 bytes", "message", good[:32]),
    ("33 bytes without kind", "message", good[1:] + b"\0"),
    ("34 bytes", "message", good + b"\0"),
    ("64 bytes", "message", good + good[:31]),
    ("kind A", "message", b"A" + good[1:]),
    ("kind B", "message", b"B" + good[1:]),
    ("kind 0", "message", b"\0" + good[1:]),
    ("identity", "message", encoded(1)),
    ("identity, sign bit", "message", encoded(1, 1)),
    ("identity, y = p+1", "message", encoded(big + 1)),
    ("identity, y = p+1, sign bit", "message", encoded(big + 1, 1)),
    ("order 2", "message", encoded(big - 1)),
    ("order 2, sign bit", "message", encoded(big - 1, 1)),
    ("order 4", "message", encoded(0)),
    ("order 4, other", "message", encoded(0, 1)),
    ("order 4, y = p", "message", encoded(big)),
    ("order 4, y = p, sign bit", "message", encoded(big, 1)),
    ("order 8, first", "message", b"S" + bytes.fromhex(order8)),
    ("order 8, second", "message", b"S" + flipped(order8)),
    ("order 8, third", "message", b"S" + bytes.fromhex(other8)),
    ("order 8, fourth", "message", b"S" + flipped(other8)),
    ("base point + order 2", "message", b"S" + bytes.fromhex("95" + "99" * 31)),
    ("base point + order 8", "message", b"S" + added_order_8()),
    ("y = p+3", "message", encoded(big + 3)),
    ("y = p+18", "message", encoded(big + 18)),
    ("all ones", "message", b"S" + b"\xff" * 32),
    ("not on the curve", "message", encoded(2)),
    ("key would be the identity", "message", blind),
    ("own message", "reflected", own),
]
write("message.txt", "What Finish does with messages.",
      [{"name": n, "expect": e, "message": m.hex()} for n, e, m in messages])

# Keys derived from a key.
K = bytes.fromhex("4b8ed18dd90f8aaffe751f9cd7e0879f5d02304fe5676905b941d4bd7ab410a7")
K2 = bytes.fromhex("588ba9eef353778b074413a0140205d90d7479e36e0dd4ee35bb729d26131ef1")


def sha(s):
    return hashlib.sha256(s.encode()).digest()


def derived(key, purpose, size=32):
    return {"kind": "derive", "key": key.hex(), "purpose": purpose, "size": size,
            "result": hkdf(key, purpose.encode(), size).hex()}


def phase(key, side, name):
    info = b"wormhole:phase:" + sha(side) + sha(name)
    return {"kind": "phase", "key": key.hex(), "side": side, "phase": name,
            "result": hkdf(key, info, 32).hex()}


def sealed(key, side, name, nonce, plain):
    k = bytes.fromhex(phase(key, side, name)["result"])
    box = SecretBox(k).encrypt(plain.encode(), nonce)
    return {"kind": "seal", "key": key.hex(), "side": side, "phase": name,
            "nonce": nonce.hex(), "plaintext": plain.encode().hex(),
            "result": bytes(box).hex()}


write("key.txt", "Keys and sealed messages, computed with HMAC and PyNaCl.", [
    {"kind": "verifier", "key": K.hex(), "result": hkdf(K, b"wormhole:verifier", 32).hex()},
    derived(K, "purpose1", 10),
    derived(K, "dilation-v1"),
    derived(K, APPID + "/transit-key"),
    derived(K2, "purpose1"),
    derived(K, "long", 8160),
    phase(K, "0123456789", "version"),
    phase(K, "abcdef0123", "version"),
    phase(K, "0123456789", "0"),
    phase(K, "0123456789", "1"),
    phase(K, "0123456789", "10"),
    phase(K, "abcdef0123", "0"),
    phase(K2, "side1", "phase1"),
    sealed(K, "0123456789", "version", bytes(range(24)), '{"app_versions": {}}'),
    sealed(K, "abcdef0123", "0", b"\x42" * 24, '{"answer":{"file_ack":"ok"}}'),
])
