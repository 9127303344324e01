//! Writing what is not the function's own to change.

rows! {
    its_own_code ["EROFS|EACCES", "EROFS|EACCES", "EACCES"] Python("
        own = os.environ['LAMBDA_TASK_ROOT']
        result = calls(
            write=lambda: write(own + '/own'),
            program=lambda: write(own + '/bootstrap'),
            create=lambda: write(own + '/new'),
            remove=lambda: os.unlink(own + '/own'),
            rename=lambda: os.rename(own + '/own', own + '/other'),
            folder=lambda: os.mkdir(own + '/folder'),
            link=lambda: os.symlink('/', own + '/link'),
        )
    ");
    the_store ["ENOENT", "ENOENT", "EACCES"] Python("
        result = each(facts.store + facts.logs + facts.token + [facts.template], write)
    ");
    anothers_code ["ENOENT", "ENOENT", "EACCES"] Python("result = each(facts.victims_code, write)");
    what_others_may_write ["ENOENT", "ENOENT", "EACCES"] Python("
        result = each([facts.public, facts.private, facts.folder + '/new', facts.own_place + '/new'], write)
    ");
    the_system ["EROFS|EACCES", "EROFS|EACCES", "EACCES"] Python("
        places = ['/usr', '/usr/bin', '/usr/lib', '/etc', '/bin', '/']
        result = each(places, lambda place: write(f'{place}/breakout-{request_id}'))
    ");
    the_systems_files ["EROFS|EACCES", "EROFS|EACCES", "EACCES"] Python("
        result = each(['/usr/bin/env', '/etc/passwd', '/etc/hosts'], write)
    ");
    folders_for_all ["EROFS|EACCES|ENOENT", "EROFS|EACCES|ENOENT", "EACCES|ENOENT"] Python("
        places = ['/var/tmp', '/run', '/dev', '/dev/shm', '/var', '/opt', '/home', '/mnt', '/sys', '/proc']
        if facts.mode == 'none':
            places = [place for place in places if os.path.isdir(place)]
        result = each(places, lambda place: write(f'{place}/breakout-{request_id}'))
    ");
    /// The machine's own `/tmp`, by the names that its file system may have.
    the_machines_tmp ["hidden", "hidden", "EACCES"] Python("
        def put():
            path = f'/tmp/breakout-{request_id}'
            write(path)
            os.unlink(path)
            # Its own: what the machine has there is not to be seen.
            return 'reached' if os.path.exists(facts.folder) else 'hidden'
        result = attempt(put)
    ");
    its_own_tmp ["works", "works", "works"] Python("
        place = f'{tmp()}/mine-{request_id}'
        result = works(calls(
            folder=lambda: os.mkdir(place),
            create=lambda: write(place + '/file'),
            chmod=lambda: os.chmod(place + '/file', 0o700),
            utime=lambda: os.utime(place + '/file', (1, 1)),
            rename=lambda: os.rename(place + '/file', place + '/other'),
            link=lambda: os.link(place + '/other', place + '/third'),
            truncate=lambda: os.truncate(place + '/other', 10),
            symlink=lambda: os.symlink('other', place + '/link'),
            read=lambda: read(place + '/link'),
            remove=lambda: os.unlink(place + '/link'),
            null=lambda: write('/dev/null'),
            full=lambda: opened('/dev/full', os.O_RDWR),
        ))
    ");
}
