#!/usr/bin/python3
"""Writes the test vectors in lanes.txt beside it (doc/native.md §3), with hmac and
hashlib alone. Run it in its own folder. Bytes in hexadecimal.
"""
import hashlib
import hmac

# The session's leaves are made up: transit gets them as a function of the label.
LABELS = ["sesame/1 lane hello of leader", "sesame/1 lane hello of follower", "sesame/1 lane", "sesame/1 relay token 0"]
leaf = {label: hashlib.sha256(label.encode()).digest() for label in LABELS}
leader_nonce, follower_nonce = bytes(range(16)), bytes(range(16, 32))
binding = bytes(range(32, 64))  # of a QUIC connection


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def secret(label, bound=b""):
    return mac(leaf["sesame/1 lane"], label.encode() + leader_nonce + follower_nonce + bound + b"\1")


with open("lanes.txt", "w") as f:
    f.write("# Hellos and secrets of a lane, computed with hmac. Made by lanes.py.\n# A leaf is the SHA-256 of its label here.\n")
    for name, value in [
        ("hello of leader", leader_nonce + mac(leaf[LABELS[0]], leader_nonce)),
        ("hello of follower", follower_nonce + mac(leaf[LABELS[1]], follower_nonce)),
        ("secret from leader", secret("sesame/1 lane from leader")),
        ("secret from follower", secret("sesame/1 lane from follower")),
        ("binding", binding),
        ("bound hello of leader", leader_nonce + mac(leaf[LABELS[0]], leader_nonce + binding)),
        ("bound hello of follower", follower_nonce + mac(leaf[LABELS[1]], follower_nonce + binding)),
        ("bound secret from leader", secret("sesame/1 lane from leader", binding)),
        ("bound secret from follower", secret("sesame/1 lane from follower", binding)),
        ("relay line", b"please relay " + leaf[LABELS[3]].hex().encode() + b" for side 0001020304050607\n"),
    ]:
        f.write(f"{name}: {value.hex()}\n")
