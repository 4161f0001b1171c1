# Sourced by each stub: notes the call, and what the world lets fail.
# shellcheck shell=bash
echo "${0##*/} $*" >>/world/calls
export -p >>/world/environment

# fails NAME: true as many times as /world/fail.NAME says.
fails() {
  local left
  [ -e "/world/fail.$1" ] || return 1
  left=$(</world/fail."$1")
  [ "$left" -gt 0 ] || return 1
  echo $((left - 1)) >"/world/fail.$1"
}

# option NAME ARGUMENT…: what follows --NAME.
option() {
  local name=--$1
  shift
  while [ $# -gt 0 ]; do
    if [ "$1" = "$name" ]; then
      echo "$2"
      return
    fi
    shift
  done
}
