# What the scripts on a node share. Sourced, never run; the caller has read instance.env: AWS_REGION, BUCKET, NODE.
# Nothing here prints a value that came from SSM, and no secret is an argument or a variable of the environment.
# Functions that are tried again end with an explicit `return 1`: bash ignores `set -e` inside a condition.
# shellcheck shell=bash

# Link to the version of the node files in force; changed by one rename, so that no reader meets a mixture.
FILES=/opt/k3s-autoscaler
VERSIONS=/opt/k3s-autoscaler-versions
K3S=/usr/local/bin/k3s
# Set by put_file and install_k3s: something that K3s was started with is no longer what it was.
CHANGED=''

# The AWS CLI's own tries, with its back-off: most throttled calls end here.
export AWS_MAX_ATTEMPTS=5 AWS_RETRY_MODE=standard

say() { echo "${0##*/}: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

# retry TIMES SECONDS COMMAND…
retry() {
  local times=$1 pause=$2 try
  shift 2
  for ((try = 1; try < times; try++)); do
    if "$@"; then return 0; fi
    sleep "$pause"
  done
  "$@"
}

sha256_of() { sha256sum <"$1" | cut -d ' ' -f 1; }

# put_file MODE FILE: standard input becomes FILE by one rename.
put_file() {
  local mode=$1 file=$2 new
  new=$(mktemp "$file.XXXXXX")
  cat >"$new"
  chmod "$mode" "$new"
  if [ ! -e "$file" ] || [ "$(sha256_of "$new")" != "$(sha256_of "$file")" ]; then CHANGED=yes; fi
  mv -f "$new" "$file"
}

# metadata HEADER PATH [OPTION…]: one read of the instance metadata. The header goes by standard input, because it holds
# the session token that version 2 asks for, and arguments are for everybody on the machine to read.
metadata() {
  local header=$1 path=$2
  shift 2
  curl --silent --show-error --fail --max-time 10 --retry 5 --retry-connrefused --header @- "$@" \
    "http://169.254.169.254/latest/$path" <<<"$header" ||
    fail "the metadata service did not answer $path; the launch template must leave it enabled, with tokens"
}

# read_metadata: sets INSTANCE_ID, ZONE, INSTANCE_TYPE.
read_metadata() {
  local token
  token="X-aws-ec2-metadata-token: $(metadata 'X-aws-ec2-metadata-token-ttl-seconds: 300' api/token --request PUT)"
  INSTANCE_ID=$(metadata "$token" meta-data/instance-id)
  ZONE=$(metadata "$token" meta-data/placement/availability-zone)
  INSTANCE_TYPE=$(metadata "$token" meta-data/instance-type)
  [[ $INSTANCE_ID == i-* && -n $ZONE && -n $INSTANCE_TYPE ]] ||
    fail "the metadata service says instance '$INSTANCE_ID', zone '$ZONE', type '$INSTANCE_TYPE': none may be empty"
}

# load_settings NAME…: reads this node's settings; the named ones must not be empty.
load_settings() {
  local file=$FILES/settings/$NODE.env name
  [ -r "$file" ] || fail "$file is missing: the bucket $BUCKET has no settings for this kind of node; deploy again"
  # shellcheck source=/dev/null
  . "$file"
  for name; do
    [ -n "${!name:-}" ] || fail "$file: $name is empty or missing; deploy again with a stack that sets it"
  done
}

# The keys that a node reads, as a pattern. A worker takes only what it needs: each object costs it half a second.
needed_keys() {
  if [ "$NODE" = server ]; then
    echo ' (userdata/.*|k8s/.*|settings/server\.env)$'
  else
    echo " (userdata/(lib\.sh|worker\.sh|k3s-agent\.service|k3s-autoscaler-join\.service|kubelet\.yaml)|settings/$NODE\.env)$"
  fi
}

get_object() { aws s3api get-object --region "$AWS_REGION" --bucket "$BUCKET" --key "$1" "$1" >/dev/null; }

# fill_stage FOLDER: the objects that the folder's NEEDED lists. A sum that does not fit is most often a deployment in
# progress: whoever called tries again later, and what is in force stays.
fill_stage() {
  local stage=$1 wrong
  (
    cd "$stage" || exit 1
    cut -c 67- NEEDED | xargs -n 1 dirname | sort -u | xargs mkdir -p
    export AWS_REGION BUCKET
    export -f get_object
    # shellcheck disable=SC2016 # for the inner bash
    cut -c 67- NEEDED | xargs -P 4 -n 1 bash -c 'get_object "$0"'
  ) || say "some objects of s3://$BUCKET could not be read; the node's role needs s3:GetObject on them"
  wrong=$(cd "$stage" && sha256sum --check --strict --quiet NEEDED 2>&1) && return 0
  say "s3://$BUCKET does not match its SHA256SUMS: ${wrong//$'\n'/, }; a deployment is under way, or somebody changed" \
    "an object by hand: deploy again if this stays"
  return 1
}

# fetch_files: brings the bucket's present state into force at $FILES, whole or not at all.
fetch_files() (
  umask 077
  mkdir -p "$VERSIONS" || exit 1
  exec 9>"$VERSIONS/.lock"
  flock 9
  stage=$VERSIONS/new
  trap 'rm -rf "$stage"' EXIT
  rm -rf "$stage"
  mkdir "$stage" || exit 1
  if ! (cd "$stage" && get_object SHA256SUMS); then
    say "cannot read s3://$BUCKET/SHA256SUMS; check that it exists, the node's right to s3:GetObject, and the way to S3"
    exit 1
  fi
  version=$VERSIONS/$(sha256_of "$stage/SHA256SUMS")
  if [ "$(readlink "$FILES" || true)" = "$version" ] &&
    (cd "$version" && sha256sum --check --strict --status NEEDED); then
    exit 0
  fi
  grep -E "$(needed_keys)" "$stage/SHA256SUMS" >"$stage/NEEDED"
  grep -q " settings/$NODE\.env$" "$stage/NEEDED" || {
    say "SHA256SUMS of s3://$BUCKET lists no settings/$NODE.env; deploy again with a stack that has this kind of node"
    exit 1
  }
  fill_stage "$stage" || exit 1
  rm -rf "$version"
  mv "$stage" "$version" && ln -sfn "$version" "$FILES.new" && mv -T "$FILES.new" "$FILES" || exit 1
  find "$VERSIONS" -mindepth 1 -maxdepth 1 -type d ! -path "$version" -exec rm -rf {} +
)

# install_k3s: the pinned binary, or none. No install.sh: it verifies the binary by a sum from the same release.
install_k3s() {
  local suffix sum url new found
  case $(uname -m) in
    x86_64) suffix='' sum=$K3S_SHA256_AMD64 ;;
    aarch64) suffix=-arm64 sum=$K3S_SHA256_ARM64 ;;
    *) fail "there is no K3s binary for $(uname -m): use instance types that are x86_64 or arm64" ;;
  esac
  if [ -x "$K3S" ] && [ "$(sha256_of "$K3S")" = "$sum" ]; then return 0; fi
  url=https://github.com/k3s-io/k3s/releases/download/${K3S_VERSION/+/%2B}/k3s$suffix
  new=$(mktemp "$K3S.XXXXXX")
  if ! retry 5 10 curl --silent --show-error --fail --location --proto '=https' --connect-timeout 10 --max-time 300 \
    --output "$new" "$url"; then
    rm -f "$new"
    fail "cannot download $url; check K3S_VERSION ($K3S_VERSION) and the node's way to the internet"
  fi
  found=$(sha256_of "$new")
  if [ "$found" != "$sum" ]; then
    rm -f "$new"
    fail "$url has the sha256 $found, the settings ask for $sum; nothing was installed: pin the sum of this K3S_VERSION"
  fi
  chmod 755 "$new"
  mv -f "$new" "$K3S"
  CHANGED=yes
  say "installed K3s $K3S_VERSION"
}

# start_k3s UNIT: a running K3s is never restarted by a boot script; people do that when it suits them.
start_k3s() {
  systemctl daemon-reload
  systemctl enable "$1"
  if ! systemctl is-active --quiet "$1"; then
    systemctl start --no-block "$1"
  elif [ -n "$CHANGED" ]; then
    say "$1 still runs with what it was started with; 'systemctl restart $1' takes the changes in"
  fi
}

kubectl() { "$K3S" kubectl --request-timeout=30s "$@"; }

# read_parameter NAME FILE: the value into FILE, for root alone. On failure FILE stays as it was and REASON says why.
# Terraform makes parameters with the value `pending`, so that no token is ever in its state.
read_parameter() {
  local name=$1 file=$2 value errors
  errors=$(mktemp)
  REASON=''
  value=$(aws ssm get-parameter --region "$AWS_REGION" --name "$name" --with-decryption \
    --query Parameter.Value --output text 2>"$errors") || REASON="cannot be read: $(<"$errors")"
  rm -f "$errors"
  if [ -z "$REASON" ]; then
    case $value in
      '' | None) REASON='is empty' ;;
      pending) REASON="is still 'pending'" ;;
    esac
  fi
  REASON=${REASON//$'\n'/ }
  [ -z "$REASON" ] || return 1
  (umask 077 && printf '%s' "$value" >"$file.new") && mv -f "$file.new" "$file"
}
