#!/usr/bin/python3
"""Plays the other party of exchanges, with python3-spake2.

For each exchange it reads a line with code and app id, writes its message, reads
ours and writes the key: all in hexadecimal, on standard input and output.
"""
import sys
import unicodedata

from spake2 import SPAKE2_Symmetric


def nfc(h):
    return unicodedata.normalize("NFC", bytes.fromhex(h).decode()).encode()


while True:
    line = sys.stdin.readline().split()
    if not line:
        break
    party = SPAKE2_Symmetric(nfc(line[0]), idSymmetric=nfc(line[1]))
    print(party.start().hex(), flush=True)
    print(party.finish(bytes.fromhex(sys.stdin.readline().strip())).hex(), flush=True)
