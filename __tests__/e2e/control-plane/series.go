package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The series of kube-state-metrics 2.20 as __tests__/fixtures/kube-state-metrics-2.20.prom has them: names, labels and
// their order, help, and the spelling of numbers.

type label struct{ name, value string }

type sample struct {
	labels []label
	value  float64
}

func writeSeries(text *bytes.Buffer, nodes []*v1.Node, pods []*v1.Pod) {
	family(text, "kube_node_info", "[STABLE] Information about a cluster node.", nodes, nodeInfo)
	family(text, "kube_pod_container_resource_requests", "[STABLE] The number of requested request resource by a container. It is recommended to use the kube_pod_resource_requests metric exposed by kube-scheduler instead, as it is more precise.", pods, podRequests)
	family(text, "kube_pod_info", "[STABLE] Information about pod.", pods, podInfo)
	family(text, "kube_pod_owner", "[STABLE] Information about the Pod's owner.", pods, podOwners)
	family(text, "kube_pod_status_phase", "[STABLE] The pods current phase.", pods, podPhases)
	family(text, "kube_pod_status_reason", "The pod status reasons", pods, podReasons)
	family(text, "kube_pod_status_unschedulable", "[STABLE] Describes the unschedulable status for the pod.", pods, podUnschedulable)
	family(text, "kube_pod_status_unscheduled_time", "Unix timestamp when pod moved into unscheduled status", pods, podUnscheduledTime)
}

func family[T any](text *bytes.Buffer, name, help string, objects []T, samplesOf func(T) []sample) {
	fmt.Fprintf(text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	for _, object := range objects {
		for _, each := range samplesOf(object) {
			text.WriteString(name)
			writeLabels(text, each.labels)
			text.WriteByte(' ')
			text.WriteString(strconv.FormatFloat(each.value, 'g', -1, 64))
			text.WriteByte('\n')
		}
	}
}

var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

func writeLabels(text *bytes.Buffer, labels []label) {
	separator := "{"
	for _, each := range labels {
		fmt.Fprintf(text, `%s%s="%s"`, separator, each.name, escaper.Replace(each.value))
		separator = ","
	}
	text.WriteByte('}')
}

func nodeInfo(node *v1.Node) []sample {
	info := node.Status.NodeInfo
	internalIP := ""
	for _, address := range node.Status.Addresses {
		if address.Type == v1.NodeInternalIP && internalIP == "" {
			internalIP = address.Address
		}
	}
	return []sample{{value: 1, labels: []label{
		{"node", node.Name},
		{"kernel_version", info.KernelVersion},
		{"os_image", info.OSImage},
		{"container_runtime_version", info.ContainerRuntimeVersion},
		{"kubelet_version", info.KubeletVersion},
		// The API has it no more; the exporter writes this word.
		{"kubeproxy_version", "deprecated"},
		{"provider_id", node.Spec.ProviderID},
		{"pod_cidr", node.Spec.PodCIDR},
		{"system_uuid", info.SystemUUID},
		{"internal_ip", internalIP},
	}}}
}

func podRequests(pod *v1.Pod) []sample {
	var samples []sample
	for _, container := range pod.Spec.Containers {
		for name, quantity := range container.Resources.Requests {
			unit := "integer"
			switch name {
			case v1.ResourceCPU:
				unit = "core"
			case v1.ResourceMemory, v1.ResourceStorage, v1.ResourceEphemeralStorage:
				unit = "byte"
			}
			samples = append(samples, sample{value: quantity.AsApproximateFloat64(), labels: podLabels(pod,
				label{"container", container.Name}, label{"node", pod.Spec.NodeName}, label{"resource", resourceLabel(name)}, label{"unit", unit})})
		}
	}
	return samples
}

var notInLabel = regexp.MustCompile(`[^a-zA-Z0-9_]`)

// As the exporter spells a resource: nvidia.com/gpu is nvidia_com_gpu.
func resourceLabel(name v1.ResourceName) string {
	return notInLabel.ReplaceAllString(string(name), "_")
}

func podInfo(pod *v1.Pod) []sample {
	kind, name := "", ""
	if owner := metav1.GetControllerOf(pod); owner != nil {
		kind, name = owner.Kind, owner.Name
	}
	return []sample{{value: 1, labels: podLabels(pod,
		label{"host_ip", pod.Status.HostIP}, label{"pod_ip", pod.Status.PodIP}, label{"node", pod.Spec.NodeName},
		label{"created_by_kind", kind}, label{"created_by_name", name}, label{"priority_class", pod.Spec.PriorityClassName},
		label{"host_network", strconv.FormatBool(pod.Spec.HostNetwork)})}}
}

func podPhases(pod *v1.Pod) []sample {
	if pod.Status.Phase == "" {
		return nil
	}
	var samples []sample
	for _, phase := range []v1.PodPhase{v1.PodPending, v1.PodSucceeded, v1.PodFailed, v1.PodUnknown, v1.PodRunning} {
		value := 0.0
		if pod.Status.Phase == phase {
			value = 1
		}
		samples = append(samples, sample{value: value, labels: podLabels(pod, label{"phase", string(phase)})})
	}
	return samples
}

func podOwners(pod *v1.Pod) []sample {
	owners := pod.OwnerReferences
	if len(owners) == 0 {
		return []sample{{value: 1, labels: podLabels(pod, label{"owner_kind", ""}, label{"owner_name", ""}, label{"owner_is_controller", ""})}}
	}
	var samples []sample
	for _, owner := range owners {
		isController := strconv.FormatBool(owner.Controller != nil && *owner.Controller)
		samples = append(samples, sample{value: 1, labels: podLabels(pod,
			label{"owner_kind", owner.Kind}, label{"owner_name", owner.Name}, label{"owner_is_controller", isController})})
	}
	return samples
}

// Of the reasons that the exporter knows, the one that the controller's queries ask for.
const schedulingGated = "SchedulingGated"

func podReasons(pod *v1.Pod) []sample {
	if unscheduled := unscheduledCondition(pod); unscheduled == nil || unscheduled.Reason != schedulingGated {
		return nil
	}
	return []sample{{value: 1, labels: podLabels(pod, label{"reason", schedulingGated})}}
}

func podUnschedulable(pod *v1.Pod) []sample {
	if unscheduledCondition(pod) == nil {
		return nil
	}
	return []sample{{value: 1, labels: podLabels(pod)}}
}

func podUnscheduledTime(pod *v1.Pod) []sample {
	unscheduled := unscheduledCondition(pod)
	if unscheduled == nil {
		return nil
	}
	return []sample{{value: seconds(unscheduled.LastTransitionTime), labels: podLabels(pod)}}
}

// Like the real exporter it looks at the status alone, not at the reason: a gated pod is among them.
func unscheduledCondition(pod *v1.Pod) *v1.PodCondition {
	for i, condition := range pod.Status.Conditions {
		if condition.Type == v1.PodScheduled && condition.Status == v1.ConditionFalse {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

func podLabels(pod *v1.Pod, more ...label) []label {
	return append([]label{{"namespace", pod.Namespace}, {"pod", pod.Name}, {"uid", string(pod.UID)}}, more...)
}

func seconds(at metav1.Time) float64 { return float64(at.Unix()) }
