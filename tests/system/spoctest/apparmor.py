# SPDX-License-Identifier: Apache-2.0
"""What strace saw, compared with an AppArmor profile, where the kernel has no AppArmor to enforce it."""

import os
import re
import subprocess

RULE = re.compile(r'^\s*(?P<deny>deny\s+)?(?:owner\s+)?(?:"(?P<quoted>/[^"]*)"|(?P<path>[/@{][^\s]*))\s+'
                  r"(?P<permissions>[rwaklmixupcPUC]+)(?:\s*->\s*\S+)?\s*,\s*(?:#.*)?$")
VARIABLE = re.compile(r"^\s*(@\{\w+\})\s*\+?=\s*(.*)$")


def pattern_of(glob, variables):
    """AppArmor's glob as a regular expression."""
    for _ in range(5):  # variables name others
        glob = re.sub(r"@\{\w+\}", lambda m: "{" + ",".join(variables.get(m[0], ["?"])) + "}", glob)
    out, depth, at = "", 0, 0
    while at < len(glob):
        letter = glob[at]
        if glob.startswith("**", at):
            out, at = out + ".*", at + 1
        elif letter == "*":
            out += "[^/]*"
        elif letter == "?":
            out += "[^/]"
        elif letter == "{":
            out, depth = out + "(?:", depth + 1
        elif letter == "}":
            out, depth = out + ")", depth - 1
        elif letter == "," and depth > 0:
            out += "|"
        elif letter == "[":
            end = glob.index("]", at)
            out, at = out + glob[at:end + 1], end
        else:
            out += re.escape(letter)
        at += 1
    return re.compile(re.sub("//+", "/", out))


class Profile:
    """A file's first profile, without those inside of it. Rules for owners hold for everybody here."""

    def __init__(self, file):
        done = subprocess.run(["apparmor_parser", "-p", file], check=True, capture_output=True, text=True)
        variables, self.rules = {}, []
        depth = 0
        for line in done.stdout.splitlines():
            line = re.sub(r"^\s*#.*", "", line)
            variable = VARIABLE.match(line)
            rule = RULE.match(line)
            if variable:
                variables.setdefault(variable[1], []).extend(v.rstrip("/") for v in variable[2].split())
            elif rule and depth == 1:
                permissions = rule["permissions"]
                what = set(permissions) & set("rwakl") | ({"x"} if "x" in permissions.lower() else set())
                self.rules.append((bool(rule["deny"]), rule["quoted"] or rule["path"], what))
            elif line.rstrip().endswith("{") and " " in line:
                depth += 1
            elif line.strip() == "}":
                depth -= 1
        self.rules = [(deny, pattern_of(glob, variables), what) for deny, glob, what in self.rules]

    def allows(self, path, permission):
        wanted = {permission, "w"} if permission == "a" else {permission}
        allowed = False
        for deny, pattern, what in self.rules:
            if what & wanted and pattern.fullmatch(path):
                if deny:
                    return False
                allowed = True
        return allowed


def permissions_of(call, arguments):
    if call == "execve":
        return "x"
    if call in ("open", "openat"):
        if "O_TMPFILE" in arguments or "O_PATH" in arguments:
            return ""
        return ("w" if "O_WRONLY" in arguments or "O_CREAT" in arguments else
                "rw" if "O_RDWR" in arguments else "r")
    if call in ("rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod",
                "fchmodat", "chown", "fchownat", "utimensat", "truncate", "symlink", "symlinkat", "mknod", "mknodat"):
        return "w"
    if call in ("link", "linkat"):
        return "l"
    if call == "connect":
        return "w"
    if call == "bind":
        return "w"
    return ""


def resolve(folder, name, root):
    path = os.path.normpath(os.path.join(folder or "/", name))
    path = path.removeprefix(str(root)) or "/"
    # /proc/self/fd/N/name is a path of its own once it is followed; folders that are links are where they lead.
    head, tail = os.path.split(path)
    real = os.path.realpath(str(root) + head).removeprefix(str(root))
    return os.path.join(real or "/", tail)


def whole_lines(trace):
    """strace -f breaks a call in two when another process says something meanwhile."""
    begun = {}
    for line in trace.splitlines():
        pid, _, rest = line.partition(" ")
        rest = rest.strip()
        if rest.endswith("<unfinished ...>"):
            begun[pid] = rest.removesuffix("<unfinished ...>")
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>", rest)
        yield pid, begun.pop(pid, "") + rest[resumed.end():] if resumed else rest


def denied(profile, trace, programs, root):
    """[(program, call, path, permission)] that the profile denies to the processes that ran one of these programs; how
    many accesses each had. The trace is that of strace -f -y --pidns-translation -o FILE."""
    running, found, counts = {}, set(), dict.fromkeys(programs, 0)
    for pid, line in whole_lines(trace):
        match = re.match(r"(\w+)\((.*)\) += (-?\d+)", line)
        if not match:
            continue
        call, arguments, result = match.groups()
        if call in ("clone", "clone3", "fork", "vfork"):
            child = re.search(r"= \d+(?: /\* (\d+) in strace's PID NS \*/)?$", line)
            if child and child[1]:
                running.setdefault(child[1], running.get(pid))
            continue
        if int(result) < 0 and "EINPROGRESS" not in line and "EACCES" not in line and "EPERM" not in line:
            continue
        if call == "execve":
            program = re.match(r'"([^"]*)"', arguments)[1]
            running[pid] = os.path.basename(os.path.dirname(program)) + "/" + os.path.basename(program)
        program = running.get(pid)
        if program not in programs:
            continue
        if call in ("flock", "fcntl"):
            if call == "flock" or "F_SETLK" in arguments or "F_OFD_SETLK" in arguments:
                path = re.match(r"\d+<([^>]*)>", arguments)
                if path and path[1].startswith("/"):
                    counts[program] += 1
                    path = path[1].removeprefix(str(root))
                    if not profile.allows(path, "k"):
                        found.add((program, call, path, "k"))
            continue
        if call in ("connect", "bind"):
            names = [("", m) for m in re.findall(r'sun_path="(/[^"]*)"', arguments)]
        else:
            names = re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"([^"]*)"', arguments)
            names = names[:2] if call.startswith(("rename", "link")) else names[:1]
        for folder, name in names:
            path = resolve(folder, name, root)
            for permission in permissions_of(call, arguments):
                counts[program] += 1
                if not profile.allows(path, permission) and not profile.allows(path + "/", permission):
                    found.add((program, call, path, permission))
    return sorted(found), counts
