#!/bin/bash
# Makes this instance the K3s server, and writes what workers and the autoscaler need to SSM. Settings are put in front
# of this line when the stack is synthesized: K3S_VERSION AWS_REGION NODE_NAME SERVER_ADDRESS JOIN_TOKEN_PARAMETER
# CONTROLLER_TOKEN_PARAMETER CA_PARAMETER.
set -euo pipefail

metadata_token=$(curl -sSf --retry 5 --retry-connrefused -X PUT \
  -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
metadata() {
  curl -sSf --retry 5 -H "X-aws-ec2-metadata-token: $metadata_token" "http://169.254.169.254/latest/meta-data/$1"
}
instance_id=$(metadata instance-id)
zone=$(metadata placement/availability-zone)
instance_type=$(metadata instance-type)

install -d -m 700 /etc/rancher/k3s
cat >/etc/rancher/k3s/config.yaml <<CONFIG
node-name: $NODE_NAME
tls-san: [$SERVER_ADDRESS]
disable: [traefik, servicelb]
node-taint: ['node-role.kubernetes.io/control-plane=:NoSchedule']
node-label:
  - topology.kubernetes.io/region=$AWS_REGION
  - topology.kubernetes.io/zone=$zone
  - node.kubernetes.io/instance-type=$instance_type
kubelet-arg: ['provider-id=aws:///$zone/$instance_id']
CONFIG

# What the autoscaler may do in Kubernetes: K3s applies what lies in this folder.
install -d -m 700 /var/lib/rancher/k3s/server/manifests
cat >/var/lib/rancher/k3s/server/manifests/k3s-autoscaler-rbac.yaml <<'MANIFEST'
apiVersion: v1
kind: ServiceAccount
metadata: { name: k3s-autoscaler, namespace: kube-system }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: k3s-autoscaler }
rules:
  - { apiGroups: [''], resources: [nodes], verbs: [get, list, patch, delete] }
  - { apiGroups: [''], resources: [pods], verbs: [get, list] }
  - { apiGroups: [''], resources: [pods/eviction], verbs: [create] }
  - { apiGroups: [''], resources: [persistentvolumes, persistentvolumeclaims, namespaces], verbs: [get, list] }
  - { apiGroups: [''], resources: [events], verbs: [create, patch] }
  - { apiGroups: [apps], resources: [daemonsets, replicasets], verbs: [get, list] }
  - { apiGroups: [policy], resources: [poddisruptionbudgets], verbs: [get, list] }
  - { apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [get, list] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: k3s-autoscaler }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: k3s-autoscaler }
subjects:
  - { kind: ServiceAccount, name: k3s-autoscaler, namespace: kube-system }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: k3s-autoscaler, namespace: kube-system }
rules:
  - { apiGroups: [''], resources: [configmaps], resourceNames: [k3s-autoscaler-status], verbs: [get, update, patch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: k3s-autoscaler, namespace: kube-system }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: k3s-autoscaler }
subjects:
  - { kind: ServiceAccount, name: k3s-autoscaler, namespace: kube-system }
MANIFEST

# The installer of the same release, not whatever get.k3s.io serves today.
curl -sSfL --retry 5 "https://raw.githubusercontent.com/k3s-io/k3s/${K3S_VERSION/+/%2B}/install.sh" -o /root/install-k3s.sh
INSTALL_K3S_VERSION="$K3S_VERSION" INSTALL_K3S_SKIP_SELINUX_RPM=true INSTALL_K3S_EXEC=server sh /root/install-k3s.sh

# Tokens live a day and are made anew twice a day. Workers never get the server's own token: it is the key to everything.
cat >/usr/local/bin/k3s-publish-tokens <<PUBLISH
#!/bin/bash
set -euo pipefail
put() {
  # The value comes by a file: arguments are for everybody on the machine to read.
  local file
  file=\$(mktemp)
  trap 'rm -f "\$file"' RETURN
  cat >"\$file"
  [ -s "\$file" ] || { echo "nothing to write to \$1" >&2; return 1; }
  aws ssm put-parameter --region '$AWS_REGION' --name "\$1" --type SecureString --overwrite --value "file://\$file" >/dev/null
}
k3s token create --ttl 24h | tr -d '\n' | put '$JOIN_TOKEN_PARAMETER'
k3s kubectl --namespace kube-system create token k3s-autoscaler --duration 24h | tr -d '\n' | put '$CONTROLLER_TOKEN_PARAMETER'
put '$CA_PARAMETER' </var/lib/rancher/k3s/server/tls/server-ca.crt
PUBLISH
chmod 700 /usr/local/bin/k3s-publish-tokens

cat >/etc/systemd/system/k3s-publish-tokens.service <<'UNIT'
[Unit]
Description=Write join token, controller token and CA to SSM
After=k3s.service network-online.target
[Service]
Type=oneshot
Environment=PATH=/usr/local/bin:/usr/bin:/bin
ExecStart=/usr/local/bin/k3s-publish-tokens
Restart=on-failure
RestartSec=15
UNIT
cat >/etc/systemd/system/k3s-publish-tokens.timer <<'UNIT'
[Unit]
Description=New tokens twice a day
[Timer]
OnBootSec=2min
OnUnitActiveSec=12h
[Install]
WantedBy=timers.target
UNIT
systemctl daemon-reload
systemctl enable --now k3s-publish-tokens.timer
systemctl start --no-block k3s-publish-tokens.service
