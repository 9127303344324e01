//! Changing what is known of files, and learning it: modes, owners, times, names, links.
//!
//! Landlock has no say in most of these; where there are namespaces, the files are not there.

rows! {
    /// Modes, times and attributes that are as they were afterwards, or harm nobody.
    the_stores ["ENOENT", "ENOENT", "reached|EOPNOTSUPP"] Python("
        store = facts.store[0]
        result = calls(
            chmod=lambda: os.chmod(store, 0o644),
            utime=lambda: os.utime(store),
            setxattr=lambda: os.setxattr(store, 'user.breakout', b'1'),
            chown=lambda: os.chown(store, -1, os.getgid()),
            private=lambda: os.chmod(facts.private, 0o600),
            descriptor=lambda: os.chmod(os.open(store, os.O_PATH), 0o644),
        ) if facts.mode != 'none' else calls(
            chmod=lambda: os.chmod(store, 0o644),
            utime=lambda: os.utime(store),
            setxattr=lambda: os.setxattr(store, 'user.breakout', b'1'),
        )
    ");
    names_and_sizes_of_the_stores ["ENOENT", "ENOENT", "EACCES|EXDEV"] Python("
        store, place = facts.store[0], f'{tmp()}/{request_id}'
        result = calls(
            truncate=lambda: os.truncate(store, 0),
            rename=lambda: os.rename(store, store + '.away'),
            move=lambda: os.rename(store, place),
            link=lambda: os.link(store, place),
            remove=lambda: os.unlink(store),
        )
    ");
    anothers_codes ["ENOENT", "ENOENT", "reached|EOPNOTSUPP"] Python("
        code = facts.victims_code[1]
        result = calls(
            chmod=lambda: os.chmod(code, 0o600),
            setxattr=lambda: os.setxattr(code, 'user.breakout', b'1'),
        )
    ");
    names_of_anothers_code ["ENOENT", "ENOENT", "EACCES|EXDEV"] Python("
        code, place = facts.victims_code[1], f'{tmp()}/{request_id}'
        result = calls(
            truncate=lambda: os.truncate(code, 0),
            rename=lambda: os.rename(code, code + '.away'),
            link=lambda: os.link(code, place),
            remove=lambda: os.unlink(code),
        )
    ");
    its_own_codes ["EROFS|EPERM", "EROFS|EPERM", "reached|EOPNOTSUPP"] Python("
        code = os.environ['LAMBDA_TASK_ROOT'] + '/own'
        result = calls(
            chmod=lambda: os.chmod(code, 0o600),
            setxattr=lambda: os.setxattr(code, 'user.breakout', b'1'),
        )
    ");
    names_of_its_own_code ["EROFS|EACCES|EXDEV|EPERM", "EROFS|EACCES|EXDEV|EPERM", "EACCES|EXDEV"] Python("
        code, place = os.environ['LAMBDA_TASK_ROOT'] + '/own', f'{tmp()}/{request_id}'
        result = calls(
            truncate=lambda: os.truncate(code, 0),
            rename=lambda: os.rename(code, code + '.away'),
            link=lambda: os.link(code, place),
            remove=lambda: os.unlink(code),
        )
    ");
    the_systems ["EROFS|EPERM|EACCES", "EROFS|EPERM|EACCES", "EPERM|EACCES"] Python("
        result = calls(
            chmod=lambda: os.chmod('/usr/bin/env', 0o755),
            passwd=lambda: os.chmod('/etc/passwd', 0o644),
            setxattr=lambda: os.setxattr('/usr/bin/env', 'user.breakout', b'1'),
        ) if facts.mode != 'none' or os.stat('/usr').st_uid != os.getuid() else 'EPERM'
    ");
    what_is_there ["ENOENT", "ENOENT", "reached"] Python("
        result = each(facts.store + facts.victims_code + [facts.private, facts.folder], os.stat)
    ");
    /// Being told of what others do with a file.
    watching ["ENOENT", "ENOENT", "reached"] Python("
        def watch(path):
            queue = libc.inotify_init()
            watched = libc.inotify_add_watch(queue, path.encode(), 2)
            wrong = ctypes.get_errno()
            os.close(queue)
            if watched < 0:
                raise OSError(wrong, 'inotify')
        result = each([facts.store[0], facts.private, facts.folder], watch)
    ");
}
