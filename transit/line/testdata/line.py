#!/usr/bin/python3
"""Writes the test vectors in line.txt beside it (doc/line.md §2, §3).

Keys are derived with hmac and hashlib alone; AES-GCM comes from the cryptography
package. Run it in its own folder. Bytes are in hexadecimal.
"""
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PER_KEY = 1 << 22


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def expand(prk, label, size):
    out, block, n = b"", b"", 1
    while len(out) < size:
        block = mac(prk, block, label.encode(), bytes([n]))
        out, n = out + block, n + 1
    return out[:size]


def seal(secret, to, number, plain):
    for _ in range(number // PER_KEY):
        secret = expand(secret, "sesame/1 line next", 32)
    key = expand(secret, "sesame/1 line key", 16)
    iv = int.from_bytes(expand(secret, "sesame/1 line iv", 12), "big")
    head = b"\x90" + to.to_bytes(4, "big") + number.to_bytes(6, "big")
    return head + AESGCM(key).encrypt((iv ^ number).to_bytes(12, "big"), plain, head)


def lines():
    key = bytes(range(32))
    dialler, acceptor = bytes(range(0x40, 0x50)), bytes(range(0x80, 0x90))
    d, a, attempt = 0x01020304, 0xA1A2A3A4, 2
    hello = b"\x91" + d.to_bytes(4, "big") + dialler + bytes([attempt])
    hello += bytes(1200 - 16 - len(hello))
    hello += mac(key, b"sesame/1 line hello", hello)[:16]
    reply = b"\x92" + d.to_bytes(4, "big") + a.to_bytes(4, "big") + bytes([attempt]) + acceptor
    reply += mac(key, b"sesame/1 line reply", reply, dialler)[:16]
    prk = mac(dialler + acceptor, key)
    yield "key", key.hex()
    yield "dialler-nonce", dialler.hex()
    yield "acceptor-nonce", acceptor.hex()
    yield "dialler-id", d.to_bytes(4, "big").hex()
    yield "acceptor-id", a.to_bytes(4, "big").hex()
    yield "try", attempt
    yield "hello", hello.hex()
    yield "reply", reply.hex()
    yield "binding", expand(prk, "sesame/1 line binding", 32).hex()
    for name, label, to in (("dialler", "sesame/1 line from dialler", a), ("acceptor", "sesame/1 line from acceptor", d)):
        secret = expand(prk, label, 32)
        for number, plain in (
            (1, b"\x04"),
            (2, b"\x02" + (7).to_bytes(6, "big") + (5).to_bytes(2, "big") + b"hello" + b"\x03" + (12).to_bytes(6, "big")),
            (PER_KEY - 1, b"\x04"),
            (PER_KEY, b"\x04"),
            (2 * PER_KEY + 5, b"\x05\x00"),
        ):
            yield f"{name}-{number}", plain.hex() + " " + seal(secret, to, number, plain).hex()


with open("line.txt", "w") as out:
    print("# Written by line.py. doc/line.md §2, §3", file=out)
    for name, value in lines():
        print(f"{name} {value}", file=out)
