#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whether the programs are built as hard as meson.build means to: check-hardening.py PROGRAM…"""

import platform
import subprocess
import sys
import unittest


def said_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Hardening(unittest.TestCase):
    def test_programs(self):
        for program in PROGRAMS:
            with self.subTest(program=program):
                dynamic = said_by("readelf", "-dW", program)
                self.assertRegex(dynamic, r"FLAGS_1.*\bNOW\b.*\bPIE\b")
                segments = said_by("readelf", "-lW", program)
                self.assertIn("GNU_RELRO", segments)
                self.assertRegex(segments, r"GNU_STACK .* RW +0x")
                symbols = said_by("nm", "-D", program)
                self.assertIn("__stack_chk_fail", symbols)
                self.assertRegex(symbols, r"U __\w+_chk\b")  # _FORTIFY_SOURCE
                if platform.machine() == "x86_64":
                    main = said_by("objdump", "-d", "--no-show-raw-insn", "--disassemble=main",
                                   program).partition("<main>:\n")[2]
                    self.assertIn("endbr64", main.splitlines()[0])  # -fcf-protection


PROGRAMS = sys.argv[1:]
if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
