#!/usr/bin/env python3
"""Import every module of the package, also where the system lacks what only Unix has.

The packages that we stand on are imported first, as they are; then the modules, names and files
that Windows and macOS lack are hidden, and ours are imported anew and tried: a lock, a log file,
the tags of a process, a worker and a training. Standard library only, and the package itself.
"""

import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import types
from pathlib import Path

MODULES = ("fcntl", "grp", "pwd", "resource", "syslog", "termios", "tty")
OS_NAMES = (
    *("chown", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid"),
    *("getgroups", "getloadavg", "getpgid", "getpgrp", "getsid", "getuid", "killpg", "lchown"),
    *("mkfifo", "mknod", "nice", "openpty", "posix_spawn", "pread", "pwrite", "register_at_fork"),
    *("sched_getaffinity", "setpgid", "setsid", "setuid", "statvfs", "sync", "sysconf"),
    *("ttyname", "uname", "wait", "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK"),
)
CHILD = [sys.executable, "-c", "import sys; sys.stdin.read()"]
SIGNAL_NAMES = (
    *("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP"),
    *("SIGTSTP", "SIGUSR1", "SIGUSR2", "alarm", "pthread_sigmask", "setitimer", "sigwait"),
)


def import_all() -> int:
    """Import every module; returns how many there are."""
    package = importlib.import_module("tagifai")
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    for name in names:
        importlib.import_module(f"tagifai.{name}")
    return len(names)


def hide() -> None:
    """Take away our own modules, import them where names are missing, and leave them without."""
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in [name for name in sys.modules if name.partition(".")[0] == "tagifai"]:
        del sys.modules[name]
    lacking = {}
    for module, names in ((os, OS_NAMES), (signal, SIGNAL_NAMES)):
        whole = dict(vars(module))
        for name in names:
            vars(module).pop(name, None)
        lacking[module] = (types.ModuleType(module.__name__), whole)
        vars(lacking[module][0]).update(vars(module))
    import_all()
    for module, (_, whole) in lacking.items():
        vars(module).update(whole)  # Other packages, on this system, cannot do without
    for name, ours in list(sys.modules.items()):
        for module, (poor, _) in lacking.items() if name.startswith("tagifai.") else ():
            if vars(ours).get(module.__name__) is module:
                vars(ours)[module.__name__] = poor


def try_tools(folder: Path) -> None:
    """Use what stands between the package and the system."""
    from tagifai import locks, logfile, owner, utils

    with locks.file_lock(folder / "lock", purpose="trying"):
        pass
    utils.save_dict({"whole": True}, folder / "file.json")
    utils.sync_to_disk(folder)
    journal = folder / "study.log"
    logfile.make_journal(journal)
    log = logfile.LogFile(journal)
    log.append([], [b'{"op_code":0,"worker_id":"a","study_name":"study","directions":[1]}\n'])
    expect(logfile.LogFile(journal).n_lines == 1, "a log file keeps its line")
    expect(not owner.is_gone(owner.process_tags()), "this process is there")
    process = subprocess.Popen(CHILD, stdin=subprocess.PIPE, start_new_session=True)
    start = owner.process_start(process.pid)
    expect(owner.is_running(process.pid, start), "a child is there")
    owner.kill_tree(process.pid)
    process.wait()
    expect(not owner.is_running(process.pid, start), "a killed child is gone")


def try_package(folder: Path, in_worker: bool) -> None:
    """Train a model on the sample here, and maybe in a worker."""
    from tagifai import config, main, workers

    settings = config.load_config(["experiment=smoke"])
    task = workers.Task(0, main.train_model, {"settings": settings}, folder / "log.txt")
    answer = workers.attempt(task)
    expect("result" in answer, f"a training here, got {answer}")
    if not in_worker:
        return
    begun: list[int] = []
    tasks = workers.run_apart(workers.in_turn([task]), begun.append, n_workers=1, root=folder)
    ((_, answer),) = tasks
    expect("result" in answer, f"a training in a worker, got {answer}")


def expect(is_so: bool, what: str) -> None:
    """End with a line unless something is so."""
    if not is_so:
        raise SystemExit(f"expected, but not so: {what}")


def main() -> None:
    """Import and try, hide, and try again."""
    n_modules = import_all()
    for is_hidden in (False, True):
        with tempfile.TemporaryDirectory(prefix="tagifai-imports-") as folder:
            os.environ["TAGIFAI_ROOT"] = folder
            if is_hidden:
                hide()
                importlib.import_module("tagifai.owner")._PROC = Path(folder, "no-proc")
            try_tools(Path(folder))
            try_package(Path(folder), in_worker=is_hidden)
    print(f"{n_modules} modules work with and without what only Unix has")


if __name__ == "__main__":
    main()
