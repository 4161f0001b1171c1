#!/bin/bash
# Makes new tokens and writes them to SSM: the join token for workers, the controller's token and the CA for the
# function. Tokens live 24 hours and a timer makes new ones every 12. Workers never get the server's own token, which is
# the key to everything. (https://docs.k3s.io/cli/token)
set -euo pipefail
# shellcheck source=/dev/null
. /var/lib/k3s-autoscaler/instance.env
# shellcheck source=userdata/lib.sh
. /opt/k3s-autoscaler/userdata/lib.sh

# In memory, for root alone. The AWS CLI gets values by file: arguments are for everybody on the machine to read.
FOLDER=$(mktemp -d /run/k3s-autoscaler-tokens.XXXXXX)
trap 'rm -rf "$FOLDER"' EXIT
umask 077

# put NAME TYPE PARAMETER PATTERN: publishes $FOLDER/NAME when it is what it should be.
put() {
  local file=$FOLDER/$1 type=$2 parameter=$3 pattern=$4 value
  value=$(<"$file")
  if [[ ! $value =~ $pattern ]]; then
    : >"$file"
    say "no $1 was published to $parameter: what K3s gave (${#value} characters) is none; see 'journalctl -u k3s'"
    return 1
  fi
  printf '%s' "$value" >"$file"
  aws ssm put-parameter --region "$AWS_REGION" --name "$parameter" --type "$type" --overwrite \
    --value "file://$file" >/dev/null || {
    say "cannot write $1 to SSM parameter $parameter; the server's role needs ssm:PutParameter on it"
    return 1
  }
}

# make FILE COMMAND…: its output, unless there is some already: what SSM refused is offered again and not made again, since
# each join token is one more Secret for a day.
make() {
  local file=$1
  shift
  if [ -s "$file" ]; then return 0; fi
  "$@" >"$file" && return 0
  : >"$file"
  return 1
}

# publish NAME
publish() {
  local file=$FOLDER/$1
  case $1 in
    join-token)
      # With the hash of the CA in front (K10…): by it an agent knows the server before it shows the token.
      make "$file" "$K3S" token create --ttl 24h || return 1
      put "$1" SecureString "$JOIN_TOKEN_PARAMETER" '^K10[0-9a-f]+::[a-z0-9]{6}\.[a-z0-9]{16}$'
      ;;
    controller-token)
      # Of a ServiceAccount that k8s/ makes, so it is there once k3s-autoscaler-sync has applied that.
      make "$file" kubectl --namespace kube-system create token k3s-autoscaler --duration 24h || return 1
      put "$1" SecureString "$CONTROLLER_TOKEN_PARAMETER" '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$'
      ;;
    ca)
      cp /var/lib/rancher/k3s/server/tls/server-ca.crt "$file" || return 1
      put "$1" String "$CA_PARAMETER" '^-----BEGIN CERTIFICATE-----'
      ;;
  esac
}

load_settings JOIN_TOKEN_PARAMETER CONTROLLER_TOKEN_PARAMETER CA_PARAMETER
# Only what failed is tried again.
todo=(join-token ca controller-token)
for ((round = 1; round <= 20; round++)); do
  failed=()
  for name in "${todo[@]}"; do
    publish "$name" || failed+=("$name")
  done
  todo=("${failed[@]}")
  if [ ${#todo[@]} -eq 0 ]; then
    say 'published new tokens to SSM'
    exit 0
  fi
  say "not published yet: ${todo[*]}; next try in 30 seconds"
  sleep 30
done
fail "not published in ten minutes: ${todo[*]}; see above, and 'journalctl -u k3s -u k3s-autoscaler-sync'"
