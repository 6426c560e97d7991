#!/usr/bin/python3
"""Writes the test vectors in lanes.txt beside it (doc/native.md §3), with hmac and
hashlib alone. Run it in its own folder. Bytes in hexadecimal.
"""
import hashlib
import hmac

# The session's leaves are made up: transit gets them as a function of the label.
LABELS = ["sesame/1 lane hello of sender", "sesame/1 lane hello of receiver", "sesame/1 lane", "sesame/1 relay token 0"]
leaf = {label: hashlib.sha256(label.encode()).digest() for label in LABELS}
sender_nonce, receiver_nonce = bytes(range(16)), bytes(range(16, 32))
binding = bytes(range(32, 64))  # of a QUIC connection


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def secret(label, bound=b""):
    return mac(leaf["sesame/1 lane"], label.encode() + sender_nonce + receiver_nonce + bound + b"\1")


with open("lanes.txt", "w") as f:
    f.write("# Hellos and secrets of a lane, computed with hmac. Made by lanes.py.\n# A leaf is the SHA-256 of its label here.\n")
    for name, value in [
        ("hello of sender", sender_nonce + mac(leaf[LABELS[0]], sender_nonce)),
        ("hello of receiver", receiver_nonce + mac(leaf[LABELS[1]], receiver_nonce)),
        ("secret from sender", secret("sesame/1 lane from sender")),
        ("secret from receiver", secret("sesame/1 lane from receiver")),
        ("binding", binding),
        ("bound hello of sender", sender_nonce + mac(leaf[LABELS[0]], sender_nonce + binding)),
        ("bound hello of receiver", receiver_nonce + mac(leaf[LABELS[1]], receiver_nonce + binding)),
        ("bound secret from sender", secret("sesame/1 lane from sender", binding)),
        ("bound secret from receiver", secret("sesame/1 lane from receiver", binding)),
        ("relay line", b"please relay " + leaf[LABELS[3]].hex().encode() + b" for side 0001020304050607\n"),
    ]:
        f.write(f"{name}: {value.hex()}\n")
