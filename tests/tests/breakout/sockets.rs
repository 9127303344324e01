//! Sockets of programs on this machine that have nothing to do with samlet: agents, daemons, desktops.

rows! {
    /// Whoever has a path can connect, whatever its mode: agents of ssh, Docker, a desktop's bus.
    by_path ["ENOENT", "ENOENT", "reached|EACCES"] Python("
        import socket
        def connect(path):
            socket.socket(socket.AF_UNIX).connect(path)
        result = each(facts.sockets, connect)
    ");
    without_a_path ["EPERM", "EPERM", "EPERM"] Python("
        import socket
        def connect(name):
            socket.socket(socket.AF_UNIX).connect(chr(0) + name)
        result = each([facts.abstract], connect)
    ");
    datagrams_without_a_path ["EPERM", "EPERM", "EPERM"] Python("
        import socket
        def send(name):
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', chr(0) + name)
        result = each([facts.abstract + '-datagrams'], send)
    ");
    /// What other programs have below `/run`.
    in_run ["closed", "closed", "EACCES"] Python("
        def look():
            return f'there: {names}' if (names := os.listdir('/run')) else 'closed'
        result = attempt(look)
    ");
    /// Among its own processes they work.
    its_own ["works", "works", "works"] Python("
        import socket
        def both(address):
            with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                server.bind(address)
                server.listen()
                client.connect(address)
                server.accept()[0].close()
        result = works(each([f'{tmp()}/{request_id}.sock', chr(0) + request_id], both))
    ");
    /// What others send and receive.
    packets ["EPERM|EACCES|EAFNOSUPPORT", "EPERM|EACCES|EAFNOSUPPORT", "EPERM|EACCES|EAFNOSUPPORT"] Python("
        import socket
        result = calls(
            packets=lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x300),
            raw=lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP),
        )
    ");
    /// Ports of this machine are as open to a function as to any program: other services have to defend themselves.
    the_network ["reached", "reached", "reached"] Python("
        import socket
        def connect(address):
            host, port = address.split(':')
            socket.create_connection((host, int(port))).close()
        result = each([os.environ['AWS_ENDPOINT_URL'].split('//')[1]], connect)
    ");
}
