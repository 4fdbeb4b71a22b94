#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every language says everything: no sentence untranslated or fuzzy, the same placeholders, the same
line breaks, and the template is what the sources say."""

import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PO = ROOT / "po"
LANGUAGES = (PO / "LINGUAS").read_text().split()
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def unquote(lines):
    text = "".join(m[1] for line in lines for m in STRING.finditer(line))
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text)


def entries(path):
    """(flags, {keyword: text}) of each entry; the header has the msgid ''."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        flags, fields, keyword = "", {}, None
        for line in block.splitlines():
            if line.startswith("#~"):
                continue
            if line.startswith("#,"):
                flags += line
            found = re.match(r"(msgid_plural|msgid|msgctxt|msgstr(?:\[\d\])?) ", line)
            if found:
                keyword = found[1]
                fields[keyword] = []
            if keyword and STRING.search(line):
                fields[keyword].append(line[line.index('"'):])
        if "msgid" in fields:
            yield flags, {k: unquote(v) for k, v in fields.items()}


def placeholders(text):
    return sorted(set(re.findall(r"\{[a-z_-]+\}", text)))


class Translations(unittest.TestCase):
    def test_template_is_current(self):
        checked = subprocess.run([PO / "update", "--check"], capture_output=True, text=True,
                                 check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_all_is_translated(self):
        wanted = {f["msgid"] for _, f in entries(PO / "cups-spoc.pot")} - {""}
        self.assertGreater(len(wanted), 200)
        for language in LANGUAGES:
            said = {f["msgid"]: (flags, f) for flags, f in entries(PO / f"{language}.po")}
            with self.subTest(language=language):
                self.assertEqual(set(said) - {""}, wanted)
            for msgid in wanted & set(said):
                flags, fields = said[msgid]
                with self.subTest(language=language, msgid=msgid):
                    self.check(flags, fields)

    def check(self, flags, fields):
        self.assertNotIn("fuzzy", flags)
        forms = {k: v for k, v in fields.items() if k.startswith("msgstr")}
        for keyword, text in forms.items():
            source = fields["msgid"]
            self.assertTrue(text, "not translated")
            if "msgid_plural" in fields:  # a form for one number need not name it
                self.assertLessEqual(set(placeholders(text)), set(placeholders(source)), keyword)
            elif source == "{weekday}, {day} {month} {year}, {time} {zone}":
                for name in ("{day}", "{year}", "{time}", "{zone}"):
                    self.assertIn(name, text)
                self.assertTrue("{month}" in text or "{month-number}" in text)
            else:
                self.assertEqual(placeholders(text), placeholders(source))
            self.assertEqual(text.count("\n"), source.count("\n"))
            self.assertEqual(text != text.strip(), source != source.strip())

    def test_they_are_languages(self):
        """Nobody has left the English in place of a translation."""
        for language in LANGUAGES:
            same = [f["msgid"] for _, f in entries(PO / f"{language}.po")
                    if f["msgid"] and f.get("msgstr") == f["msgid"] and len(f["msgid"]) > 12
                    and re.search("[a-z]{4}", re.sub(r"\{[^}]*\}", "", f["msgid"]))]
            self.assertEqual(same, [], language)

    def test_mails_are_translated(self):
        """No sentence of a mail stays English where the catalogue has another."""
        for language in LANGUAGES:
            catalogue = [(f["msgid"], f["msgstr"]) for _, f in entries(PO / f"{language}.po")
                         if f["msgid"] and "msgstr" in f]
            english = [re.sub(r"\{[^}]*\}", "|", m).split("|") for m, s in catalogue if m != s]
            pieces = {p.strip(" .:;\"") for parts in english for p in parts}
            foreign = " ".join(s for _, s in catalogue)
            # What a language happens to write as English does is no English.
            pieces = {p for p in pieces if len(p) > 8 and p not in foreign}
            for event in EVENTS:
                text = self.preview(event, language)
                words = re.sub(r"(?m)^CUPS.*$", "", text)  # CUPS's own, which is English
                found = [p for p in pieces if re.search(rf"\b{re.escape(p)}\b", words)]
                with self.subTest(language=language, event=event):
                    self.assertEqual(found, [], text)

    def preview(self, event, language):
        shown = subprocess.run([SPOCCTL, "template", "preview", event, "--language", language],
                               capture_output=True, text=True, check=False)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return shown.stdout


EVENTS = ["job-created", "job-completed", "job-stopped", "job-state-changed", "job-progress",
          "printer-stopped", "printer-state-changed", "printer-added", "printer-config-changed",
          "server-started", "digest", "collected", "resolved"]

if __name__ == "__main__":
    SPOCCTL = sys.argv[1]
    unittest.main(argv=sys.argv[:1])
