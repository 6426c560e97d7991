#!/usr/bin/python3
"""Writes the test vectors in hybrid.txt beside it (doc/native.md §2).

The key schedule is computed with hashlib and hmac alone. ML-KEM-768 and
ChaCha20-Poly1305 come from the cryptography package (48 or later), so that key
pairs and encapsulations are another implementation's too. Encapsulations are
random: each run writes other vectors. Run it in its own folder. All bytes are in
hexadecimal.
"""
import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import mlkem
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(prk, info, size):
    out, block, n = b"", b"", 1
    while len(out) < size:
        block = mac(prk, block + info + bytes([n]))
        out += block
        n += 1
    return out[:size]


def hash_fields(*fields):
    return hashlib.sha256(b"".join(len(f).to_bytes(8, "big") + f for f in fields)).digest()


def message_key(k0, ss, th, ct, role):
    salt = hash_fields(b"sesame/1 hybrid message", th, ct)
    return expand(mac(salt, k0 + ss), b"sesame/1 message of " + role + b" side", 64)


def session_key(k0, ss1, ss2, th, ct1, ct2):
    return mac(hash_fields(b"sesame/1 hybrid session", th, ct1, ct2), k0 + ss1 + ss2)


def seal(key, ct, plaintext):
    return key[32:] + ChaCha20Poly1305(key[:32]).encrypt(bytes(12), plaintext, ct)


def case(name, k0, th, seed1, seed2, p1, p2):
    dk1 = mlkem.MLKEM768PrivateKey.from_seed_bytes(seed1)
    dk2 = mlkem.MLKEM768PrivateKey.from_seed_bytes(seed2)
    ss1, ct1 = dk2.public_key().encapsulate()
    ss2, ct2 = dk1.public_key().encapsulate()
    if len(ss1) != 32:
        (ss1, ct1), (ss2, ct2) = (ct1, ss1), (ct2, ss2)
    key1 = message_key(k0, ss1, th, ct1, b"first")
    key2 = message_key(k0, ss2, th, ct2, b"second")
    k = session_key(k0, ss1, ss2, th, ct1, ct2)
    return [
        ("name", name), ("exchange-key", k0), ("transcript", th),
        ("first-seed", seed1), ("first-ek", dk1.public_key().public_bytes_raw()),
        ("second-seed", seed2), ("second-ek", dk2.public_key().public_bytes_raw()),
        ("first-ct", ct1), ("first-secret", ss1), ("first-message-key", key1),
        ("first-plaintext", p1), ("first-sealed", seal(key1, ct1, p1)),
        ("second-ct", ct2), ("second-secret", ss2), ("second-message-key", key2),
        ("second-plaintext", p2), ("second-sealed", seal(key2, ct2, p2)),
        ("session-key", k),
        ("session-purpose", b"sesame/1 test"),
        ("session-derived", expand(mac(bytes(32), k), b"sesame/1 test", 42)),
    ]


def h(s):
    return hashlib.sha256(s.encode()).digest()


cases = [
    case("text both ways", h("k0"), h("th"), h("a") + h("b"), h("c") + h("d"), b"open", b"sesame"),
    case("empty messages", h("k1"), h("th1"), h("e") + h("f"), h("g") + h("h"), b"", b""),
    case("all zero", bytes(32), bytes(32), bytes(64), bytes(63) + b"\1", bytes(1), bytes(100)),
]
with open("hybrid.txt", "w") as f:
    f.write('# The hybrid key, computed with hashlib, hmac and the cryptography package.\n# Made by hybrid.py.\n')
    for c in cases:
        f.write("\n")
        for k, v in c:
            f.write(f"{k}: {v if isinstance(v, str) else v.hex()}".rstrip() + "\n")
