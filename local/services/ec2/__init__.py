"""EC2: key pairs that are keys, and instances that answer where a laptop can answer for them: as SSH bastions.

No virtual machine runs. Of an instance that runs, has a public address and whose user data configures an sshd that
forwards, this process serves that sshd on a loopback port (tag `local:ssh-port` of the instance): the key pair's
owner logs in as the configured user and forwards to what PermitOpen and the deployed security groups let through.
"""

from __future__ import annotations


def install() -> None:
    """Complete ministack's EC2."""
    from local.services.ec2 import images, instance_states, key_pairs

    key_pairs.install()
    images.install()
    instance_states.install()
