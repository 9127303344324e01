//! What a process has from the start: open files, environment variables, a terminal.

rows! {
    /// Of what samlet has open, or had from whoever started it, nothing reaches a function.
    open_files ["its own", "its own", "its own"] Python("
        import socket, stat
        def look():
            more = []
            for name in os.listdir('/proc/self/fd'):
                try:
                    target = os.readlink(f'/proc/self/fd/{name}')
                    status = os.fstat(int(name))
                except OSError:
                    # The listing's own.
                    continue
                if stat.S_ISSOCK(status.st_mode):
                    with socket.socket(fileno=os.dup(int(name))) as ours:
                        if ours.family == socket.AF_INET:
                            continue
                elif stat.S_ISFIFO(status.st_mode):
                    if int(name) in (1, 2):
                        continue
                elif status.st_rdev and status.st_rdev == os.stat('/dev/null').st_rdev:
                    continue
                more.append(f'{name}: {target}')
            return f'more: {more}' if more else 'its own'
        result = attempt(look)
    ");
    /// A program that it starts has them neither.
    open_files_of_what_it_starts ["its own", "its own", "its own"] Python("
        import subprocess
        program = 'import os; print(*(n for n in os.listdir(\"/proc/self/fd\") if os.path.exists(f\"/proc/self/fd/{n}\")))'
        def look():
            found = subprocess.run(['/usr/bin/python3', '-c', program], capture_output=True, text=True, close_fds=False)
            return 'its own' if set(found.stdout.split()) <= {'0', '1', '2', '3'} else f'more: {found}'
        result = attempt(look)
    ");
    samlets_environment ["hidden", "hidden", "hidden"] Python("
        names = {'LEAKED_FROM_SAMLET', 'SAMLET_DEVELOPER_SECRET'} & set(os.environ)
        own = open('/proc/self/environ', 'rb').read()
        result = 'reached' if names or b'LEAKED' in own or facts.secret.encode() in own else 'hidden'
    ");
    a_terminal ["ENXIO|ENOENT|EPERM|ENOTTY", "ENXIO|ENOENT|EPERM|ENOTTY", "ENXIO|EACCES|EPERM|ENOTTY"] Python("
        import fcntl, termios
        result = calls(
            terminal=lambda: opened('/dev/tty', os.O_RDWR),
            typing=lambda: fcntl.ioctl(0, termios.TIOCSTI, b'x'),
            foreground=lambda: os.tcsetpgrp(0, os.getpgrp()),
        )
    ");
    /// Its session is its own: no terminal's keys reach it, and it reaches no one's process group.
    a_session ["its own", "its own", "its own"] Python("
        def session():
            leader = os.getsid(0)
            return 'its own' if leader == os.getpid() or leader == os.getppid() != facts.samlet else 'reached'
        result = attempt(session)
    ");
    anothers_process_group ["EPERM|ESRCH", "EPERM|ESRCH", "EPERM|ESRCH"] Python("
        result = {}
        for process in facts.others:
            joined = in_child(lambda: os.setpgid(0, process))
            result[process] = joined
    ");
}
