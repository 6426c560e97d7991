"""Makes and checks hashcash stamps of version 1, from what the specification says alone.

  hashcash.py mint BITS RESOURCE          prints a stamp
  hashcash.py check BITS RESOURCE STAMP   ends with 1, and says why, if it isn't one

A stamp is ver:bits:date:resource:[ext]:rand:counter, ver is 1, and its SHA-1 begins with
that many zero bits.
"""

import datetime
import hashlib
import itertools
import secrets
import sys


def zeros(stamp):
    return 160 - int.from_bytes(hashlib.sha1(stamp.encode("ascii")).digest(), "big").bit_length()


def mint(bits, resource):
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%y%m%d")
    for n in itertools.count():
        stamp = f"1:{bits}:{date}:{resource}::{secrets.token_urlsafe(8)}:{n:x}"
        if zeros(stamp) >= bits:
            return stamp


def check(bits, resource, stamp):
    fields = stamp.split(":")
    if len(fields) != 7 or fields[0] != "1":
        return "not a stamp of version 1"
    if int(fields[1]) < bits:
        return "it claims fewer bits"
    datetime.datetime.strptime(fields[2], "%y%m%d")
    if fields[3] != resource or fields[4] != "":
        return "for something else"
    if zeros(stamp) < bits:
        return "the work isn't done"
    return None


if sys.argv[1] == "mint":
    print(mint(int(sys.argv[2]), sys.argv[3]))
else:
    wrong = check(int(sys.argv[2]), sys.argv[3], sys.argv[4])
    if wrong:
        sys.exit(wrong)
