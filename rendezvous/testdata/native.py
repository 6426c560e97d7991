#!/usr/bin/python3
"""Writes the test vectors in native.txt beside it (doc/native.md §1 and §2).

A conversation of two native sides, from the code's key to the bodies in the
mailbox. Everything random is made from names by SHA-256, so each run writes the
same; ciphertexts and secrets of ML-KEM are such bytes too, since nothing here
depends on what they mean. Needs PyNaCl and cryptography. Run it in its own
folder. Bytes are in hexadecimal.
"""
import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.secret import SecretBox


def rnd(name, size):
    return b"".join(hashlib.sha256(f"{name} {i}".encode()).digest() for i in range(size // 32 + 1))[:size]


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def hkdf(ikm, salt, info, size):
    prk, out, block, n = mac(salt or bytes(32), ikm), b"", b"", 1
    while len(out) < size:
        block = mac(prk, block + info + bytes([n]))
        out += block
        n += 1
    return out[:size]


def hash_fields(*fields):
    return hashlib.sha256(b"".join(len(f).to_bytes(8, "big") + f for f in fields)).digest()


def padded(n):
    if n <= 4096:
        return max(256, -(-n // 256) * 256)
    e = n.bit_length() - 1  # Padmé
    step = 1 << (e - e.bit_length())
    return -(-n // step) * step


def pad(msg):
    body = len(msg).to_bytes(4, "big") + msg
    return body + bytes(padded(len(body)) - len(body))


def announce(own, suites, features, ek, n):
    member = {"v": [2], "ek": base64.b64encode(ek).decode(), "n": base64.b64encode(n).decode(), "aead": suites, "feat": features}
    text = own[:-1] + ("" if own == "{}" else ",") + '"sesame":' + json.dumps(member, sort_keys=True, separators=(",", ":")) + "}"
    return text.encode() + b" " * (padded(len(text)) - len(text))


def phase_key(key, side, phase):
    digests = hashlib.sha256(side.encode()).digest() + hashlib.sha256(phase.encode()).digest()
    return hkdf(key, None, b"wormhole:phase:" + digests, 32)


def seal(key, side, phase, plain):
    nonce = rnd("nonce " + side + phase, 24)
    return nonce + SecretBox(phase_key(key, side, phase)).encrypt(plain, nonce).ciphertext


def first(k0, ss, th, ct, role, plain):
    key = hkdf(k0 + ss, hash_fields(b"sesame/1 hybrid message", th, ct), b"sesame/1 message of " + role + b" side", 64)
    return ct + key[32:] + ChaCha20Poly1305(key[:32]).encrypt(bytes(12), plain, ct)


out = ["# Two native sides in a mailbox, computed with hashlib, hmac, PyNaCl and cryptography.", "# Made by native.py.", ""]


def put(name, value):
    out.append(f"{name}: {value.hex() if isinstance(value, bytes) else value}".rstrip())


app, nameplate, k0 = "example.com/test", "7", rnd("k0", 32)
put("app", app)
put("nameplate", nameplate)
put("exchange-key", k0)
sides = {
    "first": ("0123456789", '{"app_versions":{}}', ["aes-256-gcm", "chacha20-poly1305"], ["b", "a"]),
    "second": ("abcdef0123", "{}", [], ["a"]),
}
s = {}
for role, (side, own, suites, features) in sides.items():
    ek, n = rnd("ek " + role, 1184), rnd("n " + role, 16)
    s[role] = {
        "side": side, "own": own, "aead": " ".join(suites), "feat": " ".join(features), "ek": ek, "n": n,
        "pake": b'{"pake_v1":"%s"}' % rnd("pake " + role, 33).hex().encode(),
        "version": announce(own, suites, features, ek, n),
        "ct": rnd("ct " + role, 1088), "secret": rnd("ss " + role, 32),
    }
    for k, v in s[role].items():
        put(f"{role}-{k}", v)
a, b = s["first"], s["second"]
th = hash_fields(
    b"sesame/1 transcript", app.encode(), nameplate.encode(),
    a["side"].encode(), a["pake"], a["version"], b["side"].encode(), b["pake"], b["version"])
put("transcript", th)
k = mac(hash_fields(b"sesame/1 hybrid session", th, a["ct"], b["ct"]), k0 + a["secret"] + b["secret"])
put("session-key", k)
for role, x in s.items():
    put(f"{role}-version-body", seal(k0, x["side"], "version", x["version"]))
    for phase, msg in (("0", b"hello from " + role.encode()), ("1", b""), ("2", role.encode() * 1000)):
        put(f"{role}-{phase}", msg)
        if phase == "0":
            inner = first(k0, x["secret"], th, x["ct"], role.encode(), pad(msg))
            put(f"{role}-0-body", seal(k0, x["side"], phase, inner))
        else:
            put(f"{role}-{phase}-key", phase_key(k, x["side"], phase))
            put(f"{role}-{phase}-body", seal(k, x["side"], phase, pad(msg)))
with open("native.txt", "w") as f:
    f.write("\n".join(out) + "\n")
