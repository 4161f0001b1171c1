#!/bin/bash
# Joins this instance to the cluster as a worker, without help. Settings are put in front of this line when the stack is
# synthesized: K3S_VERSION AWS_REGION SERVER_URL JOIN_TOKEN_PARAMETER, and NODE_LABELS and NODE_TAINTS, one a line.
set -euo pipefail

# A worker that failed to join costs money and helps nobody: off it goes, and EC2 terminates what powers itself off.
finish() {
  local status=$?
  if [ "$status" -ne 0 ]; then
    echo "worker.sh: boot failed with status $status, powering off" >&2
    poweroff
  fi
}
trap finish EXIT

# Version 2 of the metadata service: every read needs a session token.
metadata_token=$(curl -sSf --retry 5 --retry-connrefused -X PUT \
  -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
metadata() {
  curl -sSf --retry 5 -H "X-aws-ec2-metadata-token: $metadata_token" "http://169.254.169.254/latest/meta-data/$1"
}
instance_id=$(metadata instance-id)
zone=$(metadata placement/availability-zone)
instance_type=$(metadata instance-type)

# The server writes the token when it is up, so the first workers of a new cluster wait for it: five minutes at most.
read_join_token() {
  aws ssm get-parameter --region "$AWS_REGION" --name "$JOIN_TOKEN_PARAMETER" --with-decryption \
    --query Parameter.Value --output text
}
join_token=''
for _ in $(seq 30); do
  join_token=$(read_join_token || true)
  [ -n "$join_token" ] && [ "$join_token" != None ] && break
  join_token=''
  sleep 10
done
if [ -z "$join_token" ]; then
  echo "worker.sh: SSM parameter $JOIN_TOKEN_PARAMETER is empty or missing; the server writes it when it is up" >&2
  exit 1
fi

# The node's name holds the instance id: K3s keeps a password for each name, and a name used again could never join.
install -d -m 700 /etc/rancher/k3s
(
  umask 077
  printf '%s' "$join_token" >/etc/rancher/k3s/join-token
  {
    echo "server: $SERVER_URL"
    echo 'token-file: /etc/rancher/k3s/join-token'
    echo "node-name: worker-$instance_id"
    echo 'kubelet-arg:'
    echo "  - provider-id=aws:///$zone/$instance_id"
    echo 'node-label:'
    echo "  - topology.kubernetes.io/region=$AWS_REGION"
    echo "  - topology.kubernetes.io/zone=$zone"
    echo "  - node.kubernetes.io/instance-type=$instance_type"
    while IFS= read -r label; do
      if [ -n "$label" ]; then echo "  - $label"; fi
    done <<<"$NODE_LABELS"
    if [ -n "$NODE_TAINTS" ]; then
      echo 'node-taint:'
      while IFS= read -r taint; do echo "  - $taint"; done <<<"$NODE_TAINTS"
    fi
  } >/etc/rancher/k3s/config.yaml
)

# The installer of the same release, not whatever get.k3s.io serves today. Amazon Linux 2023 does not enforce SELinux,
# and the installer would fetch rules for another system.
curl -sSfL --retry 5 "https://raw.githubusercontent.com/k3s-io/k3s/${K3S_VERSION/+/%2B}/install.sh" -o /root/install-k3s.sh
INSTALL_K3S_VERSION="$K3S_VERSION" INSTALL_K3S_SKIP_SELINUX_RPM=true INSTALL_K3S_EXEC=agent sh /root/install-k3s.sh
echo "worker.sh: joined as worker-$instance_id"
