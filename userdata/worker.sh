#!/bin/bash
# Joins this instance to the cluster: a base worker or one of a pool. Run by k3s-autoscaler-boot.service until it
# succeeds, and safe to run again by hand. Units of systemd call it too:
#   refresh-token   before each start of the agent: fetches the join token of the day
#   follow-token    after it: fetches newer ones until the agent has joined
set -euo pipefail
# shellcheck source=/dev/null
. /var/lib/k3s-autoscaler/instance.env
# shellcheck source=userdata/lib.sh
. /opt/k3s-autoscaler/userdata/lib.sh

TOKEN_FILE=/etc/rancher/k3s/join-token
# The hash of the token that the agent was started with; as old as that start.
STARTED_WITH=/run/k3s-autoscaler-agent

# The server writes the token when it is up: the first workers of a new cluster are there before. A base worker's unit
# comes back here for as long as it takes; one of a pool gives up after these five minutes.
wait_for_token() {
  local try last='' deadline=$((SECONDS + 300))
  for ((try = 1; try <= 60 && SECONDS <= deadline; try++)); do
    if read_parameter "$JOIN_TOKEN_PARAMETER" "$TOKEN_FILE"; then return 0; fi
    [ "$REASON" = "$last" ] || say "waiting for the join token: SSM parameter $JOIN_TOKEN_PARAMETER $REASON"
    last=$REASON
    sleep 5
  done
  fail "no join token after five minutes: SSM parameter $JOIN_TOKEN_PARAMETER $REASON. The server writes it when it" \
    "is up: see 'journalctl -u k3s-autoscaler-tokens' there; and the worker's role needs ssm:GetParameter on it"
}

refresh_token() {
  local read=yes
  read_parameter "$JOIN_TOKEN_PARAMETER" "$TOKEN_FILE" || read=''
  sha256_of "$TOKEN_FILE" >"$STARTED_WITH"
  [ -n "$read" ] || fail "the join token of the last start stays: SSM parameter $JOIN_TOKEN_PARAMETER $REASON"
}

# joined: the server has taken the agent in since its last start. K3s writes this certificate at each start, when the
# server has accepted the agent, and never before. (k3s, pkg/agent/config/config.go, `get` and `getKubeletClientCert`)
joined() { [ /var/lib/rancher/k3s/agent/client-kubelet.crt -nt "$STARTED_WITH" ]; }

# follow_token: K3s reads the token file once, at its start, and an agent that is refused tries for ever with what it
# read. (k3s, pkg/cli/agent/agent.go, `Run`, and pkg/agent/config/config.go, `Get`) A worker may boot with a token that is
# about to end, or while the server is down for a day; so the agent is restarted, which moves no pod: it has none yet.
follow_token() {
  until joined; do
    sleep 300
    if joined; then break; fi
    if ! read_parameter "$JOIN_TOKEN_PARAMETER" "$TOKEN_FILE"; then
      say "not joined yet, and no newer join token: SSM parameter $JOIN_TOKEN_PARAMETER $REASON"
    elif [ "$(sha256_of "$TOKEN_FILE")" != "$(cat "$STARTED_WITH")" ]; then
      say 'not joined yet, and there is a newer join token: restarting the agent with it'
      systemctl restart k3s-agent.service
    fi
  done
}

# yaml_list NAME LINES: a list of quoted strings, or nothing. In single quotes YAML knows one escape: '' for '.
yaml_list() {
  local line quote="'"
  [ -n "$2" ] || return 0
  echo "$1:"
  while IFS= read -r line; do
    if [ -n "$line" ]; then echo "  - '${line//$quote/$quote$quote}'"; fi
  done <<<"$2"
}

# The Node's name holds the instance's id: K3s keeps a password for each name for ever, and EC2 uses addresses again.
config() {
  echo "server: $SERVER_URL"
  echo "token-file: $TOKEN_FILE"
  echo "node-name: worker-$INSTANCE_ID"
  yaml_list kubelet-arg "provider-id=aws:///$ZONE/$INSTANCE_ID"$'\n'config=/etc/rancher/k3s/kubelet.yaml
  yaml_list node-label "topology.kubernetes.io/region=$AWS_REGION
topology.kubernetes.io/zone=$ZONE
node.kubernetes.io/instance-type=$INSTANCE_TYPE
${NODE_LABELS:-}"
  yaml_list node-taint "${NODE_TAINTS:-}"
}

load_settings K3S_VERSION K3S_SHA256_AMD64 K3S_SHA256_ARM64 SERVER_URL JOIN_TOKEN_PARAMETER

case ${1:-} in
  refresh-token)
    refresh_token
    exit 0
    ;;
  follow-token)
    follow_token
    exit 0
    ;;
esac

read_metadata
install_k3s
install -d -m 700 /etc/rancher/k3s
put_file 600 /etc/rancher/k3s/kubelet.yaml <"$FILES/userdata/kubelet.yaml"
# Not by a pipe: put_file would set CHANGED in a shell of its own.
new_config=$(config)
put_file 600 /etc/rancher/k3s/config.yaml <<<"$new_config"
for unit in k3s-agent.service k3s-autoscaler-join.service; do
  put_file 644 "/etc/systemd/system/$unit" <"$FILES/userdata/$unit"
done
wait_for_token
start_k3s k3s-agent.service
say "joining $SERVER_URL as worker-$INSTANCE_ID"
