"""What a bastion does at every start: one user who can forward to databases, a log of who came, an end when idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Who comes through; it has no shell, no terminal and no files.
TUNNEL_USER = "tunnel"
_BOUNDARY = "==bastion=="
# cloud-init runs a script at the first start only; a database that is added later must be forwarded to as well.
# Source: repost.aws/knowledge-center/execute-user-data-ec2.
_AT_EVERY_START = """\
Content-Type: multipart/mixed; boundary="{boundary}"
MIME-Version: 1.0

--{boundary}
Content-Type: text/cloud-config; charset="us-ascii"

#cloud-config
cloud_final_modules:
  - [scripts-user, always]

--{boundary}
Content-Type: text/x-shellscript; charset="us-ascii"

{script}
--{boundary}--
"""
_SCRIPT = """\
#!/bin/bash
set -euo pipefail

id {user} || useradd --create-home --shell /usr/sbin/nologin {user}
install -d -m 700 -o {user} -g {user} /home/{user}/.ssh
metadata=http://169.254.169.254/latest
token=$(curl -fsS -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $metadata/api/token)
curl -fsS -H "X-aws-ec2-metadata-token: $token" $metadata/meta-data/public-keys/0/openssh-key \\
  | install -m 600 -o {user} -g {user} /dev/stdin /home/{user}/.ssh/authorized_keys

cat > /etc/ssh/sshd_config.d/10-bastion.conf <<'EOF'
AllowUsers {user}
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
AllowTcpForwarding local
AllowStreamLocalForwarding no
PermitOpen {forwards}
PermitTTY no
PermitTunnel no
GatewayPorts no
X11Forwarding no
AllowAgentForwarding no
PermitUserRC no
ForceCommand /usr/sbin/nologin
ClientAliveInterval 60
ClientAliveCountMax 3
MaxAuthTries 3
MaxSessions 4
LogLevel VERBOSE
EOF
sshd -t
systemctl reload-or-restart sshd

cat > /usr/local/sbin/stop-when-idle <<'EOF'
#!/bin/bash
seen=/run/last-session
[ -e $seen ] || touch $seen
pgrep -u {user} sshd > /dev/null && touch $seen
idle=$(( $(date +%s) - $(stat -c %Y $seen) ))
if [ $idle -ge {idle_seconds} ]; then systemctl poweroff; fi
EOF
chmod 700 /usr/local/sbin/stop-when-idle
cat > /etc/systemd/system/stop-when-idle.service <<'EOF'
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/stop-when-idle
EOF
cat > /etc/systemd/system/stop-when-idle.timer <<'EOF'
[Timer]
OnBootSec=1min
OnUnitActiveSec=1min
[Install]
WantedBy=timers.target
EOF
systemctl daemon-reload
systemctl enable --now stop-when-idle.timer

dnf install -y amazon-cloudwatch-agent rsyslog
systemctl enable --now rsyslog
cat > /opt/aws/amazon-cloudwatch-agent/etc/sessions.json <<'EOF'
{{
  "logs": {{
    "logs_collected": {{
      "files": {{
        "collect_list": [
          {{"file_path": "/var/log/secure", "log_group_name": "{log_group}", "log_stream_name": "{{instance_id}}"}}
        ]
      }}
    }}
  }}
}}
EOF
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \\
  -a fetch-config -m ec2 -s -c file:/opt/aws/amazon-cloudwatch-agent/etc/sessions.json
"""


def start_script(*, forwards: Sequence[tuple[str, str]], idle_minutes: int, log_group: str) -> str:
    """The user data of a bastion, which runs at every start.

    What secures comes first and what needs packages last: without the packages' repository the host forwards, is
    closed to all else and stops, but its log stays on it.

    Args:
        forwards: Host and port of each database; nothing else can be forwarded to.
        idle_minutes: Minutes without a session after which the host stops itself.
        log_group: Where the log of sessions goes.

    Example:
        >>> text = start_script(forwards=[("db.example", "15432")], idle_minutes=60, log_group="/dp-dev/bastion")
        >>> [line for line in text.splitlines() if line.startswith(("PermitOpen", "AllowUsers"))]
        ['AllowUsers tunnel', 'PermitOpen db.example:15432']
    """
    script = _SCRIPT.format(
        user=TUNNEL_USER,
        forwards=" ".join(f"{host}:{port}" for host, port in forwards) or "none",
        idle_seconds=idle_minutes * 60,
        log_group=log_group,
    )
    return _AT_EVERY_START.format(boundary=_BOUNDARY, script=script)
