//! What `/proc` and `/sys` show of others, and of the machine.

rows! {
    /// Only its own processes are listed.
    the_list ["closed", "closed", "reached|EACCES"] Python("
        def look():
            found = processes()
            # Its init, itself, and what it starts.
            return 'reached' if len(found) > 2 or set(found) & set(facts.others) else 'closed'
        result = attempt(look)
    ");
    the_environment_of_others ["ENOENT", "ENOENT", "EACCES"] Python("
        result = each(facts.others, lambda process: read(f'/proc/{process}/environ'))
    ");
    the_memory_of_others ["ENOENT", "ENOENT", "EACCES|EPERM"] Python("
        result = {}
        for name in 'maps', 'mem', 'smaps', 'auxv', 'syscall', 'stack':
            for process in facts.others:
                path = f'/proc/{process}/{name}'
                result[path] = attempt(lambda: read(path))
    ");
    the_files_of_others ["ENOENT", "ENOENT", "EACCES"] Python("
        result = {}
        for process in facts.others:
            for name in 'root', 'cwd':
                path = f'/proc/{process}/{name}'
                result[path] = attempt(lambda: os.listdir(path))
            for number in 0, 1, 2:
                path = f'/proc/{process}/fd/{number}'
                result[path] = attempt(lambda: opened(path))
            path = f'/proc/{process}/exe'
            result[path] = attempt(lambda: os.readlink(path))
            path = f'/proc/{process}/root{facts.private}'
            result[path] = attempt(lambda: read(path))
    ");
    command_lines_of_others ["ENOENT", "ENOENT", "reached|EACCES"] Python("
        result = each(facts.others, lambda process: read(f'/proc/{process}/cmdline'))
    ");
    /// Its init was samlet once, and is not to say how that was started.
    samlets_command_line ["hidden", "hidden", "reached|hidden"] Python("
        shown = [f'/proc/{process}/cmdline' for process in {*processes(), *facts.others}]
        result = kept_from('--max-environments', *shown)
    ");
    /// Its init, where it has one: not even that shows anything.
    its_init ["EACCES|EPERM|ENOENT", "EACCES|EPERM|ENOENT", "EACCES|EPERM|ENOENT"] Python("
        init = 1 if facts.mode != 'none' else os.getppid()
        result = each(['environ', 'mem', 'maps'], lambda name: read(f'/proc/{init}/{name}'))
        result |= each(['root', 'cwd'], lambda name: os.listdir(f'/proc/{init}/{name}'))
        result |= each(['fd/0', 'fd/1', 'fd/2', 'fd/3'], lambda name: opened(f'/proc/{init}/{name}'))
        result['exe'] = attempt(lambda: os.readlink(f'/proc/{init}/exe'))
        result['write'] = attempt(lambda: opened(f'/proc/{init}/mem', os.O_RDWR))
    ");
    /// The developer's secret is in no file that it can read.
    the_developers_secret ["hidden", "hidden", "hidden"] Python("
        paths = [f'/proc/{process}/{name}' for process in {*processes(), *facts.others}
                 for name in ('cmdline', 'environ', 'comm')]
        result = kept_from(facts.secret, *paths)
        if facts.secret in str(dict(os.environ)):
            result = 'reached'
    ");
    /// The machine's settings: opened for writing, and nothing written.
    settings ["EROFS|EACCES|ENOENT", "EROFS|EACCES|ENOENT", "EACCES"] Python("
        paths = ['/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches', '/proc/sys/kernel/hostname',
                 '/proc/sys/fs/file-max', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/user/max_user_namespaces',
                 '/proc/sys/kernel/ns_last_pid']
        paths = [path for path in paths if os.path.exists(path)] or paths
        result = each(paths, lambda path: opened(path, os.O_WRONLY))
    ");
    sysrq ["EROFS|EACCES|ENOENT|EPERM", "EROFS|EACCES|ENOENT|EPERM", "EACCES|ENOENT|EPERM"] Python("
        result = attempt(lambda: opened('/proc/sysrq-trigger', os.O_WRONLY))
    ");
    /// The kernel's memory, its log, its keys, and what else `/proc` has of the machine.
    the_kernel ["EROFS|EACCES|ENOENT|EPERM", "EROFS|EACCES|ENOENT|EPERM", "EACCES|EPERM|ENOENT"] Python("
        result = calls(
            core=lambda: read('/proc/kcore'),
            log=lambda: opened('/proc/kmsg'),
            interrupts=lambda: opened('/proc/irq/default_smp_affinity', os.O_WRONLY),
            registers=lambda: opened('/proc/mtrr', os.O_WRONLY),
        )
    ");
    /// Of what it may choose of itself, nothing makes it safer from the end of memory than others.
    its_place_when_memory_ends ["EACCES|EPERM|EROFS", "EACCES|EPERM|EROFS", "EACCES|EPERM"] Python("
        def prefer():
            with open('/proc/self/oom_score_adj', 'w') as file:
                file.write('-1000')
        result = attempt(prefer)
    ");
    the_machine_in_sys ["ENOENT", "ENOENT", "EACCES"] Python("
        paths = ['/sys/class', '/sys/block', '/sys/kernel', '/sys/fs', '/sys/module', '/sys/firmware', '/sys/bus',
                 '/sys/fs/cgroup']
        if facts.mode == 'none':
            paths = [path for path in paths if os.path.exists(path)]
        result = each(paths, os.listdir)
    ");
    devices ["ENOENT", "ENOENT", "EACCES|ENOENT"] Python("
        names = 'mem kmem kmsg port sda vda nvme0n1 tty tty0 console ptmx kvm fuse net/tun loop-control vhost-net'
        result = each(names.split(), lambda name: opened(f'/dev/{name}', os.O_RDWR))
        result['shm'] = attempt(lambda: os.listdir('/dev/shm'))
        result['pts'] = attempt(lambda: os.listdir('/dev/pts'))
    ");
    making_devices ["EPERM", "EPERM", "EPERM"] Python("
        import stat
        null = os.stat('/dev/null').st_rdev
        result = calls(
            character=lambda: os.mknod(f'{tmp()}/null-{request_id}', stat.S_IFCHR | 0o666, null),
            block=lambda: os.mknod(f'{tmp()}/disk-{request_id}', stat.S_IFBLK | 0o666, os.makedev(254, 0)),
        )
    ");
}
