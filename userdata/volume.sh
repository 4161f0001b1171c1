# The server's data volume. Sourced by server.sh and sync.sh, after lib.sh.
# shellcheck shell=bash

# All that outlives the instance: K3s' data, the Node's password, what was applied, Prometheus' data (k8s/prometheus).
DATA=/var/lib/rancher

# find_data_device: sets DEVICE. On Nitro an NVMe name says nothing about which volume it is, its serial does: the
# volume's id without the dash. Xen types (t2) have no serials; there the volume is where Terraform attached it, sdf,
# which the kernel calls xvdf. (https://docs.aws.amazon.com/ebs/latest/userguide/nvme-ebs-volumes.html)
find_data_device() {
  local disks
  disks=$(lsblk --nodeps --noheadings --paths --output NAME,SERIAL) || return 1
  DEVICE=$(awk -v serial="${DATA_VOLUME_ID/-/}" '
    $2 == serial { found = $1 }
    ($1 == "/dev/xvdf" || $1 == "/dev/sdf") && $2 == "" { xen = $1 }
    END { print found != "" ? found : xen }' <<<"$disks")
  [ -n "$DEVICE" ]
}

# ensure_filesystem: makes one on a blank volume. What bears any signature is never formatted: it may be all we have.
ensure_filesystem() {
  local status=0 type
  # A device that cannot be read looks blank to blkid.
  head -c 1048576 "$DEVICE" >/dev/null || fail "cannot read $DEVICE (volume $DATA_VOLUME_ID); look at its state in EC2"
  blkid -p "$DEVICE" >/dev/null || status=$?
  case $status in
    0)
      type=$(blkid -p -s TYPE -o value "$DEVICE") || true
      [ "$type" = xfs ] ||
        fail "$DEVICE (volume $DATA_VOLUME_ID) holds '${type:-a signature, but no file system}', not xfs, and is" \
          "never formatted: give DATA_VOLUME_ID a volume that is blank or was this server's"
      ;;
    2)
      say "volume $DATA_VOLUME_ID at $DEVICE is blank: making a file system"
      # Without -f: mkfs.xfs too refuses what bears a signature.
      mkfs.xfs -L k3s-data "$DEVICE" >/dev/null
      ;;
    *)
      fail "blkid cannot tell what $DEVICE (volume $DATA_VOLUME_ID) holds, status $status; look at 'blkid -p $DEVICE'"
      ;;
  esac
}

# mount_data_volume: mounts it now and at every start. K3s' unit requires the mount, so that K3s never starts on the
# root disk; `nofail` and no time limit, so that a missing volume stops neither the system nor Session Manager, and K3s
# starts when it appears. Terraform attaches the volume when the instance runs, so the first boot waits for it.
mount_data_volume() {
  local uuid mounted entry
  retry 60 5 find_data_device ||
    fail "volume $DATA_VOLUME_ID (DATA_VOLUME_ID) is not attached after five minutes: no disk has the serial" \
      "${DATA_VOLUME_ID/-/}, and there is no /dev/xvdf; see whether Terraform's attachment failed"
  ensure_filesystem
  uuid=$(blkid -p -s UUID -o value "$DEVICE")
  [ -n "$uuid" ] || fail "blkid gives no UUID for $DEVICE (volume $DATA_VOLUME_ID)"
  install -d -m 755 "$DATA"
  entry="UUID=$uuid $DATA xfs defaults,nofail,x-systemd.device-timeout=infinity 0 0"
  { grep -v " $DATA " /etc/fstab || true; echo "$entry"; } | put_file 644 /etc/fstab
  mounted=$(findmnt --noheadings --output UUID --mountpoint "$DATA") || true
  if [ -z "$mounted" ]; then
    systemctl daemon-reload
    mount "$DATA"
  elif [ "$mounted" != "$uuid" ]; then
    fail "$DATA is the file system $mounted, not $uuid of volume $DATA_VOLUME_ID: stop K3s, unmount it, run this again"
  fi
}

# grow_filesystem: the volume may have grown. Where the file system fills it already, xfs_growfs changes nothing.
grow_filesystem() {
  local said
  said=$(xfs_growfs -d "$DATA" 2>&1) ||
    say "the file system at $DATA cannot be grown to the size of its volume: ${said//$'\n'/, }; see 'lsblk' and 'df $DATA'"
}

# keep_on_volume: what lies elsewhere but belongs to the data. K3s lets a Node register only with the password that the
# Node of this name had first, for ever. (https://docs.k3s.io/architecture#how-agent-node-registration-works)
keep_on_volume() {
  install -d -m 700 "$DATA/node" "$DATA/k3s-autoscaler"
  install -d -m 755 /etc/rancher
  if [ -e /etc/rancher/node ] && [ ! -L /etc/rancher/node ]; then
    fail "/etc/rancher/node is no link to $DATA/node: K3s ran without the data volume; move its files there by hand"
  fi
  ln -sfn "$DATA/node" /etc/rancher/node
}
