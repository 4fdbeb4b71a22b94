#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: ctl/command-template.c, ctl/sample.c
"""What mails look like: the previews of `spocctl template` in a real browser, narrow and wide, in
light and dark, in every language; and the administrator's own templates."""

import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from spoctest.browser import Browser
from spoctest.process import Root

SPOCCTL = pathlib.Path(os.environ["SPOC_BUILD"]) / "plugin/ctl/spocctl"
LANGUAGES = ("en", "cs", "de", "fr", "es", "it", "pl", "nl", "pt-BR", "ja")
EVENTS = ("job-completed", "job-stopped", "printer-stopped", "resolved", "digest")
MORE_EVENTS = ("printer-state-changed", "collected", "server-restarted", "job-progress")
TITLE = 'Quarterly report <Q3> & "more".pdf'
NARROW, WIDE = 320, 900
CONTRAST_MIN = 4.5  # WCAG 2.1 1.4.3

# The lowest contrast that a text of the page has to what is behind it, and where
CONTRAST = """(() => {
  const part = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const c = channels(getComputedStyle(element).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  let worst = [99, "", 0];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !element.getClientRects().length) continue;
    const a = light(channels(getComputedStyle(element).color)), b = light(behind(element));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < worst[0]) worst = [contrast, element.textContent.trim().slice(0, 40)];
  }
  return worst;
})()"""
# How light the page and the card are, from 0 to 255
LIGHTNESS = """["body", ".card"].map(name => Math.max(...getComputedStyle(
  document.querySelector(name)).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number)))"""


class Markup(html.parser.HTMLParser):
    """Collects what a mail must not have, and its attributes of addresses."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.elements = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.append(value)
            elif name in ("src", "srcset", "href", "background", "poster", "data", "action"):
                self.loads.append((tag, name, value))
            elif name.startswith("on"):
                self.loads.append((tag, name, value))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.addClassCleanup(cls.root.remove)
        for name in ("etc/spoc/templates", "data", "spool", "cache"):
            (cls.root.path / name).mkdir(parents=True)
        cls.own = cls.root.path / "etc/spoc/templates"
        cls.environment = {
            **os.environ, "TZ": "Europe/Prague", "LC_ALL": "C.UTF-8",
            "CUPS_SERVERROOT": str(cls.root.path / "etc"),
            "CUPS_DATADIR": str(cls.root.path / "data"),
            "CUPS_REQUESTROOT": str(cls.root.path / "spool"),
            "CUPS_CACHEDIR": str(cls.root.path / "cache"),
        }
        (cls.root.path / "etc/spoc/spoc.conf").write_text(
            "mailserver = localhost\nnotifyWebInterface = https://prints.example.com:631\n")

    def spocctl(self, *arguments, status=0):
        done = subprocess.run([SPOCCTL, *arguments], env=self.environment, capture_output=True,
                              encoding="utf-8", timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def preview(self, event, language="en"):
        """The path of the HTML, and what was printed."""
        path = self.root.path / f"{event}-{language}.html"
        done = self.spocctl("template", "preview", event, "--language", language, "--html", path)
        self.assertEqual(done.stderr, "")
        return path, done.stdout


@unittest.skipUnless(shutil.which("chromium"), "chromium is not installed (tests/setup)")
class Looks(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.__exit__)

    def look(self, event, language, width, dark):
        path, _ = self.preview(event, language)
        self.browser.show(path, width, dark)
        with self.subTest(event=event, language=language, width=width, dark=dark):
            self.assertEqual(self.browser.requests, [])
            self.assertLessEqual(self.browser.ask("document.documentElement.scrollWidth"), width)
            contrast, text = self.browser.ask(CONTRAST)
            self.assertGreaterEqual(contrast, CONTRAST_MIN, text)
            page, card = self.browser.ask(LIGHTNESS)
            if dark:
                self.assertLess(max(page, card), 64)
            else:
                self.assertGreater(min(page, card), 220)
            self.assertEqual(self.browser.ask("document.documentElement.lang"), language)
            self.assertTrue(self.browser.ask("document.title").strip())
            self.assertFalse(self.browser.ask(
                "document.querySelector('.preheader').getClientRects().length"))

    def test_languages(self):
        for language in LANGUAGES:
            for event in EVENTS:
                self.look(event, language, NARROW, False)
                self.look(event, language, WIDE, True)

    def test_events(self):
        for event in EVENTS + MORE_EVENTS:
            self.look(event, "en", NARROW, True)
            self.look(event, "en", WIDE, False)

    def test_title_is_text(self):
        path, printed = self.preview("job-completed")
        self.browser.show(path, WIDE, False)
        self.assertIn(TITLE, self.browser.ask("document.querySelector('h1').textContent"))
        self.assertIn(TITLE, printed)
        self.assertEqual(self.browser.ask("document.querySelector('a.button').href"),
                         "https://prints.example.com:631/printers/Floor2")

    def test_long_words_wrap(self):
        """A title without a blank, as long as CUPS takes, is no reason to scroll sideways."""
        path, _ = self.preview("job-completed")
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("Quarterly report", "W" * 255), encoding="utf-8")
        self.browser.show(path, NARROW, False)
        self.assertLessEqual(self.browser.ask("document.documentElement.scrollWidth"), NARROW)


class Source(Case):
    def test_nothing_is_loaded(self):
        for event in EVENTS + MORE_EVENTS:
            path, _ = self.preview(event)
            text = path.read_text(encoding="utf-8")
            markup = Markup(text)
            with self.subTest(event=event):
                self.assertEqual(markup.loads, [])
                self.assertFalse({"script", "img", "link", "iframe", "object", "form", "base"}
                                 & set(markup.elements))
                self.assertFalse(re.search(r"url\s*\(|@import|javascript:", text, re.I))
                for link in markup.links:
                    self.assertRegex(link, r"^https://prints\.example\.com:631/")
                self.assertNotIn("{{", text)


class Manual(unittest.TestCase):
    def test_every_name_is_explained(self):
        top = pathlib.Path(__file__).resolve().parents[2]
        names = re.findall(r'= \{"(\w+)", SPOC_TEMPLATE_',
                           (top / "plugin/message/vocabulary.c").read_text())
        manual = (top / "conf/man/spoc-templates.5").read_text()
        values = manual[manual.index(".SH VALUES"):manual.index(".SH FILES")]
        missing = [name for name in names if not re.search(rf"\b{name}\b", values)]
        self.assertEqual(missing, [])
        self.assertGreater(len(names), 40)


class Own(Case):
    def setUp(self):
        for file in self.own.iterdir():
            file.unlink()

    def test_own_template(self):
        (self.own / "job-completed.de.txt").write_text(
            "Subject: Fertig: {{title}}\n\n{{#is_yours}}\nJa\n{{/is_yours}}\nauf {{printer}}\n")
        _, printed = self.preview("job-completed", "de")
        self.assertEqual(printed, f"Subject: Fertig: {TITLE}\n\nJa\nauf Floor2\n")
        _, other = self.preview("job-completed", "cs")
        self.assertNotIn("Fertig", other)

    def test_broken_template(self):
        file = self.own / "notification.html"
        file.write_text("<p>\n<a href='{{title}}'>{{title}}</a>\n")
        stock = self.spocctl("template", "preview", "job-completed", "--html", "-")
        self.assertIn(f"WARNING: {file}:2: ", stock.stderr)
        self.assertIn('<div class="card good">', stock.stdout)
        checked = subprocess.run([SPOCCTL, "check"], env=self.environment, capture_output=True,
                                 text=True, timeout=60, check=False)
        self.assertIn(f"WARNING: {file}:2: ", checked.stdout)

    def test_hidden_titles(self):
        conf = self.root.path / "etc/spoc/spoc.conf"
        before = conf.read_text()
        conf.write_text(before + "notifyTitles = [EMPTY]\nnotifySubjectPrefix = [print]\n")
        self.addCleanup(conf.write_text, before)
        path, printed = self.preview("job-completed")
        self.assertTrue(printed.startswith("Subject: [print] "), printed)
        self.assertNotIn("Quarterly", printed + path.read_text(encoding="utf-8"))

    def test_usage(self):
        unknown = self.spocctl("template", "preview", "job-burnt", status=2)
        self.assertIn("there is no event 'job-burnt'; there are: job-created, ", unknown.stderr)
        self.assertIn(", digest, collected, resolved", unknown.stderr)
        self.spocctl("template", status=2)
        self.spocctl("template", "preview", status=2)
        self.spocctl("template", "view", "job-created", status=2)
        self.spocctl("template", "preview", "digest", "--html", "/nowhere/at/all", status=1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
