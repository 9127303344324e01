//! What programs ordinarily do works in an environment as it does on AWS.

rows! {
    names_of_hosts ["works", "works", "works"] Python("
        import socket
        result = works(attempt(lambda: socket.getaddrinfo('localhost', 80)))
    ");
    its_own_name ["works", "works", "works"] Python("
        import getpass, pwd
        result = works(attempt(lambda: pwd.getpwuid(os.getuid())))
    ");
    certificates ["works", "works", "works"] Python("
        import ssl
        def certificates():
            there = ssl.create_default_context().get_ca_certs()
            paths = ssl.get_default_verify_paths()
            assert there or not os.path.exists('/etc/ssl/certs/ca-certificates.crt'), paths
        result = works(attempt(certificates))
    ");
    programs ["hello", "hello", "hello"] Python("
        import subprocess
        result = calls(
            shell=lambda: subprocess.run('echo hello', shell=True, capture_output=True, text=True).stdout.strip(),
            pipe=lambda: subprocess.run('echo hello | cat', shell=True, capture_output=True, text=True).stdout.strip(),
            python=lambda: subprocess.run(['/usr/bin/python3', '-c', 'print(\"hello\")'], capture_output=True,
                                          text=True).stdout.strip(),
            perl=lambda: os.popen('env echo hello').read().strip(),
        )
    ");
    processes_with_pipes ["works", "works", "works"] Python("
        import multiprocessing
        def work():
            context = multiprocessing.get_context('fork')
            ours, theirs = context.Pipe()
            process = context.Process(target=lambda: theirs.send('hello'))
            process.start()
            assert ours.recv() == 'hello'
            process.join()
        result = works(attempt(work))
    ");
    /// `/dev/shm` is missing on AWS, and what needs it fails.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/python-image.html>
    semaphores_fail_as_on_aws ["ENOSYS|ENOENT|FileNotFoundError", "ENOSYS|ENOENT|FileNotFoundError", "EACCES|ENOSYS|ENOENT"] Python("
        import multiprocessing
        result = calls(queue=multiprocessing.Queue, lock=multiprocessing.Lock)
    ");
    threads ["works", "works", "works"] Python("
        from concurrent.futures import ThreadPoolExecutor
        def work():
            with ThreadPoolExecutor(20) as pool:
                assert sum(pool.map(int, range(100))) == 4950
        result = works(attempt(work))
    ");
    temporary_files ["works", "works", "works"] Python("
        import tempfile
        def work():
            with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
                file.write(b'x')
                write(folder + '/x')
        result = works(attempt(work))
    ");
    the_machines_figures ["works", "works", "works"] Python("
        def figures():
            assert os.cpu_count() >= 1
            assert os.sysconf('SC_NPROCESSORS_ONLN') >= 1
            assert len(os.sched_getaffinity(0)) >= 1
        result = works(calls(
            processors=figures,
            online=lambda: read('/sys/devices/system/cpu/online'),
            cpuinfo=lambda: read('/proc/cpuinfo'),
            meminfo=lambda: read('/proc/meminfo'),
            stat=lambda: read('/proc/stat'),
            uptime=lambda: read('/proc/uptime'),
            maps=lambda: read('/proc/self/maps'),
            status=lambda: read('/proc/self/status'),
            fd=lambda: os.listdir('/proc/self/fd'),
            mounts=lambda: read('/proc/self/mounts'),
        ))
    ");
    time_zones ["works", "works", "works"] Python("
        import zoneinfo
        def zone():
            if os.path.exists('/usr/share/zoneinfo'):
                zoneinfo.ZoneInfo('Europe/Berlin')
        result = works(attempt(zone))
    ");
    /// By their paths, too, as programs of shells write to them.
    its_log ["works", "works", "works"] Rust(|world| {
        let token = format!("logged-{:06x}", fastrand::u32(..0x0100_0000));
        let code = format!("
            def write_to(path):
                with open(path, 'w') as file:
                    print('{token}', path, file=file)
            result = works(each(['/dev/stdout', '/dev/stderr', '/proc/self/fd/1', '/dev/fd/2'], write_to))
        ");
        let outcome = world.run("probe", &code);
        acceptance::wait_until("all four lines are in the log", || {
            world.log().matches(&token).count() >= 4 || outcome.to_string().contains('E')
        });
        outcome
    });
    where_its_code_is ["/var/task", "/var/task", "its own folder"] Python("
        place = os.environ['LAMBDA_TASK_ROOT']
        def where():
            assert os.path.realpath(os.getcwd()) == os.path.realpath(place), (os.getcwd(), place)
            assert os.path.exists('bootstrap')
            return 'its own folder' if place == facts.own_place else place
        result = attempt(where)
    ");
    its_room_for_layers ["works", "works", "works|EACCES"] Python("
        result = works(attempt(lambda: os.listdir('/opt') == [] or facts.mode == 'none' or 1 / 0))
    ");
    waiting ["works", "works", "works"] Python("
        import asyncio, select
        async def work():
            await asyncio.sleep(0.01)
            process = await asyncio.create_subprocess_exec('true')
            assert await process.wait() == 0
        result = works(attempt(lambda: asyncio.run(work())))
    ");
}
