#!/usr/bin/python3
"""Writes the test vectors in frames.json beside it (doc/native.md §5.2, §5.4 and §5.10).

Nothing but Python's own library is used: numbers, frames and the bodies of
control messages are built here from the tables in the document, and the one
Zstandard frame by hand from RFC 8878. Run it in its own folder. All bytes are in
hexadecimal.
"""
import json


def uint(v):
    """Unsigned LEB128 in the shortest form."""
    out = b""
    while v > 0x7F:
        out += bytes([v & 0x7F | 0x80])
        v >>= 7
    return out + bytes([v])


def frame(kind, body):
    return bytes([kind]) + uint(len(body)) + body


def run(byte, n):
    """A Zstandard frame of n < 256 times one byte: one segment, one RLE block."""
    block = 1 | 1 << 1 | n << 3  # last, of type RLE
    return bytes.fromhex("28b52ffd") + bytes([0x20, n]) + block.to_bytes(3, "little") + bytes([byte])


KINDS = {"DATA": 1, "PACKED": 2, "HOLE": 3, "ACK": 4, "CONTROL": 5, "CONTROLACK": 6, "PING": 7, "PONG": 8, "FOR": 9}
TYPES = {"PIECE": 1, "LISTED": 2, "FAILED": 3, "END": 4, "KEEP": 5, "SENT": 6, "IDENTITY": 7,
         "HELD": 16, "ACCEPT": 17, "REJECT": 18, "HAVE": 19, "DONE": 20, "SKIP": 21, "WHOLE": 22, "NAMES": 23,
         "ABORT": 32, "DROP": 33, "TEXT": 34, "LEAVE": 35, "OPEN": 37, "MESSAGE": 38}

frames, messages = [], []


def ranged(kind, entry, offset, n=None, content=b""):
    body = uint(entry) + uint(offset) + (uint(n) if n is not None else b"") + content
    frames.append({"kind": KINDS[kind], "name": kind, "entry": entry, "offset": offset,
                   "n": n if n is not None else len(content), "content": content.hex(), "frame": frame(KINDS[kind], body).hex()})


def number(kind, n):
    frames.append({"kind": KINDS[kind], "name": kind, "n": n, "frame": frame(KINDS[kind], uint(n)).hex()})


def message(name, body, seq, number=0, **fields):
    """A control message. Those below 32 are about an exchange, whose number is in front of the body."""
    whose = uint(number) if TYPES[name] < 32 else b""
    whole = frame(KINDS["CONTROL"], uint(seq) + bytes([TYPES[name]]) + whose + body)
    messages.append({"type": TYPES[name], "name": name, "seq": seq, "number": number, "body": body.hex(), "frame": whole.hex(), **fields})


def ref(number, readers):
    """An exchange, for who reads it: one that the reader has opened, or the writer."""
    return uint(2 * number + readers)


ranged("DATA", 0, 0, content=b"x")
ranged("DATA", 127, 128, content=b"")
ranged("DATA", (1 << 20) - 1, (1 << 63) - 1 - 300, content=bytes(i & 255 for i in range(300)))
ranged("PACKED", 300, 1 << 40, n=200, content=run(0x41, 200))
ranged("HOLE", 1, 262144, n=(1 << 63) - 1 - 262144)
ranged("HOLE", 2, 0, n=1)
for v in (0, 127, 128, 16383, 16384, (1 << 63) - 1):
    number("ACK", v)
number("CONTROLACK", 3)
number("PING", 0)
number("PONG", 1 << 32)
number("FOR", 1)
number("FOR", 1 << 40)

def coded(cls, code, numbers=(), words=""):
    """A reason of §8.2, and what it says."""
    body = bytes([cls]) + uint(code) + uint(len(numbers)) + b"".join(map(uint, numbers)) + words.encode()
    return body, {"class": cls, "code": code, **({"numbers": list(numbers)} if numbers else {}), "reason": words}


# The manifest of §6.3.
piece = bytes.fromhex("0a00016180a8d6b907" "0301022f6c0162" "0d0209c3a974c3a92e747874ac0204" "11000173"
                      "0001780b6973206120736f636b6574" "0401790b697320746f6f2064656570")
message("PIECE", piece, 0)
message("LISTED", uint(4) + uint(300) + uint(0), 1, entries=4, bytes=300, holes=0)
message("LISTED", uint(1 << 20) + uint((1 << 63) - 1) + uint(1 << 62), 128, number=300, entries=1 << 20, bytes=(1 << 63) - 1, holes=1 << 62)
body, says = coded(0, 0, (), "it is göne")
message("FAILED", uint(300) + body, 2, entry=300, **says)
body, says = coded(0, 19)
message("FAILED", uint(300) + body, 2, entry=300, **says)
message("END", uint(3) + uint(1 << 33), 3, entry=3, size=1 << 33)
# Of ten groups, the first, the third and the tenth are the same.
message("KEEP", uint(1) + uint(10) + bytes([0b101, 0b10]) + uint(9) + uint(0), 4,
        items=[{"entry": 1, "n": 10, "same": [0, 2, 9]}, {"entry": 9, "n": 0, "same": []}])
message("SENT", b"", 5, number=1)
identity = bytes(range(0xA0, 0xB0))
message("IDENTITY", identity, 0, id=identity.hex())
# Entries 1 and 2, and 7.
message("HELD", uint(1) + uint(2) + uint(4) + uint(1), 0, items=[{"first": 1, "n": 2}, {"first": 7, "n": 1}])
message("ACCEPT", bytes([0]) + uint(0), 1, ordered=False, limit=0)
message("ACCEPT", bytes([1]) + uint(5_000_000), 1, ordered=True, limit=5_000_000)
body, says = coded(2, 7)
message("REJECT", body, 1, **says)
body, says = coded(0, 0, (), "no room")
message("REJECT", body, 1, **says)
hashes = bytes(range(96))
message("HAVE", uint(1) + uint(2 * 2 + 0) + hashes[:64] + uint(1) + uint(2 * 1 + 1) + hashes[64:] + uint(2) + uint(1), 2,
        items=[{"entry": 1, "last": False, "hashes": hashes[:64].hex()},
               {"entry": 1, "last": True, "hashes": hashes[64:].hex()},
               {"entry": 2, "last": True, "hashes": ""}])
message("DONE", b"", 3, items=[])
five, says5 = coded(2, 11, (), "no links")
six, says6 = coded(0, 0)
message("DONE", uint(5) + uint(len(five)) + five + uint(6) + uint(len(six)) + six, 3, items=[{"entry": 5, **says5}, {"entry": 6, **says6}])
# Entry 0, and 3 to 5.
message("SKIP", uint(0) + uint(1) + uint(2) + uint(3), 0, items=[{"first": 0, "n": 1}, {"first": 3, "n": 3}])
message("WHOLE", uint(1) + hashes[:32] + uint(300) + hashes[32:64], 4,
        items=[{"entry": 1, "hash": hashes[:32].hex()}, {"entry": 300, "hash": hashes[32:64].hex()}])
# No bytes but UTF-8, no Windows' signs, one case, and a bit that has no meaning yet.
message("NAMES", uint(1 | 4 | 64 | 1 << 31) + uint(143), 5, lacks=[0, 2, 6, 31], longest=143)
body, says = coded(1, 1)
message("ABORT", body, 7, **says)
body, says = coded(3, 300, (0, (1 << 64) - 1), "göne")
message("ABORT", body, 7, **says)


# An exchange of the writer's has ended, and one of the reader's.
body, says = coded(1, 1)
message("DROP", ref(5, 0) + body, 9, which=5, readers=False, **says)
body, says = coded(0, 23)
message("DROP", ref(64, 1) + body, 10, which=64, readers=True, **says)
message("TEXT", "grüß dich\n".encode(), 11, text="grüß dich\n")
message("LEAVE", b"", 12)
message("OPEN", uint(2) + b"example.org/clock", 13, which=2, opens="example.org/clock")
message("MESSAGE", ref(2, 0) + b"what time is it?", 14, which=2, readers=False, said=b"what time is it?".hex())
message("MESSAGE", ref(2, 1), 15, which=2, readers=True, said="")

with open("frames.json", "w") as out:
    json.dump({"frames": frames, "messages": messages}, out, indent=1, ensure_ascii=False)
    out.write("\n")
