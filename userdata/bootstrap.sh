#!/bin/bash
# The user data of every node: small and constant, so that a changed script touches no launch template and no instance.
# Put in front when the stack is synthesized: AWS_REGION, BUCKET, NODE (server, base, pool-<name>) and ON_FAILURE
# (poweroff, stay).
#
# cloud-init runs it once. It makes itself a unit of systemd, which resumes after a restart in mid-boot, tries again
# where the node stays, and writes to the console too: `aws ec2 get-console-output` shows why, even of an instance gone.
set -euo pipefail
: "${AWS_REGION:?}" "${BUCKET:?}" "${NODE:?}" "${ON_FAILURE:?}"

state=/var/lib/k3s-autoscaler
unit=k3s-autoscaler-boot.service

finish() {
  local status=$?
  [ "$status" -ne 0 ] || return 0
  echo "bootstrap.sh: the boot of this node ($NODE) failed with status $status; on failure: $ON_FAILURE" >&2
  # EC2 terminates what powers itself off where the template says so: nobody pays for a worker that cannot join.
  if [ "$ON_FAILURE" = poweroff ]; then systemctl poweroff; fi
}
trap finish EXIT

if [ "${1:-}" != boot ]; then
  install -d -m 700 "$state"
  [ "$0" -ef "$state/bootstrap.sh" ] || install -m 700 "$0" "$state/bootstrap.sh"
  # An image made of a node that had booted boots again: it is another instance.
  rm -f "$state/booted"
  cat >"/etc/systemd/system/$unit" <<UNIT
[Unit]
Description=Make this instance a node of the K3s cluster
Wants=network-online.target
After=network-online.target
ConditionPathExists=!$state/booted
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=/bin/bash $state/bootstrap.sh boot
Restart=on-failure
RestartSec=30
StandardOutput=journal+console
StandardError=journal+console
[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable "$unit"
  systemctl start --no-block "$unit"
  exit 0
fi

(umask 077 && printf '%s=%q\n' AWS_REGION "$AWS_REGION" BUCKET "$BUCKET" NODE "$NODE" >"$state/instance.env")

get() { aws s3api get-object --region "$AWS_REGION" --bucket "$BUCKET" --key "$1" "$2" >/dev/null; }
first=$state/first
get_library() {
  mkdir -p "$first/userdata" && get SHA256SUMS "$first/SHA256SUMS" && get userdata/lib.sh "$first/userdata/lib.sh" &&
    (cd "$first" && grep ' userdata/lib\.sh$' SHA256SUMS | sha256sum --check --strict --status -)
}
for try in 1 2 3 4 5 last; do
  if get_library; then break; fi
  if [ "$try" = last ]; then
    echo "bootstrap.sh: cannot read userdata/lib.sh of s3://$BUCKET as its SHA256SUMS lists it; check the object," \
      "the node's right to s3:GetObject, and the way to S3; then deploy again" >&2
    exit 1
  fi
  sleep 10
done

# shellcheck source=userdata/lib.sh
. "$first/userdata/lib.sh"
retry 5 10 fetch_files || exit 1

if [ "$NODE" = server ]; then script=server.sh; else script=worker.sh; fi
bash "$FILES/userdata/$script"
touch "$state/booted"
