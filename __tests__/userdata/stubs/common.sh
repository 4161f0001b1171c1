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

# agent_tries: an agent asks the server to take it in, with the token that it read at its start. The server takes the one
# in /world/accepted, or any.
agent_tries() {
  [ -e /world/running/k3s-agent.service ] || return 0
  [ ! -e /world/accepted ] || [ "$(</world/accepted)" = "$(</world/token-in-use)" ] || return 0
  mkdir -p /var/lib/rancher/k3s/agent
  echo certificate >/var/lib/rancher/k3s/agent/client-kubelet.crt
}
