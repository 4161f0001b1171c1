#!/bin/bash
# Brings the server to the bucket's present state: the node files, and to the cluster what k8s/ says. Run by a timer. It
# restarts nothing: scripts are read anew at their next run; a changed unit or K3s setting waits until server.sh is run.
set -euo pipefail
# shellcheck source=/dev/null
. /var/lib/k3s-autoscaler/instance.env
# shellcheck source=userdata/lib.sh
. /opt/k3s-autoscaler/userdata/lib.sh

# On the data volume, beside the cluster that it tells of: a new instance knows what was applied, a new volume does not.
STAMP=/var/lib/rancher/k3s-autoscaler/applied

# The part of Prometheus' configuration that pushes the alert. Its pod works without it too.
apply_alerting() {
  local template=$FILES/k8s/prometheus/alerting.template.yml host folder
  if [ -z "${ALERT_URL:-}" ]; then
    kubectl --namespace monitoring delete configmap prometheus-alerting --ignore-not-found
    return
  fi
  host=${ALERT_URL#https://}
  host=${host%%/*}
  [[ $host =~ ^[a-z0-9.-]+$ ]] || fail "ALERT_URL is '$ALERT_URL', and must be https://<host>/; deploy again"
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$folder'" EXIT
  sed -e "s|@ALERT_HOST@|$host|g" -e "s|@AWS_REGION@|$AWS_REGION|g" "$template" >"$folder/alerting.yml"
  if grep -n '@[A-Z_]*@' "$folder/alerting.yml" >&2; then
    fail "k8s/prometheus/alerting.template.yml has a placeholder that is neither @ALERT_HOST@ nor @AWS_REGION@"
  fi
  kubectl --namespace monitoring create configmap prometheus-alerting --from-file="$folder/alerting.yml" \
    --dry-run=client --output yaml | kubectl apply --filename -
}

if [ "${1:-}" != apply ]; then
  fetch_files || fail 'the files of the last whole fetch stay in force; next try with the timer'
  # The script that was just fetched applies what was fetched with it.
  exec bash "$FILES/userdata/sync.sh" apply
fi

load_settings NODE_NAME
wanted=$({ grep ' k8s/' "$FILES/SHA256SUMS"; echo "${ALERT_URL:-} $AWS_REGION"; } | sha256sum | cut -d ' ' -f 1)
if [ -e "$STAMP" ] && [ "$(<"$STAMP")" = "$wanted" ]; then exit 0; fi
kubectl apply --kustomize "$FILES/k8s"
apply_alerting
# Only now: what failed half-way is applied again.
put_file 600 "$STAMP" <<<"$wanted"
say "applied k8s/ of the bucket's version ${wanted:0:12}"
