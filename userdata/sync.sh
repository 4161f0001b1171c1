#!/bin/bash
# Brings the server to the bucket's present state: the node files, and to the cluster what k8s/ says. Run by a timer. It
# restarts nothing: scripts are read anew at their next run; a changed unit or K3s setting waits until server.sh is run.
# What people changed in the cluster is set back within the hour.
set -euo pipefail
# shellcheck source=/dev/null
. /var/lib/k3s-autoscaler/instance.env
# shellcheck source=userdata/lib.sh
. /opt/k3s-autoscaler/userdata/lib.sh
# shellcheck source=userdata/volume.sh
. "$FILES/userdata/volume.sh"

# On the data volume, beside the cluster that they tell of: a new instance knows what was applied, a new volume does not.
STAMP=$DATA/k3s-autoscaler/applied
OBJECTS=$DATA/k3s-autoscaler/objects

# list_objects: what k8s/ makes, a line each: apiVersion, kind, name and, where it lies in one, namespace.
list_objects() {
  kubectl create --kustomize "$FILES/k8s" --dry-run=client --validate=false \
    --output 'jsonpath={.apiVersion} {.kind} {.metadata.name} {.metadata.namespace}{"\n"}'
}

# apply_manifests: applies k8s/, and takes away what it made earlier and does not make any more. By a list of our own:
# `kubectl apply --prune` and its ApplySets are not stable. (https://github.com/kubernetes/enhancements/issues/3659)
apply_manifests() {
  local listed gone version kind name namespace
  listed=$(list_objects)
  [ -n "$listed" ] || fail "kubectl finds no object in $FILES/k8s; nothing was applied: look at its kustomization.yaml"
  # Before anything is made: however this run ends, the next one knows of it.
  gone=$({ cat "$OBJECTS" 2>/dev/null || true; } | grep -vxF "$listed") || true
  put_file 600 "$OBJECTS" <<<"$listed${gone:+$'\n'$gone}"
  kubectl apply --kustomize "$FILES/k8s"
  while read -r version kind name namespace; do
    # With a namespace would go all that people have put there.
    if [ -z "$kind" ] || [ "$kind" = Namespace ]; then continue; fi
    # It is still there, by another version of the API.
    if [[ $listed$'\n' == *" $kind $name $namespace"$'\n'* ]]; then continue; fi
    say "k8s/ has $kind $name no more: taking it away"
    kubectl delete --ignore-not-found --wait=false --filename - <<MANIFEST
apiVersion: $version
kind: $kind
metadata: {name: "$name", namespace: "$namespace"}
MANIFEST
  done <<<"$gone"
  put_file 600 "$OBJECTS" <<<"$listed"
}

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
grow_filesystem
wanted=$({ grep ' k8s/' "$FILES/SHA256SUMS"; echo "${ALERT_URL:-} $AWS_REGION"; } | sha256sum | cut -d ' ' -f 1)
if [ -n "$(find "$STAMP" -mmin -60 2>/dev/null)" ] && [ "$(<"$STAMP")" = "$wanted" ]; then exit 0; fi
# What fails half-way is applied again, and so is what was in force before it when the bucket goes back to that.
rm -f "$STAMP"
apply_manifests
apply_alerting
put_file 600 "$STAMP" <<<"$wanted"
say "applied k8s/ of the bucket's version ${wanted:0:12}"
