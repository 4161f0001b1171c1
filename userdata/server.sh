#!/bin/bash
# Makes this instance the K3s server. Run by k3s-autoscaler-boot.service until it succeeds, and safe to run again by
# hand: a K3s that serves is not restarted.
set -euo pipefail
# shellcheck source=/dev/null
. /var/lib/k3s-autoscaler/instance.env
# shellcheck source=userdata/lib.sh
. /opt/k3s-autoscaler/userdata/lib.sh
# shellcheck source=userdata/volume.sh
. "$FILES/userdata/volume.sh"

# Nothing of secrets here, still for root alone: K3s takes tokens from this file too.
# `secrets-encryption` from the first start: K3s cannot be given it later, and its key lies on the data volume.
write_config() {
  put_file 600 /etc/rancher/k3s/config.yaml <<CONFIG
node-name: $NODE_NAME
tls-san: [$SERVER_ADDRESS]
disable: [traefik, servicelb]
secrets-encryption: true
write-kubeconfig-mode: '0600'
node-taint: ['node-role.kubernetes.io/control-plane=:NoSchedule']
node-label:
  - topology.kubernetes.io/region=$AWS_REGION
  - topology.kubernetes.io/zone=$ZONE
  - node.kubernetes.io/instance-type=$INSTANCE_TYPE
kubelet-arg:
  - provider-id=$PROVIDER_ID
  - config=/etc/rancher/k3s/kubelet.yaml
CONFIG
}

install_units() {
  local unit
  for unit in k3s.service k3s-autoscaler-{sync,tokens}.{service,timer}; do
    put_file 644 "/etc/systemd/system/$unit" <"$FILES/userdata/$unit"
  done
}

# node_provider_id: sets REGISTERED to what the Node says; fails while there is no Node.
node_provider_id() {
  REGISTERED=$(kubectl get node "$NODE_NAME" --ignore-not-found --output 'jsonpath={.spec.providerID}') || return 1
  [ -n "$REGISTERED" ]
}
node_is_ours() { node_provider_id && [ "$REGISTERED" = "$PROVIDER_ID" ]; }

# By state, not by exit code: a deletion waits for K3s' finalizer, and may time out though it takes effect.
delete_node() { kubectl delete node "$NODE_NAME" --ignore-not-found >&2; }

# A server that was replaced finds the Node of its predecessor in the data. Kubernetes never lets a Node's providerID
# change, and a kubelet registers only when it starts: so the Node is deleted, and K3s restarted, this once. The mark is
# there until that is done: cut short, it would be a server without a Node for ever.
# (https://github.com/kubernetes/kubernetes/issues/51596)
register_node() {
  local begun=/var/lib/k3s-autoscaler/registering
  if [ ! -e "$begun" ]; then
    retry 60 5 node_provider_id ||
      fail "K3s runs, but Node $NODE_NAME has not registered in five minutes; see 'journalctl -u k3s'"
    [ "$REGISTERED" != "$PROVIDER_ID" ] || return 0
    say "Node $NODE_NAME is still $REGISTERED and this is $PROVIDER_ID: registering anew"
    touch "$begun"
  fi
  retry 10 5 delete_node || fail "Node $NODE_NAME cannot be deleted; see 'kubectl describe node $NODE_NAME'"
  systemctl stop k3s.service
  # The new Node may get another range of pod addresses, and the bridge of the first start would keep the old one.
  ip link delete cni0 2>/dev/null || true
  ip link delete flannel.1 2>/dev/null || true
  systemctl start --no-block k3s.service
  retry 60 5 node_is_ours ||
    fail "Node $NODE_NAME did not register as $PROVIDER_ID in five minutes; see 'journalctl -u k3s'"
  # Pods outlive a stop of K3s, with addresses of the old range, on a bridge that is gone.
  kubectl delete pods --all-namespaces --field-selector "spec.nodeName=$NODE_NAME" --wait=false >&2
  rm -f "$begun"
}

load_settings K3S_VERSION K3S_SHA256_AMD64 K3S_SHA256_ARM64 NODE_NAME SERVER_ADDRESS DATA_VOLUME_ID \
  JOIN_TOKEN_PARAMETER CONTROLLER_TOKEN_PARAMETER CA_PARAMETER
read_metadata
PROVIDER_ID=aws:///$ZONE/$INSTANCE_ID

mount_data_volume
keep_on_volume
install_k3s
install -d -m 700 /etc/rancher/k3s
put_file 600 /etc/rancher/k3s/kubelet.yaml <"$FILES/userdata/kubelet.yaml"
write_config
install_units
start_k3s k3s.service
# Before the Node is looked at: workers can join without it, but not without a token.
systemctl enable --now k3s-autoscaler-sync.timer k3s-autoscaler-tokens.timer
retry 120 5 kubectl get --raw /readyz >/dev/null ||
  fail "the Kubernetes API is not ready after ten minutes; see 'journalctl -u k3s'"
register_node
say "serving as $NODE_NAME, $PROVIDER_ID"
