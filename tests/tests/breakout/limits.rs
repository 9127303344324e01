//! Limits and scheduling of what is not the function's own; what is tried would change nothing.

rows! {
    of_others ["EPERM|ESRCH", "EPERM|ESRCH", "EPERM"] Python("
        import resource
        now = resource.getrlimit(resource.RLIMIT_CORE)
        def limit(process):
            resource.prlimit(process, resource.RLIMIT_CORE, resource.prlimit(process, resource.RLIMIT_CORE))
        result = each(facts.others, limit)
    ");
    of_its_init ["EPERM", "EPERM", "EPERM"] Python("
        import resource
        init = 1 if facts.mode != 'none' else os.getppid()
        result = calls(
            limits=lambda: resource.prlimit(init, resource.RLIMIT_CPU, (100_000, 100_000)),
            priority=lambda: syscall('setpriority', 0, init, 19),
            idle=lambda: os.sched_setscheduler(init, os.SCHED_IDLE, os.sched_param(0)),
            processors=lambda: os.sched_setaffinity(init, {0}),
        )
    ");
    reading_limits_of_others ["EPERM|ESRCH", "EPERM|ESRCH", "reached|EPERM"] Python("
        import resource
        result = each(facts.others, lambda process: resource.prlimit(process, resource.RLIMIT_CPU))
    ");
    priorities ["EPERM|ESRCH", "EPERM|ESRCH", "EPERM"] Python("
        result = each(facts.others, lambda process: syscall('setpriority', 0, process, 0))
    ");
    priorities_of_groups ["EPERM|ESRCH", "EPERM|ESRCH", "EPERM"] Python("
        result = each(facts.others, lambda process: syscall('setpriority', 1, process, 0))
    ");
    /// All processes of a user id, itself included.
    priorities_of_a_user ["EPERM", "EPERM", "EPERM"] Python("
        result = attempt(lambda: syscall('setpriority', 2, 0, 0))
    ");
    scheduling ["EPERM|ESRCH", "EPERM|ESRCH", "EPERM"] Python("
        def normal(process):
            os.sched_setscheduler(process, os.SCHED_OTHER, os.sched_param(0))
        def with_parameters(process):
            os.sched_setparam(process, os.sched_param(0))
        def with_attributes(process):
            attributes = ctypes.create_string_buffer(48)
            ctypes.memmove(attributes, (ctypes.c_uint32 * 2)(48, 0), 8)
            syscall('sched_setattr', process, attributes, 0)
        result = {}
        for name, what in (('policy', normal), ('parameters', with_parameters), ('attributes', with_attributes)):
            result |= {f'{name} {process}': outcome for process, outcome in each(facts.others, what).items()}
    ");
    processors ["EPERM|ESRCH", "EPERM|ESRCH", "EPERM"] Python("
        every = range(os.cpu_count())
        result = each(facts.others, lambda process: os.sched_setaffinity(process, every))
    ");
    disk ["EPERM|ESRCH", "EPERM|ESRCH", "EPERM"] Python("
        result = each(facts.others, lambda process: syscall('ioprio_set', 1, process, 0))
    ");
    pages ["EPERM|ESRCH", "EPERM|ESRCH", "EPERM"] Python("
        nodes = (ctypes.c_ulong * 1)(1)
        result = each(facts.others, lambda process: syscall('migrate_pages', process, 64, nodes, nodes))
    ");
    /// Its own are its own.
    of_its_own ["works", "works", "works"] Python("
        import resource
        result = works(calls(
            limits=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)),
            priority=lambda: in_child(lambda: os.setpriority(os.PRIO_PROCESS, 0, 1)),
            processors=lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
            reading=lambda: os.sched_getscheduler(0),
        ))
    ");
    more_than_it_has ["EPERM|ValueError: not allowed to raise maximum limit", "EPERM|ValueError: not allowed to raise maximum limit", "EPERM|ValueError: not allowed to raise maximum limit"] Python("
        import resource
        result = calls(
            files=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096)),
            core=lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30)),
        )
    ");
}
