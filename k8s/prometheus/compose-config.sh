#!/bin/sh
# Which configuration Prometheus runs with, for the three containers of its pod that care:
#
#   check            once, before: the mounted configuration is checked and laid down as `base`
#   start ARGUMENT…  is Prometheus' own container: starts it, always with `base`
#   watch            beside it: checks each change, and has Prometheus take it
#
# Prometheus refuses a whole configuration when the credentials for pushing alerts cannot be had, and when it starts with
# such a one it ends (https://github.com/prometheus/prometheus/issues/10825). So it never starts with that part; it is
# tried while Prometheus runs, and left out again, aloud, where it fails: no push is a delay, no metrics is blindness.
#
# Reload is by signal. The HTTP way (--web.enable-lifecycle) would let everybody who reaches the port end Prometheus.
#
# POSIX sh with what busybox has: it runs in Prometheus' own image.
set -eu

# What is mounted: prometheus.yml and rules.yml; and, where alerts are pushed, the alerting part.
CONFIG=${CONFIG:-/etc/prometheus/config}
ALERTING=${ALERTING:-/etc/prometheus/alerting/alerting.yml}
# What all containers of the pod share. `live` points to what Prometheus reads: `base`, or `full` with the alerting part.
RUN=${RUN:-/run/prometheus}
# Where Prometheus answers.
WEB=${WEB:-http://127.0.0.1:9090}
# Seconds: between two looks, for a reload, until a failed one is tried again.
LOOK=${LOOK:-10}
RELOAD=${RELOAD:-30}
RETRY=${RETRY:-300}

say() { echo "compose-config: $*" >&2; }

# lay FOLDER FILE…: these files, one behind the other, and the rules become $RUN/FOLDER, if promtool finds them good.
lay() {
  folder=$1
  rules=$2
  shift 2
  rm -rf "$RUN/next"
  mkdir "$RUN/next"
  cp "$rules" "$RUN/next/rules.yml"
  for part; do
    cat "$part"
    # A file may end without one.
    echo
  done >"$RUN/next/prometheus.yml"
  if ! promtool check config "$RUN/next/prometheus.yml" >"$RUN/check.log" 2>&1; then
    cat "$RUN/check.log" >&2
    return 1
  fi
  rm -rf "${RUN:?}/$folder"
  mv "$RUN/next" "$RUN/$folder"
}

lay_base() { lay base "$CONFIG/rules.yml" "$CONFIG/prometheus.yml"; }
# From the last good base, so that a mistake in the new one does not take the alerts as well.
lay_full() { lay full "$RUN/base/rules.yml" "$RUN/base/prometheus.yml" "$ALERTING"; }

# A signal that comes before Prometheus listens for it ends it, and a number of its predecessor may be anybody's now.
running() {
  pid=$(cat "$RUN/pid" 2>/dev/null) &&
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = prometheus ] &&
    wget -q -T 5 -O /dev/null "$WEB/-/ready" 2>/dev/null
}

metric() { wget -q -T 5 -O - "$WEB/metrics" 2>/dev/null | sed -n "s/^prometheus_config_last_reload_$1 //p"; }

# reload FOLDER: Prometheus takes $RUN/FOLDER, or this fails.
reload() {
  before=$(metric success_timestamp_seconds)
  was_well=$(metric successful)
  ln -sfn "$1" "$RUN/live"
  kill -HUP "$pid"
  waited=0
  while [ "$waited" -lt "$RELOAD" ]; do
    sleep 1
    waited=$((waited + 1))
    now=$(metric success_timestamp_seconds)
    if [ -n "$now" ] && [ "$now" != "$before" ]; then return 0; fi
    if [ "$was_well" = 1 ] && [ "$(metric successful)" = 0 ]; then return 1; fi
  done
  say "Prometheus has said nothing of its reload for $RELOAD s"
  return 1
}

# Brings Prometheus to what is mounted; fails when that is to be tried again.
apply() {
  lay_base || say "REFUSED: the configuration in $CONFIG is not valid, and the last one that was stays in force"
  if [ ! -s "$ALERTING" ]; then
    reload base || return 1
    say 'in force, without alerts: there is no ConfigMap prometheus-alerting'
    return 0
  fi
  if ! lay_full; then
    say "ALERTS ARE OFF: with $ALERTING the configuration is not valid; pods that wait are seen by the schedule only"
    reload base
    return
  fi
  if reload full; then
    say 'in force, with alerts'
    return 0
  fi
  say "ALERTS ARE OFF: Prometheus does not take $ALERTING (its log says why; most often it gets no credentials from the"\
    "instance role); pods that wait are seen by the schedule only; next try in $RETRY s"
  reload base || say 'and Prometheus did not go back to the base configuration either'
  return 1
}

# One look: a new Prometheus, whose number is another, starts from `base`.
look() {
  running || return 0
  found="$pid $(cat "$CONFIG/prometheus.yml" "$CONFIG/rules.yml" "$ALERTING" 2>/dev/null | sha256sum)"
  if [ "$found" = "$done" ] && [ "$(date +%s)" -lt "$again" ]; then return 0; fi
  done=$found
  if apply; then again=9999999999; else again=$(($(date +%s) + RETRY)); fi
}

case ${1:-} in
check)
  lay_base && exit 0
  # emptyDir outlives a restart of the machine, and so does what was good before it.
  [ -e "$RUN/base/prometheus.yml" ] || { say "the configuration in $CONFIG is not valid, and there is no older one"; exit 1; }
  say "REFUSED: the configuration in $CONFIG is not valid; starting with the last one that was"
  ;;
start)
  shift
  ln -sfn base "$RUN/live"
  # exec keeps the number.
  echo $$ >"$RUN/pid"
  exec prometheus --config.file="$RUN/live/prometheus.yml" "$@"
  ;;
watch)
  done='' again=0
  trap 'exit 0' TERM INT
  while :; do
    look
    touch "$RUN/alive"
    # In the background, for a shell hears no signal while it waits for a command.
    sleep "$LOOK" &
    wait $!
  done
  ;;
*)
  say "what to do? check, start or watch, not '${1:-}'"
  exit 2
  ;;
esac
