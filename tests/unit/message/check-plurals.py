#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The plural forms that we take for 0 to 1000 are those of another reader of the expressions: for
our languages' and for some harder ones.

    check-plurals.py PRINT-PLURALS PO-FOLDER
"""

import gettext
import pathlib
import re
import subprocess
import sys

OTHERS = [
    # Arabic, Irish, Lithuanian, Slovenian, Latvian, Russian
    "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5",
    "n==1 ? 0 : n==2 ? 1 : (n>2 && n<7) ? 2 : (n>6 && n<11) ? 3 : 4",
    "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2)",
    "(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3)",
    "(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2)",
    "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2",
    "n > 1", "!(n == 1)", "n<2||n>100", "(n*3 - n) / 2 % 7", "n % 8 - n % 2",
]


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    names = (folder / "LINGUAS").read_text().split()
    headers = [(folder / f"{name}.po").read_text().replace('"\n"', "") for name in names]
    ours = [re.search(r"plural=(.*?);\\n", header)[1] for header in headers]
    failed = 0
    for expression in ours + OTHERS:
        done = subprocess.run([program, f"nplurals=8; plural={expression};"], capture_output=True,
                              text=True, check=True)
        theirs = gettext.c2py(expression)
        expected = [theirs(n) for n in range(1001)]
        if [int(line) for line in done.stdout.split()] != expected:
            print(f"other forms than Python's by: {expression}")
            failed = 1
    print(f"{len(ours)} languages, {len(OTHERS)} other expressions")
    return failed if names else 1


if __name__ == "__main__":
    sys.exit(main())
