# SPDX-License-Identifier: Apache-2.0
"""The real cupsd in a private root, with this build's programs installed in it."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from . import process

SOURCE = pathlib.Path(__file__).resolve().parents[3]
SERVERBIN = pathlib.Path("/usr/lib/cups")
DATADIR = pathlib.Path("/usr/share/cups")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

CUPS_FILES = """\
User lp
Group lp
SystemGroup root lpadmin
ServerRoot {root}/etc
RequestRoot {root}/spool
TempDir {root}/spool/tmp
CacheDir {root}/cache
StateDir {root}/run
ServerBin {root}/bin
DataDir {root}/share
DocumentRoot {root}/share/doc-root
ServerKeychain {root}/etc/ssl
AccessLog {root}/log/access_log
ErrorLog {root}/log/error_log
PageLog {root}/log/page_log
Printcap
SyncOnClose No
SetEnv ASAN_OPTIONS {asan}
SetEnv UBSAN_OPTIONS {ubsan}
"""
CUPSD = """\
ServerName localhost
Listen {socket}
LogLevel {log_level}
DirtyCleanInterval 1
MaxLogSize 0
LogDebugHistory 0
Browsing No
WebInterface No
MaxSubscriptions 1000
MaxJobs 0
{more}
"""
# A printer of the tests': it takes the document, and as long as its URI says
# ("spoctest:/?seconds=2"); it keeps what was printed beside the private root's logs.
BACKEND = """\
#!/bin/sh
[ $# -gt 0 ] || exit 0
seconds=${{DEVICE_URI##*seconds=}}
cat ${{6:+"$6"}} >>{root}/printed/"$PRINTER-$1"
case "$seconds" in
*[!0-9.]* | "") ;;
*) sleep "$seconds" ;;
esac
exit 0
"""


def build_folder():
    """The meson build whose programs are tested; meson sets SPOC_BUILD."""
    named = os.environ.get("SPOC_BUILD")
    if named is None:
        raise SystemExit("SPOC_BUILD names no build folder; run this through meson test")
    return pathlib.Path(named).resolve()


def sanitizer_options(folder):
    """Values of ASAN_OPTIONS and UBSAN_OPTIONS: reports go to files that stop() looks for.

    Leaks are looked for in the unit tests: our programs forbid being traced, which the leak
    finder needs.
    """
    common = f"log_path={folder}/report:log_exe_name=1"
    return f"detect_leaks=0:{common}", f"print_stacktrace=1:halt_on_error=1:{common}"


def copy_installed(installed, tree):
    """The package cups-spoc of the Debian whose root this is, instead of a build: SPOC_INSTALLED=/."""
    if installed == pathlib.Path("/"):
        listed = subprocess.run(["dpkg-query", "-L", "cups-spoc"], check=True, capture_output=True,
                                text=True).stdout.splitlines()
        files = [f for f in map(pathlib.Path, listed) if f.is_file()]
    else:
        files = [f for f in installed.rglob("*") if f.is_file()]
    for file in files:
        target = tree / file.relative_to(installed)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


class Cups:
    """A running cupsd. Everything in its root folder is gone with it.

    environment: what clients and our programs find this CUPS by.
    """

    def __init__(self, root, log_level="debug", more="", start=True):
        self.root = root
        self.socket = root.path / "run/cups.sock"
        etc = root.folder("etc", group="lp", user="root")
        root.folder("spool", 0o710, "root", "lp")
        root.folder("spool/tmp", 0o1770, "root", "lp")
        root.folder("spool/spoc", 0o700, "lp", "lp")
        root.folder("cache", 0o770, "root", "lp")
        root.folder("run", 0o755, "root", "lp")
        root.folder("log", 0o755)
        root.folder("printed", 0o770, "lp", "lp")
        self._reports = root.folder("sanitizer", 0o777)
        self._install()
        asan, ubsan = sanitizer_options(self._reports)
        names = dict(root=root.path, socket=self.socket, log_level=log_level, more=more,
                     asan=asan, ubsan=ubsan)
        (etc / "cups-files.conf").write_text(CUPS_FILES.format(**names))
        policies = (DATADIR / "cupsd.conf.default").read_text()
        (etc / "cupsd.conf").write_text(CUPSD.format(**names)
                                        + policies[policies.index("<Location />"):])
        self.environment = {
            "PATH": PATH, "LANG": "C.UTF-8", "CUPS_SERVER": str(self.socket),
            "CUPS_SERVERROOT": str(etc), "CUPS_REQUESTROOT": str(root.path / "spool"),
            "CUPS_CACHEDIR": str(root.path / "cache"), "CUPS_STATEDIR": str(root.path / "run"),
            "CUPS_DATADIR": str(root.path / "share"), "CUPS_SERVERBIN": str(root.path / "bin"),
            "ASAN_OPTIONS": asan, "UBSAN_OPTIONS": ubsan, "HOME": str(root.path)}
        self._daemon = None
        if start:
            self.start()

    def _install(self):
        """This build as `meson install` lays it out, and Debian's programs beside it."""
        tree = self.root.path / "install"
        if os.environ.get("SPOC_INSTALLED"):
            copy_installed(pathlib.Path(os.environ["SPOC_INSTALLED"]), tree)
        else:
            subprocess.run(["meson", "install", "-C", build_folder(), "--no-rebuild", "--quiet",
                            "--destdir", tree], check=True, stdin=subprocess.DEVNULL)
        self.commands = {p.name: p for folder in ("bin", "sbin") for p in tree.rglob(f"{folder}/*")
                         if p.is_file()}
        binary = self.root.folder("bin")
        for kind in ("backend", "cgi-bin", "daemon", "filter", "monitor", "notifier", "driver"):
            folder = self.root.folder(f"bin/{kind}")
            for program in (SERVERBIN / kind).iterdir():
                (folder / program.name).symlink_to(program)
        for ours in tree.rglob("lib/cups/*/*"):
            # A copy, as a link would hide from cupsd whose the file is.
            target = binary / ours.parent.name / ours.name
            target.unlink(missing_ok=True)
            shutil.copy(ours, target)
        backend = binary / "backend/spoctest"
        backend.write_text(BACKEND.format(root=self.root.path))
        backend.chmod(0o755)
        share = self.root.folder("share")
        for entry in DATADIR.iterdir():
            if entry.name not in ("spoc", "model"):
                (share / entry.name).symlink_to(entry)
        for ours in tree.rglob("share/cups/*"):
            shutil.copytree(ours, share / ours.name, dirs_exist_ok=True)

    @property
    def notifier(self):
        return self.root.path / "bin/notifier/spoc"

    @property
    def spocd(self):
        return self.root.path / "bin/daemon/spocd"

    @property
    def spool(self):
        return self.root.path / "spool/spoc"

    def start(self):
        etc = self.root.path / "etc"
        self._daemon = process.Process(
            ["/usr/sbin/cupsd", "-f", "-c", etc / "cupsd.conf", "-s", etc / "cups-files.conf"],
            self.root.path / "log/cupsd.log", env={"PATH": PATH}, start_new_session=True)
        self._daemon.ready(self._answers)

    def _answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5)
                client.connect(str(self.socket))
            return True
        except OSError:
            return False

    @property
    def pid(self):
        return self._daemon.popen.pid

    def reload(self):
        os.kill(self.pid, signal.SIGHUP)

    def halt(self):
        """Ends cupsd alone, as a restart of the service does."""
        if self._daemon is not None:
            self._daemon.stop()

    def stop(self):
        """Ends cupsd and all that it and our doors started; sanitizer reports are failures."""
        self.halt()
        process.end_processes_of(self.root.path)
        reports = list(self._reports.iterdir())
        if reports:
            raise AssertionError("sanitizer reports:\n"
                                 + "\n".join(r.read_text(errors="replace") for r in reports))

    def run(self, *arguments, check=True, **options):
        """Runs a client program of CUPS or spocctl, and returns what it was told."""
        program = self.commands.get(arguments[0], arguments[0])
        done = subprocess.run([str(a) for a in (program, *arguments[1:])], env=self.environment,
                              stdin=options.pop("stdin", subprocess.DEVNULL), capture_output=True,
                              text=True, timeout=120, check=False, **options)
        if check and done.returncode != 0:
            raise AssertionError(f"{arguments[0]} ended with {done.returncode}: "
                                 f"{done.stdout}{done.stderr}")
        return done

    def add_printer(self, name, seconds=0, raw=False):
        """A queue that prints into the tests' backend, through Debian's filters unless raw."""
        model = ["-m", "raw"] if raw else ["-m", "drv:///sample.drv/generic.ppd"]
        self.run("lpadmin", "-p", name, "-v", f"spoctest:/?seconds={seconds}", *model, "-E",
                 "-o", "printer-error-policy=abort-job")

    def print(self, printer, file, *options, user=None, title=None):
        """Prints and returns the job's id."""
        arguments = ["lp", "-d", printer]
        if user is not None:
            arguments += ["-U", user]
        if title is not None:
            arguments += ["-t", title]
        for option in options:
            arguments += ["-o", option]
        said = self.run(*arguments, "--", file).stdout
        return int(said.split(" ")[3].rsplit("-", 1)[1])

    def wait_idle(self, seconds=120.0):
        """Until no job is left to print."""
        process.wait_for("all jobs to be printed",
                         lambda: not self.run("lpstat", "-o").stdout.strip(), seconds)

    def error_log(self):
        return (self.root.path / "log/error_log").read_text(errors="replace")
