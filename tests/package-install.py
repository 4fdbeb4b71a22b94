#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tries the Debian packages in a Debian of its own: package-install.py FOLDER [STEP…]

A small Debian is unpacked into FOLDER/debian, and its systemd is started in namespaces of its own (processes, mounts,
network, control groups): real units, a real cupsd, real dpkg. Nothing of this machine's CUPS is touched, and nothing
there reaches a network. tests/package calls this; with names of steps only these are run.
"""

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS / "system"))

from spoctest import apparmor, process  # noqa: E402
from spoctest.certificates import Authority  # noqa: E402
from spoctest.mailbox import Catcher  # noqa: E402

OUT = pathlib.Path(sys.argv[1]).resolve()
ROOT = OUT / "debian"
BASE = ["systemd", "systemd-sysv", "dbus", "cups-daemon", "cups-client", "logrotate", "procps", "ca-certificates"]
NOTIFIER = "usr/lib/cups/notifier"
CLONE_NEWNET = 0x40000000
IDLE_SECONDS, IDLE_CPU = 4, 0.2  # cupsd that spins uses all of it
UPGRADE_JOBS = 200
# What dpkg, systemd and CUPS keep for themselves when a package is gone.
NOT_OURS = re.compile(r"^(var/(lib/(dpkg|systemd|apt|logrotate)|log|cache/(apt|ldconfig|man|cups)|spool/cups|tmp)|tmp|run|"
                      r"proc|sys|dev|root|etc/cups/(subscriptions|printers|classes|ppd|cupsd).*)(/|$)|"
                      r"^(var/cache|var/lib/systemd|etc/cups|etc/ld.so.cache)")
BOOT = """
set -e
mount --make-rprivate /
mount --bind {root} {root}
mount -t proc proc {root}/proc
mount -t sysfs sysfs {root}/sys
mount -t cgroup2 cgroup2 {root}/sys/fs/cgroup
mount -t tmpfs tmpfs {root}/run
mount -t tmpfs tmpfs {root}/tmp
mount -t tmpfs -o mode=755 dev {root}/dev
for device in null zero full random urandom tty; do
    touch {root}/dev/$device
    mount --bind /dev/$device {root}/dev/$device
done
mkdir -p {root}/dev/pts {root}/dev/shm {root}/oldroot
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts {root}/dev/pts
ln -s pts/ptmx {root}/dev/ptmx
ln -s /proc/self/fd {root}/dev/fd
ip link set lo up
hostname spoc-package
cd {root}
pivot_root . oldroot
umount -l /oldroot
rmdir /oldroot
exec env -i container=spoc-package PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd systemd.unit=multi-user.target
"""
# Takes documents and as many seconds as its URI says.
BACKEND = """#!/bin/sh
[ $# -gt 0 ] || exit 0
cat ${6:+"$6"} >/dev/null
sleep "${DEVICE_URI##*/}"
"""
good, bad = [], []


def check(what, holds, more=""):
    (good if holds else bad).append(what)
    print(f"  {'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {more}'}", flush=True)
    return holds


def make_tree(packages):
    """The Debian is downloaded once; what it needs of our packages' dependencies comes with it."""
    needed = subprocess.run(["dpkg-deb", "-f", packages[0], "Depends"], check=True, capture_output=True, text=True)
    names = [re.split(r"[ (|]", part.strip())[0] for part in needed.stdout.split(",")]
    names = [n for n in names if n != "default-systemd-tmpfiles"]
    tar = OUT / "debian.tar"
    wanted = OUT / "debian.packages"
    if not tar.exists() or not wanted.exists() or wanted.read_text() != " ".join(BASE + names):
        release = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().split("\n") if "=" in line)
        sources = [str(f) for f in pathlib.Path("/etc/apt/sources.list.d").glob("*.sources")
                   if "debian" in f.name] or ["/etc/apt/sources.list"]
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(BASE + names)}",
                        release["VERSION_CODENAME"], tar, *sources], check=True)
        wanted.write_text(" ".join(BASE + names))
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    subprocess.run(["tar", "-xf", tar, "-C", ROOT], check=True)
    (ROOT / "usr/lib/cups/backend/spoctest").write_text(BACKEND)
    (ROOT / "usr/lib/cups/backend/spoctest").chmod(0o755)
    (ROOT / "etc/cups/cups-files.conf").open("a").write("\nFileDevice No\n")


class Debian:
    """The machine in the machine."""

    def __init__(self):
        script = BOOT.format(root=ROOT)
        self._outer = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--uts", "--ipc", "--cgroup", "sh", "-c", script],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(OUT / "boot.log", "w"), start_new_session=True)
        def booted():
            children = pathlib.Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text().split()
            self.init = int(children[0]) if children else 0
            return self.init and self("systemctl", "is-system-running", check=False) in ("running", "degraded")
        process.wait_for("the Debian to boot", booted, 60, 0.3)
        self.path = pathlib.Path(f"/proc/{self.init}/root")
        with open(f"/proc/{self.init}/ns/net") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def run(self, *command):
        return subprocess.run(["nsenter", "-t", str(self.init), "-m", "-p", "-n", "-u", "-i", "-C", "env", "-i",
                               "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
                               *map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def __call__(self, *command, check=True):
        done = self.run(*command)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return (done.stdout + done.stderr).strip()

    def write(self, path, text, mode=0o644, group=0):
        file = self.path / path
        file.write_text(text)
        os.chown(file, 0, group)
        file.chmod(mode)

    def exists(self, path):
        return os.path.lexists(self.path / path)

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.init, signal.SIGKILL)  # all of its processes end with it
        self._outer.wait(30)

    def cupsd(self):
        return int(self("systemctl", "show", "-P", "MainPID", "cups.service"))

    def outer_pid(self, pid):
        """How this machine numbers a process of the Debian."""
        for folder in pathlib.Path("/proc").glob("[1-9]*"):
            with contextlib.suppress(OSError):
                if re.search(rf"^NSpid:\t{folder.name}\t{pid}$", (folder / "status").read_text(), re.M):
                    return int(folder.name)
        raise AssertionError(f"no process {pid}")

    def cpu_seconds(self):
        fields = (self.path / f"proc/{self.cupsd()}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cpu_of_cupsd(self):
        before = self.cpu_seconds()
        time.sleep(IDLE_SECONDS)  # what is measured is time
        return self.cpu_seconds() - before

    def subscriptions(self):
        """Recipients, as cupsd lists them to the build's own program."""
        spocctl = next(OUT.glob("cups-spoc-*/obj-*/plugin/ctl/spocctl"))
        done = subprocess.run([spocctl, "subscriptions"], env={"CUPS_SERVER": str(self.path / "run/cups/cups.sock"),
                              "LANG": "C.UTF-8", "PATH": "/usr/bin"}, capture_output=True, text=True, check=False)
        return re.findall(r"^\d+  (\S+)", done.stdout, re.M)

    def print(self, printer="office", user="alice", title="a job", *options):
        said = self("lp", "-d", printer, "-U", user, "-t", title, *options, "/etc/hostname")
        return re.search(r"request id is (\S+)", said)[1]

    def idle_jobs(self, seconds=60):
        process.wait_for("all jobs to be printed", lambda: self("lpstat", "-o") == "", seconds, 0.1)

    def files(self):
        found = set()
        for folder, folders, files in os.walk(self.path):
            below = os.path.relpath(folder, self.path)
            below = "" if below == "." else below + "/"
            folders[:] = [f for f in folders if not NOT_OURS.match(below + f + "/")]
            found.update(below + f for f in files + folders if not NOT_OURS.match(below + f))
        return found


class Watcher:
    """Looks at a path as fast as it can, and counts how often nothing is there."""

    def __init__(self, path):
        self.looks = self.missing = 0
        self._path, self._stop = str(path), threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self):
        while not self._stop.is_set():
            self.looks += 1
            if not os.access(self._path, os.X_OK):
                self.missing += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


class Steps:
    """In the order of their definition. Each leaves the package as it found it: installed."""

    def __init__(self, debian, packages, authority):
        self.debian, (self.deb, self.mailto) = debian, packages
        self.fresh = debian.files()
        self.catcher = Catcher(OUT / "mails", authority.issue("localhost"), "starttls", "print-server", "a password")
        self.root_certificate = authority.certificate.read_text()
        self.upgraded = self._next_version()
        for file in (self.deb, self.mailto, self.upgraded):
            shutil.copy(file, debian.path / "root")

    def _next_version(self):
        tree, file = OUT / "next", OUT / "next.deb"
        shutil.rmtree(tree, ignore_errors=True)
        subprocess.run(["dpkg-deb", "-R", self.deb, tree], check=True)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"^(Version: .*)$", r"\1+next1", control.read_text(), flags=re.M))
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, file], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(tree)
        return file

    def install(self, file=None):
        return self.debian("dpkg", "-i", f"/root/{(file or self.deb).name}")

    def installed(self):
        return "install ok installed" in self.debian.run("dpkg", "-s", "cups-spoc").stdout

    def configure(self):
        lines = {"mailserver": f"localhost:{self.catcher.port}", "mailSmtpEncryption": "STARTTLS_REQUIRED",
                 "mailuser": "print-server", "mailpassFile": "mailpass", "mailfrom": "print-server@example.com",
                 "recipientDomain": "example.com", "notifyTitles": "*", "trustStore": "root.pem"}
        self.debian.write("etc/cups/spoc/mailpass", "a password\n", 0o640, 7)
        self.debian.write("etc/cups/spoc/root.pem", self.root_certificate, 0o644)
        self.debian.write("etc/cups/spoc/spoc.conf", "".join(f"{k} = {v}\n" for k, v in lines.items()), 0o640, 7)

    def subscribe(self):
        self.debian("spocctl", "subscribe", "--server", "@owner", "--events", "job-completed")

    def start_cups(self):
        self.debian("systemctl", "start", "cups.socket", "cups.path", "cups.service")
        process.wait_for("cupsd", lambda: "is running" in self.debian("lpstat", "-r", check=False), 30)

    def stop_cups(self):
        self.debian("systemctl", "stop", "cups.socket", "cups.path", "cups.service")

    def check_idle(self, when):
        used = self.debian.cpu_of_cupsd()
        check(f"{when}: cupsd idle ({used:.2f} s of CPU in {IDLE_SECONDS} s)", used < IDLE_CPU, used)

    def check_prints(self, when):
        self.debian.print(title="after")
        self.debian.idle_jobs()
        self.check_idle(when)

    def mails_about(self, words):
        return [m for m in list(self.catcher.mails) if words in m.text or words in m.subject]

    # --- steps

    def step_install(self):
        """Install, print, a mail arrives"""
        print(self.install())
        check("both units run", self.debian("systemctl", "is-active", "spocd.socket", "spocd.service") == "active\nactive")
        check("both units are enabled", self.debian("systemctl", "is-enabled", "spocd.socket", "spocd.service") ==
              "enabled\nenabled")
        listed = self.debian("stat", "-c", "%n %A %U %G", "/etc/cups/spoc", "/etc/cups/spoc/spoc.conf",
                             "/var/spool/cups/spoc", "/var/cache/cups/spoc", "/run/cups/spoc", "/var/log/cups-spoc")
        check("owners and modes", listed == "/etc/cups/spoc drwxr-x--- root lp\n/etc/cups/spoc/spoc.conf -rw-r----- root lp\n"
              "/var/spool/cups/spoc drwx------ lp lp\n/var/cache/cups/spoc drwx------ lp lp\n"
              "/run/cups/spoc drwxr-xr-x root root\n/var/log/cups-spoc drwxr-x--- lp lp", listed)
        self.configure()
        for printer, seconds in (("office", 0), ("slow", 4)):
            self.debian("lpadmin", "-p", printer, "-E", "-v", f"spoctest:/{seconds}", "-m", "raw")
        said = self.debian.run("spocctl", "check")
        check("spocctl check finds nothing wrong", said.returncode == 0, said.stdout + said.stderr)
        said = self.debian.run("spocctl", "test", "admin@example.com")
        check("spocctl test", said.returncode == 0, said.stdout + said.stderr)
        self.subscribe()
        self.debian.print(title="first page")
        process.wait_for("the mail", lambda: self.mails_about("first page"), 30)
        check("printed and mailed", True)
        self.debian("lpadmin", "-p", "scan", "-E", "-v", "spoc:%40owner", "-m", "raw")
        self.debian.write("root/page.pdf", "%PDF-1.4\n% a page\n" * 100000)
        self.debian("lp", "-d", "scan", "-U", "carol", "-t", "Scanned", "/root/page.pdf")
        process.wait_for("the scan", lambda: [m for m in list(self.catcher.mails) if m.recipients == ["carol@example.com"]], 30)
        part = next(self.catcher.for_recipient("carol@example.com")[0].message.iter_attachments())
        check("scanned: the very bytes arrive", part.get_content() == (self.debian.path / "root/page.pdf").read_bytes())
        self.debian.idle_jobs()
        self.debian("lpadmin", "-x", "scan")
        score = self.debian("systemd-analyze", "security", "--no-pager", "spocd.service").splitlines()[-1]
        exposure = float(re.search(r"([\d.]+) \w+", score.split(":")[1])[1])
        check(f"systemd-analyze security: {exposure} (at most 1.2)", exposure <= 1.2)

    def step_profile(self):
        """Nothing on the whole way that AppArmor's unmodified profile for cupsd denies"""
        self.debian("systemctl", "stop", "spocd.service", "spocd.socket")  # now the notifier starts spocd
        self.debian("spocctl", "unsubscribe", "--all")
        process.wait_for("other notifiers to leave", lambda: self.debian("pgrep", "-x", "spoc", check=False) == "", 20)
        process.wait_for("spocd to leave", lambda: self.debian("pgrep", "-x", "spocd", check=False) == "", 60)
        trace = OUT / "cupsd.strace"
        host_pid = self.debian.outer_pid(self.debian.cupsd())
        strace = subprocess.Popen(["strace", "-f", "-y", "--pidns-translation", "-s", "400", "-o", trace, "-p", str(host_pid), "-e",
                                   "trace=%file,%process,connect,bind,flock,fcntl"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.wait_for("strace", lambda: "TracerPid:\t0" not in pathlib.Path(f"/proc/{host_pid}/status").read_text(), 10)
        try:
            self.debian.print("office", "frank", "in the profile", "-o", "notify-recipient-uri=spoc:frank@example.com",
                              "-o", "notify-events=job-completed")
            process.wait_for("the mail", lambda: self.mails_about("in the profile"), 60)
            process.wait_for("spocd to leave", lambda: self.debian("pgrep", "-x", "spocd", check=False) == "", 60)
        finally:
            strace.send_signal(signal.SIGINT)
            strace.wait(20)
        profile = apparmor.Profile("/etc/apparmor.d/usr.sbin.cupsd")
        found, counts = apparmor.denied(profile, trace.read_text(errors="replace"), ("notifier/spoc", "daemon/spocd"), ROOT)
        check(f"none that cupsd's profile denies of these accesses: {counts}", min(counts.values()) > 20 and not found, found)
        self.debian("systemctl", "start", "spocd.socket", "spocd.service")
        self.subscribe()

    def step_upgrade(self):
        """200 jobs while it is upgraded"""
        with Watcher(self.debian.path / NOTIFIER / "spoc") as watcher:
            said = []
            upgrade = threading.Thread(target=lambda: said.append(self.install(self.upgraded)))
            for number in range(UPGRADE_JOBS):
                if number == UPGRADE_JOBS // 4:
                    upgrade.start()
                self.debian.print(user=f"user{number}", title=f"load {number:03}.")
            upgrade.join()
        check(f"the notifier was never missing in {watcher.looks} looks", watcher.missing == 0, watcher.missing)
        check("upgraded", said and "+next1" in self.debian("dpkg-query", "-W", "cups-spoc"), said)
        counts = {}
        def counted():
            counts.clear()
            for mail in list(self.catcher.mails):
                for word in re.findall(r"load \d{3}\.", mail.text)[:1]:
                    counts[word] = counts.get(word, 0) + 1
            return len(counts) == UPGRADE_JOBS
        with contextlib.suppress(process.Waited):
            process.wait_for("a mail for each job", counted, 90, 0.5)
        counted()
        twice = [w for w, n in counts.items() if n > 1]
        check(f"{UPGRADE_JOBS} jobs while it was upgraded: each mailed once", len(counts) == UPGRADE_JOBS and not twice,
              f"{len(counts)} mailed, twice: {twice}")
        check("the new service runs", self.debian("systemctl", "is-active", "spocd.service") == "active")

    def step_mailto(self):
        """cups-spoc-mailto in, lp -m, and out"""
        mailto = self.debian.path / NOTIFIER / "mailto"
        before = mailto.read_bytes()
        with Watcher(mailto) as watcher:
            self.install(self.mailto)
            check("mailto is ours", os.readlink(mailto) == "spoc")
            self.debian("lp", "-m", "-d", "office", "-U", "dave", "-t", "with m", "/etc/hostname")
            process.wait_for("the mail of lp -m", lambda: self.mails_about("with m"), 30)
            self.install(self.mailto)
            check("mailto is ours after a second installation", os.readlink(mailto) == "spoc")
            self.debian("dpkg", "-P", "cups-spoc-mailto")
        check(f"mailto was never missing in {watcher.looks} looks", watcher.missing == 0, watcher.missing)
        check("CUPS's own is back", not mailto.is_symlink() and mailto.read_bytes() == before)
        check("and no other copy", not self.debian.exists(f"{NOTIFIER}/mailto.cups") and
              "mailto" not in self.debian("dpkg-divert", "--list"))
        said = self.debian.run("dpkg", "--verify", "cups-daemon").stdout
        check("dpkg knows its file", "notifier" not in said, said)

    def step_refuse(self):
        """Removal while cupsd hangs is refused"""
        cupsd = self.debian.cupsd()
        self.debian("kill", "-STOP", cupsd)
        said = self.debian.run("dpkg", "-r", "cups-spoc")
        self.debian("kill", "-CONT", cupsd)
        check("a cupsd that hangs: removal refused", said.returncode != 0 and "is not removed" in said.stderr,
              said.stdout + said.stderr)
        check("still installed, subscriptions kept", self.installed() and self.debian.subscriptions() != [])
        check("no stub, no diversion", "spoc-stub" not in self.debian("dpkg-divert", "--list") and
              not self.debian.exists(f"{NOTIFIER}/spoc.removed"))
        self.debian.print(title="still mailed")
        process.wait_for("the mail", lambda: self.mails_about("still mailed"), 30)
        check("still mails", True)

    def step_cut_off(self):
        """A removal that is cut off in prerm: installing again makes all well"""
        script = self.debian.path / "var/lib/dpkg/info/cups-spoc.prerm"
        whole = script.read_text()
        script.write_text(whole.replace("        put_stub\n", "        put_stub\n        kill -KILL $PPID $$\n"))
        self.subscribe()
        self.debian.run("dpkg", "-r", "cups-spoc")
        check("cut off: the stub is there, and a diversion", "spoc-stub" in self.debian("dpkg-divert", "--list"))
        self.install()
        check("cut off and installed again: no stub, no diversion", "spoc-stub" not in self.debian("dpkg-divert", "--list")
              and not self.debian.exists(f"{NOTIFIER}/spoc.removed") and
              self.debian.run("dpkg", "--verify", "cups-spoc").stdout.count(NOTIFIER) == 0,
              self.debian.run("dpkg", "--verify", "cups-spoc").stdout)
        self.subscribe()
        self.debian.print(title="after a cut")
        process.wait_for("the mail", lambda: self.mails_about("after a cut"), 30)
        check("cut off and installed again: mails", True)

    def _remove(self, when):
        with Watcher(self.debian.path / NOTIFIER / "spoc") as watcher:
            said = self.debian("dpkg", "-r", "cups-spoc")
        check(f"{when}: removed", not self.installed(), said)
        return watcher, said

    def step_running(self):
        """Removal while cupsd runs"""
        self._remove("running")
        check("running: no notifier, no stub", not self.debian.exists(f"{NOTIFIER}/spoc"))
        check("running: no subscription of ours", self.debian.subscriptions() == [], self.debian.subscriptions())
        self.check_prints("running")
        self.install()

    def step_printing(self):
        """Removal while a job prints"""
        self.subscribe()
        self.debian.print("slow", "erin", "while removed", "-o", "notify-recipient-uri=spoc:erin@example.com",
                          "-o", "notify-events=job-completed,job-progress")
        process.wait_for("the job to print", lambda: "now printing" in self.debian("lpstat", "-p", "slow"), 20)
        self._remove("printing")
        check("printing: no subscription of ours", self.debian.subscriptions() == [], self.debian.subscriptions())
        self.check_idle("printing")
        self.debian.idle_jobs()
        self.check_prints("printing")
        self.install()

    def step_stopped(self):
        """Removal while cupsd is stopped, with subscriptions"""
        self.subscribe()
        self.stop_cups()
        watcher, said = self._remove("stopped")
        check(f"stopped: at no moment there was no notifier ({watcher.looks} looks)", watcher.missing == 0, watcher.missing)
        check("stopped: the stub stays, and is said", self.debian.exists(f"{NOTIFIER}/spoc") and "stays" in said, said)
        self.start_cups()
        self.check_prints("stopped")
        process.wait_for("the stub to end the subscription", lambda: self.debian.subscriptions() == [], 20)
        check("stopped: no subscription of ours after its first event", True)
        self.check_prints("stopped, later")
        self.debian("dpkg", "-P", "cups-spoc")
        check("stopped: purge removes the stub", not self.debian.exists(f"{NOTIFIER}/spoc"))
        self.check_prints("stopped and purged")
        self.install()
        self.configure()
        self.stop_cups()
        self._remove("stopped, without subscriptions")
        check("stopped, without subscriptions: no stub", not self.debian.exists(f"{NOTIFIER}/spoc"))
        self.start_cups()
        self.install()

    def step_reinstall(self):
        """What the administrator changed is kept"""
        changed = {"etc/cups/spoc/spoc.conf": "# mine\n", "etc/logrotate.d/cups-spoc": "# mine too\n"}
        before = {name: (self.debian.path / name).read_text() for name in changed}
        for name, line in changed.items():
            with (self.debian.path / name).open("a") as file:
                file.write(line)
        self.debian("systemctl", "disable", "spocd.service")
        self.debian("dpkg", "-r", "cups-spoc")
        self.install()
        for name, line in changed.items():
            check(f"reinstalled: {name} as it was", (self.debian.path / name).read_text().endswith(line))
        mode = self.debian("stat", "-c", "%A %U %G", "/etc/cups/spoc/spoc.conf")
        check("reinstalled: its mode and owner as well", mode == "-rw-r----- root lp", mode)
        check("reinstalled: what was disabled stays disabled",
              self.debian("systemctl", "is-enabled", "spocd.service", check=False) == "disabled")
        self.debian("systemctl", "enable", "--now", "spocd.service")
        for name, text in before.items():
            (self.debian.path / name).write_text(text)

    def step_places(self):
        """No spool, a moved RequestRoot, another user"""
        self.debian("systemctl", "stop", "spocd.service", "spocd.socket")
        shutil.rmtree(self.debian.path / "var/spool/cups/spoc")
        self.debian("systemctl", "start", "spocd.socket", "spocd.service")
        check("without a spool the service starts and has one",
              self.debian("stat", "-c", "%A %U", "/var/spool/cups/spoc") == "drwx------ lp")
        self.subscribe()
        files = self.debian.path / "etc/cups/cups-files.conf"
        usual = files.read_text()
        self.debian("useradd", "--system", "--user-group", "printing")
        self.stop_cups()
        self.debian("systemctl", "stop", "spocd.service", "spocd.socket")
        files.write_text(usual + "User printing\nGroup printing\nRequestRoot /srv/cups\nCacheDir /srv/cups-cache\n")
        for name in ("etc/cups/spoc", "etc/cups/spoc/spoc.conf", "etc/cups/spoc/mailpass"):
            self.debian("chgrp", "printing", "/" + name)
        self.debian("systemctl", "daemon-reload")
        self.start_cups()
        self.debian("systemctl", "start", "spocd.socket", "spocd.service")
        check("moved: the spool is another user's", self.debian("stat", "-c", "%A %U", "/srv/cups/spoc") ==
              "drwx------ printing")
        check("moved: so is the service", self.debian("ps", "-o", "user=", "-C", "spocd").split() == ["printing"])
        self.debian.print(title="from elsewhere")
        process.wait_for("the mail", lambda: self.mails_about("from elsewhere"), 30)
        check("moved: printed and mailed", True)
        self.stop_cups()
        self.debian("systemctl", "stop", "spocd.service", "spocd.socket")
        files.write_text(usual)
        self.debian("systemctl", "daemon-reload")
        for name in ("etc/cups/spoc", "etc/cups/spoc/spoc.conf", "etc/cups/spoc/mailpass"):
            self.debian("chgrp", "lp", "/" + name)
        self.start_cups()
        self.debian("systemctl", "start", "spocd.socket", "spocd.service")
        shutil.rmtree(self.debian.path / "srv/cups")
        shutil.rmtree(self.debian.path / "srv/cups-cache")
        self.debian("userdel", "printing")
        self.debian("spocctl", "unsubscribe", "--all")

    def step_autopkgtest(self):
        """The test of removal that Debian would run"""
        self.install(self.mailto)
        shutil.copy(TESTS.parent / "conf/packaging/debian/tests/removal", self.debian.path / "root")
        said = self.debian.run("AUTOPKGTEST_TMP=/root", "/root/removal")
        check("debian/tests/removal", said.returncode == 0, said.stdout + said.stderr)
        self.install()

    def step_purge(self):
        """Purge asks nothing and leaves no file"""
        self.debian("dpkg", "-P", "cups-spoc")
        left = sorted(self.debian.files() - self.fresh)
        left += [f for f in ("etc/cups/spoc", "var/spool/cups/spoc", "var/cache/cups/spoc", "var/log/cups-spoc",
                             "run/cups/spoc") if self.debian.exists(f)]
        left += [str(f.relative_to(self.debian.path)) for f in self.debian.path.glob("etc/**/*spoc*")]
        left = [f for f in left if f not in ("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-")]
        check("purged: no file is left", left == [], left)
        check("purged: dpkg has no state", self.debian.run("dpkg", "-s", "cups-spoc").returncode != 0)
        self.check_prints("purged")
        failed = self.debian("systemctl", "--failed", "--plain", "--no-legend")
        check("no unit failed", failed == "", failed)
        self.install()


def main():
    packages = [next(OUT.glob("cups-spoc_*.deb")), next(OUT.glob("cups-spoc-mailto_*.deb"))]
    make_tree(packages)
    debian = Debian()
    try:
        authority = OUT / "ca"
        shutil.rmtree(authority, ignore_errors=True)
        authority.mkdir()
        steps = Steps(debian, packages, Authority(authority))
        names = [n for n in vars(Steps) if n.startswith("step_")]
        for name in names:
            if sys.argv[2:] and name.removeprefix("step_") not in ["install", *sys.argv[2:]]:
                continue
            print(f"== {getattr(steps, name).__doc__}", flush=True)
            try:
                getattr(steps, name)()
            except (AssertionError, OSError) as error:
                check(name, False, error)
        steps.catcher.stop()
    finally:
        if bad:
            print(debian.run("journalctl", "--no-pager", "-n", "60", "-u", "spocd").stdout)
        debian.stop()
    print(f"{len(good)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
