#!/usr/bin/python3
"""Writes the test vectors in aead.txt beside it (doc/native.md §4).

Keys are derived with hmac and hashlib alone; the AEADs come from the cryptography
package. Run it in its own folder. One block per stream; bytes in hexadecimal.
"""
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

AEAD = {"aes-256-gcm": AESGCM, "chacha20-poly1305": ChaCha20Poly1305}


def expand(prk, label, size):
    assert size <= 32
    return hmac.new(prk, label.encode() + b"\1", hashlib.sha256).digest()[:size]


def stream(suite, secret, records, max_records, max_bytes):
    """Yields the records' bytes."""
    count = total = 0
    for typ, plain in records:
        key = expand(secret, "sesame/1 record key " + suite, 32)
        iv = int.from_bytes(expand(secret, "sesame/1 record iv " + suite, 12), "big")
        nonce = (iv ^ count).to_bytes(12, "big")
        head = bytes([typ]) + (len(plain) + 16).to_bytes(3, "big")
        box = AEAD[suite](key).encrypt(nonce, plain, head)
        yield head + box
        count += 1
        total += len(box)
        if count == max_records or total >= max_bytes:
            secret = expand(secret, "sesame/1 record rekey", 32)
            count = total = 0


def block(name, suite, secret, records, max_records=1 << 20, max_bytes=16 << 30):
    sealed = list(stream(suite, secret, records, max_records, max_bytes))
    lines = [("name", f"{name}, {suite}"), ("suite", suite), ("secret", secret.hex()),
             ("epoch-records", max_records), ("epoch-bytes", max_bytes)]
    for i, (typ, plain) in enumerate(records):
        lines.append((f"type-{i}", typ))
        if len(plain) > 1000:  # n times one byte
            lines.append((f"repeat-{i}", f"{plain[0]:02x} {len(plain)}"))
            lines.append((f"sha256-{i}", hashlib.sha256(sealed[i]).hexdigest()))
        else:
            lines.append((f"plain-{i}", plain.hex()))
            lines.append((f"record-{i}", sealed[i].hex()))
    return "".join("\n" + f"{k}: {v}".rstrip() for k, v in lines) + "\n"


def secret(name):
    return hashlib.sha256(name.encode()).digest()


with open("aead.txt", "w") as f:
    f.write("# Native records, computed with hmac and the cryptography package.\n# Made by aead.py.\n")
    for suite in AEAD:
        f.write(block("three records", suite, secret("a"), [(1, b"open"), (255, b"sesame"), (0, b"")]))
        f.write(block("zero secret", suite, bytes(32), [(7, bytes(range(100)))]))
        f.write(block("300 records", suite, secret("b"), [(1, b"x")] * 300))
        f.write(block("large records", suite, secret("c"), [(1, b"\x5a" * (256 << 10)), (1, b"\x3c" * ((256 << 10) + 64)), (2, b"\xa5" * 65537), (0, b"end")]))
        f.write(block("new key every 3 records", suite, secret("d"), [(i + 1, b"record") for i in range(8)], max_records=3))
        f.write(block("new key every 50 bytes", suite, secret("e"), [(1, b"p" * n) for n in (33, 34, 35, 0, 0, 0, 0, 0, 1000, 1)], max_bytes=50))
