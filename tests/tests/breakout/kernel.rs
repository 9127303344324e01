//! System calls that lead out of a container, or to what the kernel keeps for a user or the machine.

rows! {
    keyrings ["EPERM|ENOSYS|EACCES", "EPERM|ENOSYS|EACCES", "EPERM|ENOSYS|EACCES"] Python("
        key = ctypes.create_string_buffer(b'user')
        name = ctypes.create_string_buffer(b'breakout')
        USER, SESSION, SEARCH, READ, JOIN = -4, -3, 10, 11, 1
        result = calls(
            user=lambda: syscall('keyctl', 0, USER, 1),
            session=lambda: syscall('keyctl', 0, SESSION, 1),
            search=lambda: syscall('keyctl', SEARCH, USER, key, name, 0),
            read=lambda: syscall('keyctl', READ, USER, None, 0),
            join=lambda: syscall('keyctl', JOIN, name),
            add=lambda: syscall('add_key', key, name, name, 8, USER),
            request=lambda: syscall('request_key', key, name, None, USER),
        )
    ");
    namespaces ["EPERM", "EPERM", "EPERM"] Python("
        flags = dict(time=0x80, mount=0x20000, cgroup=0x2000000, uts=0x4000000, ipc=0x8000000, user=0x10000000,
                     pid=0x20000000, network=0x40000000)
        def unshare(flag):
            process = os.fork()
            if process == 0:
                try:
                    syscall('unshare', flag)
                    os._exit(0)
                except OSError as error:
                    os._exit(error.errno)
            wrong = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            if wrong:
                raise OSError(wrong, 'unshare')
        def clone(flag):
            process = syscall('clone', flag | signal.SIGCHLD, 0, 0, 0, 0)
            if process == 0:
                os._exit(0)
            os.waitpid(process, 0)
        result = {f'unshare {name}': attempt(lambda: unshare(flag)) for name, flag in flags.items()}
        # Of a clone, 0x80 is part of the signal.
        del flags['time']
        result |= {f'clone {name}': attempt(lambda: clone(flag)) for name, flag in flags.items()}
        result['user and mount'] = attempt(lambda: unshare(0x10020000))
    ");
    /// Its flags can't be filtered: libraries go on with `clone`.
    clone3 ["ENOSYS", "ENOSYS", "ENOSYS"] Python("
        def clone():
            arguments = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
            process = syscall('clone3', arguments, ctypes.sizeof(arguments))
            if process == 0:
                os._exit(0)
            os.waitpid(process, 0)
        result = attempt(clone)
    ");
    entering_namespaces ["EPERM|EACCES", "EPERM|EACCES", "EPERM|EACCES"] Python("
        init = 1 if facts.mode != 'none' else os.getppid()
        def enter(path):
            file = os.open(path, os.O_RDONLY)
            try:
                syscall('setns', file, 0)
            finally:
                os.close(file)
        names = 'mnt user net ipc uts'.split()
        result = each([f'/proc/self/ns/{name}' for name in names] + [f'/proc/{init}/ns/mnt'], enter)
        result['by process'] = attempt(lambda: syscall('setns', syscall('pidfd_open', os.getpid(), 0), 0x20000))
    ");
    mounts ["EPERM|ENOSYS", "EPERM|ENOSYS", "EPERM|ENOSYS"] Python("
        kind, at = ctypes.create_string_buffer(b'tmpfs'), ctypes.create_string_buffer(tmp().encode())
        root = ctypes.create_string_buffer(b'/')
        attributes = (ctypes.c_uint64 * 4)()
        result = calls(
            mount=lambda: syscall('mount', kind, at, kind, 0, None),
            bind=lambda: syscall('mount', root, at, None, 0x1000, None),
            writable=lambda: syscall('mount', None, root, None, 0x1020, None),
            unmount=lambda: syscall('umount2', at, 2),
            root=lambda: syscall('pivot_root', at, at),
            change_root=lambda: syscall('chroot', at),
            open=lambda: syscall('fsopen', kind, 0),
            tree=lambda: syscall('open_tree', -100, root, 1),
            move=lambda: syscall('move_mount', -100, root, -100, at, 0),
            attributes=lambda: syscall('mount_setattr', -100, root, 0, attributes, 32),
        )
    ");
    io_uring ["EPERM|ENOSYS", "EPERM|ENOSYS", "EPERM|ENOSYS"] Python("
        parameters = ctypes.create_string_buffer(120)
        result = attempt(lambda: syscall('io_uring_setup', 1, parameters))
    ");
    /// By the number of a file, beside all paths: with the capability to read everything, out of every root.
    files_by_handle ["EPERM|ENOSYS", "EPERM|ENOSYS", "EPERM|EACCES|ENOSYS"] Python("
        def by_handle(place):
            handle = ctypes.create_string_buffer(8 + 128)
            ctypes.memmove(handle, (ctypes.c_uint32 * 1)(128), 4)
            mount = ctypes.c_int()
            where = ctypes.create_string_buffer(place.encode())
            syscall('name_to_handle_at', -100, where, handle, ctypes.byref(mount), 0)
            folder = os.open(place, os.O_RDONLY)
            os.close(syscall('open_by_handle_at', folder, handle, os.O_RDONLY))
        result = each(['/usr', os.environ['LAMBDA_TASK_ROOT']], by_handle)
    ");
    /// What concerns the whole machine; each would be refused after its permission, too.
    the_machine ["EPERM|ENOSYS|EACCES", "EPERM|ENOSYS|EACCES", "EPERM|ENOSYS|EACCES"] Python("
        result = calls(
            reboot=lambda: syscall('reboot', 0, 0, 0, 0),
            name=lambda: syscall('sethostname', None, -1),
            module=lambda: syscall('init_module', None, 0, None),
            kernel=lambda: syscall('kexec_load', 0, 1 << 20, 0, 1 << 40),
            swap=lambda: syscall('swapon', None, 0),
            programs=lambda: syscall('bpf', 0, None, 0),
        )
    ");
    /// The kernel takes the calls of other processors' programs, too, by other numbers: they are not a way around.
    by_the_calls_of_other_programs ["EPERM|ENOSYS|ended", "EPERM|ENOSYS|ended", "EPERM|ENOSYS|ended"] Python("
        import mmap
        def old(number, argument):
            # Sets the number and the first argument, and makes a system call of 32 bits.
            code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            code.write(bytes.fromhex('53b8') + number.to_bytes(4, 'little'))
            code.write(bytes.fromhex('bb') + argument.to_bytes(4, 'little') + bytes.fromhex('cd805bc3'))
            at = ctypes.addressof(ctypes.c_char.from_buffer(code))
            wrong = ctypes.CFUNCTYPE(ctypes.c_int)(at)()
            if wrong < 0:
                raise OSError(-wrong, 'old')
        def x32(number, argument):
            libc.syscall.restype = ctypes.c_long
            if libc.syscall(ctypes.c_long(0x40000000 | number), ctypes.c_long(argument)) == -1:
                raise OSError(ctypes.get_errno(), 'x32')
        USER = 0x10000000
        result = {
            'old unshare': in_child(lambda: old(310, USER)) or 'ended',
            'old keyring': in_child(lambda: old(288, 0)) or 'ended',
            'old io_uring': in_child(lambda: old(425, 1)) or 'ended',
            'x32 unshare': in_child(lambda: x32(272, USER)) or 'ended',
            'x32 keyring': in_child(lambda: x32(250, 0)) or 'ended',
        } if os.uname().machine == 'x86_64' else 'ENOSYS'
    ");
    becoming_somebody_else ["EPERM|EINVAL", "EPERM|EINVAL", "EPERM|EINVAL"] Python("
        other = 12346
        result = calls(
            user=lambda: os.setuid(other),
            group=lambda: os.setgid(other),
            groups=lambda: os.setgroups([other]),
            root=lambda: os.setresuid(0, 0, 0) if os.getuid() else os.setuid(other),
        )
    ");
    /// Programs that are run as somebody else, `sudo` for one, are run as the function; and nothing gives it powers.
    powers ["nothing", "nothing", "nothing"] Python("
        import subprocess
        status = dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
        more = int(status['CapEff'], 16) & ~(1 << 2)
        def powers():
            if status['NoNewPrivs'] != '1':
                return 'new privileges'
            return f'capabilities {more:x}' if more else 'nothing'
        result = attempt(powers)
    ");
    who_it_is ["unprivileged", "as on AWS", "who started samlet"] Python("
        import pwd
        def who():
            if facts.mode == 'none':
                return 'who started samlet'
            if facts.mode == 'root':
                return 'unprivileged' if os.getuid() else 'root'
            name = pwd.getpwuid(os.getuid()).pw_name
            ids = os.getuid(), os.getgid(), name
            return 'as on AWS' if ids == (993, 990, 'sbx_user1051') else str(ids)
        result = attempt(who)
    ");
}
