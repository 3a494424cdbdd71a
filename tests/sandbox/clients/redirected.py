"""Send one host name to the sandbox for the life of this process; the clients under test stay as they are.

Usage: ``python redirected.py PORT SCRIPT KEY``. Ports 80 and 443 of the service become ``PORT`` on loopback.
"""

import runpy
import socket
import sys

HOST = "api.trackingmore.com"
port, script, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]
resolve = socket.getaddrinfo


def to_sandbox(host, service, *args, **kwargs):
    """Return the sandbox's address for the service, and the usual answer for anybody else."""
    return (
        resolve("127.0.0.1", port, *args, **kwargs)
        if host == HOST
        else resolve(host, service, *args, **kwargs)
    )


socket.getaddrinfo = to_sandbox
sys.argv = [script, key]
runpy.run_path(script, run_name="__main__")
