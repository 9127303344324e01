//! Reading what is not the function's own: files, and what folders hold.

rows! {
    the_store ["ENOENT", "ENOENT", "EACCES"] Python("result = each(facts.store, read)");
    logs ["ENOENT", "ENOENT", "EACCES"] Python("result = each(facts.logs, read)");
    the_consoles_token ["ENOENT", "ENOENT", "EACCES"] Python("result = each(facts.token, read)");
    all_that_samlet_keeps ["ENOENT", "ENOENT", "EACCES"] Python("result = each(facts.data, read)");
    the_template ["ENOENT", "ENOENT", "EACCES"] Python("result = attempt(lambda: read(facts.template))");
    the_project ["ENOENT", "ENOENT", "EACCES"] Python("result = each(facts.project, read)");
    anothers_code ["ENOENT", "ENOENT", "EACCES"] Python("result = each(facts.victims_code, read)");
    anothers_code_by_running_it ["ENOENT", "ENOENT", "EACCES"] Python("
        import subprocess
        result = attempt(lambda: subprocess.run(facts.victims_code[0]))
    ");
    the_homes_of_people ["ENOENT", "ENOENT", "EACCES"] Python("
        result = each([facts.ssh_key, facts.private, facts.public], read)
    ");
    /// Passwords, what root keeps, and, where there is one, the machine's own ssh key.
    the_machines_secrets ["ENOENT", "ENOENT", "EACCES"] Python("result = each(facts.machine, read)");
    the_machines_ssh_keys ["ENOENT|nothing to try", "ENOENT|nothing to try", "EACCES|nothing to try"] Python("
        result = each(facts.keys, read)
    ");
    folders ["ENOENT", "ENOENT", "EACCES"] Python("
        folders = [facts.folder, facts.folder + '/app', facts.folder + '/app/.samlet', facts.folder + '/home']
        result = each(folders, os.listdir)
    ");
    /// Through the descriptors of folders, links and `..` instead of by path.
    by_other_ways ["ENOENT", "ENOENT", "EACCES"] Python("
        root = os.open('/', os.O_PATH)
        os.symlink(facts.private, f'{tmp()}/link-{request_id}')
        up = '/proc/self/cwd/' + '../' * 20
        result = calls(
            beneath=lambda: os.open(facts.private.lstrip('/'), os.O_RDONLY, dir_fd=root),
            link=lambda: read(f'{tmp()}/link-{request_id}'),
            up=lambda: read(up + facts.private.lstrip('/')),
            root=lambda: read('/proc/self/root' + facts.private),
            root_of_init=lambda: read('/proc/self/task/%d/root' % os.getpid() + facts.private),
        )
    ");
    /// What is at the top: nothing but what systems have there, and where interpreters may lie.
    the_root ["closed", "closed", "EACCES"] Python("
        system = 'bin dev etc lib lib32 lib64 libx32 opt proc run sbin sys tmp usr var'.split()
        interpreters = 'home nix root'.split()
        def look():
            more = set(os.listdir('/')) - set(system) - set(interpreters)
            return f'also there: {sorted(more)}' if more else 'closed'
        result = attempt(look)
    ");
    /// Its own code and the system's libraries are there to be read.
    its_own ["works", "works", "works"] Python("
        own = os.environ['LAMBDA_TASK_ROOT']
        files = [own + '/own', own + '/bootstrap', '/etc/passwd', '/usr/bin/env', '/proc/self/environ', '/dev/urandom']
        result = works(each(files, read))
    ");
}
