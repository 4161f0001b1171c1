// karpbench times Karpenter's own scheduler (bin packing) on a neutral JSON input.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/operator/injection"
	"sigs.k8s.io/karpenter/pkg/operator/logging"
	"sigs.k8s.io/karpenter/pkg/operator/options"
	karpsched "sigs.k8s.io/karpenter/pkg/scheduling"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: karpbench gen|solve [flags]")
		os.Exit(2)
	}
	fs := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	switch os.Args[1] {
	case "gen":
		pods := fs.Int("pods", 1000, "pending pods")
		ntypes := fs.Int("types", 400, "instance types")
		nodes := fs.Int("nodes", 0, "existing nodes")
		seed := fs.Int64("seed", 42, "")
		out := fs.String("o", "input.json", "")
		check(fs.Parse(os.Args[2:]))
		writeJSON(*out, gen(*pods, *ntypes, *nodes, *seed))
	case "solve":
		in := fs.String("in", "input.json", "")
		runs := fs.Int("runs", 5, "timed runs, each with a fresh scheduler")
		warm := fs.Int("warmup", 1, "untimed runs first")
		workers := fs.Int("workers", 1, "NumConcurrentReconciles: 1 in production by default, 5 in Karpenter's own benchmark")
		planOut := fs.String("plan", "", "write the last run's plan here")
		check(fs.Parse(os.Args[2:]))
		var input Input
		readJSON(*in, &input)
		solve(*in, input, *runs, *warm, *workers, *planOut)
	default:
		fmt.Fprintln(os.Stderr, "unknown command", os.Args[1])
		os.Exit(2)
	}
}

func qMilli(m int64) resource.Quantity { return *resource.NewMilliQuantity(m, resource.DecimalSI) }
func qMi(m int64) resource.Quantity    { return *resource.NewQuantity(m<<20, resource.BinarySI) }
func q(n int64) resource.Quantity      { return *resource.NewQuantity(n, resource.DecimalSI) }

func toInstanceType(t InstanceType) *cloudprovider.InstanceType {
	it := &cloudprovider.InstanceType{
		Name: t.Name,
		Requirements: karpsched.NewRequirements(
			karpsched.NewRequirement(corev1.LabelInstanceTypeStable, corev1.NodeSelectorOpIn, t.Name),
			karpsched.NewRequirement(corev1.LabelArchStable, corev1.NodeSelectorOpIn, "amd64"),
			karpsched.NewRequirement(corev1.LabelOSStable, corev1.NodeSelectorOpIn, "linux"),
			karpsched.NewRequirement(corev1.LabelTopologyZone, corev1.NodeSelectorOpIn, t.Zones...),
			karpsched.NewRequirement(v1.CapacityTypeLabelKey, corev1.NodeSelectorOpIn, v1.CapacityTypeOnDemand),
		),
		Capacity: corev1.ResourceList{corev1.ResourceCPU: qMilli(t.CPUMilli), corev1.ResourceMemory: qMi(t.MemoryMi), corev1.ResourcePods: q(t.Pods)},
		Overhead: &cloudprovider.InstanceTypeOverhead{KubeReserved: corev1.ResourceList{
			corev1.ResourceCPU: qMilli(t.ReservedCPUMilli), corev1.ResourceMemory: qMi(t.ReservedMemoryMi)}},
	}
	for _, z := range t.Zones {
		it.Offerings = append(it.Offerings, &cloudprovider.Offering{
			Available: true, Price: t.Price,
			Requirements: karpsched.NewLabelRequirements(map[string]string{
				v1.CapacityTypeLabelKey: v1.CapacityTypeOnDemand, corev1.LabelTopologyZone: z}),
		})
	}
	return it
}

func toPod(p Pod) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: "default", UID: types.UID(p.UID), Labels: p.Labels},
		Spec: corev1.PodSpec{
			NodeSelector: p.NodeSelector,
			Containers: []corev1.Container{{Name: "c", Image: "x", Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceCPU: qMilli(p.CPUMilli), corev1.ResourceMemory: qMi(p.MemoryMi)}}}},
		},
	}
	for _, s := range p.TopologySpread {
		pod.Spec.TopologySpreadConstraints = append(pod.Spec.TopologySpreadConstraints, corev1.TopologySpreadConstraint{
			MaxSkew: s.MaxSkew, TopologyKey: s.TopologyKey, WhenUnsatisfiable: corev1.DoNotSchedule,
			LabelSelector: &metav1.LabelSelector{MatchLabels: s.MatchLabels}})
	}
	if len(p.PodAffinity)+len(p.PodAntiAffinity) > 0 {
		pod.Spec.Affinity = &corev1.Affinity{}
	}
	terms := func(ts []Term) (out []corev1.PodAffinityTerm) {
		for _, t := range ts {
			out = append(out, corev1.PodAffinityTerm{TopologyKey: t.TopologyKey, LabelSelector: &metav1.LabelSelector{MatchLabels: t.MatchLabels}})
		}
		return out
	}
	if len(p.PodAffinity) > 0 {
		pod.Spec.Affinity.PodAffinity = &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms(p.PodAffinity)}
	}
	if len(p.PodAntiAffinity) > 0 {
		pod.Spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms(p.PodAntiAffinity)}
	}
	return pod
}

// cloud is only asked for by Karpenter's cluster state constructor; nothing on the measured path calls it.
type cloud struct{ cloudprovider.CloudProvider }

type RunResult struct {
	SetupMs float64 `json:"setupMs"`       // copy of cluster state + NewTopology + NewScheduler
	SolveMs float64 `json:"solveMs"`       // Scheduler.Solve only
	CPUMs   float64 `json:"cpuMs"`         // process CPU time (all threads, GC too) during setup + Solve
	BusyPct float64 `json:"othersBusyPct"` // CPU used by other processes meanwhile, in % of one core
}

func solve(name string, in Input, runs, warm, workers int, planOut string) {
	log.SetLogger(logging.NopLogger)
	ctx := options.ToContext(injection.WithControllerName(context.Background(), "provisioner"), &options.Options{
		MemoryLimit: -1, CPURequests: int64(workers) * 1000, IgnoreDRARequests: true,
		PreferencePolicy: options.PreferencePolicyRespect, MinValuesPolicy: options.MinValuesPolicyStrict,
		BatchMaxDuration: 10 * time.Second, BatchIdleDuration: time.Second,
		FeatureGates: options.FeatureGates{ReservedCapacity: true}, // the default
	})
	var its []*cloudprovider.InstanceType
	for _, t := range in.InstanceTypes {
		its = append(its, toInstanceType(t))
	}
	pool := &v1.NodePool{ObjectMeta: metav1.ObjectMeta{Name: "pool", UID: "pool-uid"}}
	pool.Spec.Limits = v1.Limits{corev1.ResourceCPU: resource.MustParse("10000000"), corev1.ResourceMemory: resource.MustParse("10000000Gi")}
	pool.Spec.Template.Spec.NodeClassRef = &v1.NodeClassReference{Group: "bench", Kind: "Bench", Name: "default"}

	cl := &memClient{byNode: map[string][]*corev1.Pod{}, nodes: map[string]*corev1.Node{}}
	for _, n := range in.ExistingNodes {
		labels := map[string]string{corev1.LabelHostname: n.Name, corev1.LabelTopologyZone: n.Zone, corev1.LabelArchStable: "amd64", corev1.LabelOSStable: "linux"}
		for k, v := range n.Labels {
			labels[k] = v
		}
		res := corev1.ResourceList{corev1.ResourceCPU: qMilli(n.CPUMilli), corev1.ResourceMemory: qMi(n.MemoryMi), corev1.ResourcePods: q(n.Pods)}
		cl.nodes[n.Name] = &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: labels},
			Spec: corev1.NodeSpec{ProviderID: "bench://" + n.Name}, Status: corev1.NodeStatus{Capacity: res, Allocatable: res}}
		for _, rp := range n.Running {
			p := toPod(rp)
			p.Spec.NodeName = n.Name
			p.Status.Phase = corev1.PodRunning
			cl.pods = append(cl.pods, p)
			cl.byNode[n.Name] = append(cl.byNode[n.Name], p)
		}
	}
	cluster := state.NewCluster(&clock.RealClock{}, cl, cloud{})
	for _, n := range in.ExistingNodes {
		check(cluster.UpdateNode(ctx, cl.nodes[n.Name]))
	}
	for _, p := range cl.pods {
		check(cluster.UpdatePod(ctx, p))
	}

	opts := []scheduling.Options{scheduling.NumConcurrentReconciles(workers)}
	itMap := map[string][]*cloudprovider.InstanceType{pool.Name: its}
	var out []RunResult
	var last scheduling.Results
	var order []*corev1.Pod
	nodeCounts := []int{}
	for i := 0; i < warm+runs; i++ {
		pods := make([]*corev1.Pod, 0, len(in.Pods))
		for _, p := range in.Pods {
			pods = append(pods, toPod(p))
		}
		last = scheduling.Results{}
		runtime.GC()
		c0, m0 := selfCPU(), machineCPU()
		t0 := time.Now()
		var sn []*state.StateNode
		if len(in.ExistingNodes) > 0 {
			sn = cluster.DeepCopyNodes()
		}
		topo, err := scheduling.NewTopology(ctx, cl, cluster, sn, []*v1.NodePool{pool}, itMap, pods, opts...)
		check(err)
		s := scheduling.NewScheduler(ctx, cl, []*v1.NodePool{pool}, cluster, sn, topo, itMap, nil,
			events.NewRecorder(&record.FakeRecorder{}), &clock.RealClock{}, nil, nil, opts...)
		t1 := time.Now()
		res, err := s.Solve(ctx, pods)
		t2 := time.Now()
		cpu := selfCPU() - c0
		others := float64(machineCPU()-m0-cpu) / float64(t2.Sub(t0)) * 100
		check(err)
		last = res
		order = pods // Solve has sorted it: the order in which it took them
		if i >= warm {
			out = append(out, RunResult{SetupMs: ms(t1.Sub(t0)), SolveMs: ms(t2.Sub(t1)), CPUMs: ms(cpu), BusyPct: math.Round(others)})
			nodeCounts = append(nodeCounts, len(res.NewNodeClaims))
		}
	}

	// the plan, and its price if each new node becomes the cheapest type left for it
	byName := map[string]InstanceType{}
	for _, t := range in.InstanceTypes {
		byName[t.Name] = t
	}
	plan := Plan{NewNodes: []PlanNode{}, Existing: []PlanNode{}, Unscheduled: map[string]string{}}
	price, cpuM, memMi, podsNew, podsOld := 0.0, int64(0), int64(0), 0, 0
	for _, nc := range last.NewNodeClaims {
		pn := PlanNode{Options: len(nc.InstanceTypeOptions), Pods: names(nc.Pods)}
		best := -1.0
		for _, it := range nc.InstanceTypeOptions {
			for _, o := range it.Offerings {
				if nc.Requirements.IsCompatible(o.Requirements, karpsched.AllowUndefinedWellKnownLabels) && (best < 0 || o.Price < best) {
					best, pn.InstanceType = o.Price, it.Name
				}
			}
		}
		pn.Zones = byName[pn.InstanceType].Zones
		if nc.Requirements.Has(corev1.LabelTopologyZone) {
			pn.Zones = nc.Requirements.Get(corev1.LabelTopologyZone).Values()
		}
		price += best
		cpuM += byName[pn.InstanceType].CPUMilli
		memMi += byName[pn.InstanceType].MemoryMi
		podsNew += len(nc.Pods)
		plan.NewNodes = append(plan.NewNodes, pn)
	}
	used := 0
	for _, en := range last.ExistingNodes {
		if len(en.Pods) == 0 {
			continue
		}
		used++
		podsOld += len(en.Pods)
		plan.Existing = append(plan.Existing, PlanNode{Name: en.Name(), Zones: []string{en.Labels()[corev1.LabelTopologyZone]}, Pods: names(en.Pods)})
	}
	for p, err := range last.PodErrors {
		plan.Unscheduled[p.Name] = err.Error()
	}
	for _, p := range order {
		if _, left := plan.Unscheduled[p.Name]; !left {
			plan.Order = append(plan.Order, p.Name)
		}
	}
	if planOut != "" {
		writeJSON(planOut, plan)
	}
	var ru syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &ru))
	kv := "unknown"
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, d := range bi.Deps {
			if d.Path == "sigs.k8s.io/karpenter" {
				kv = d.Version
				if d.Replace != nil {
					kv += " (replaced)"
				}
			}
		}
	}
	summary := map[string]any{
		"planner": "karpenter " + kv, "go": runtime.Version(), "gomaxprocs": runtime.GOMAXPROCS(0), "workers": workers,
		"input": name, "pods": len(in.Pods), "types": len(in.InstanceTypes), "existingNodes": len(in.ExistingNodes),
		"runs": out, "solveMsMin": stat(out, 0, false), "solveMsMedian": stat(out, 0.5, false),
		"cpuMsMin": minCPU(out), "totalMsMin": stat(out, 0, true), "totalMsMedian": stat(out, 0.5, true),
		"newNodes": len(last.NewNodeClaims), "newNodesPerRun": nodeCounts, "existingUsed": used,
		"podsOnNew": podsNew, "podsOnExisting": podsOld, "unscheduled": len(last.PodErrors),
		"pricePerHour": price, "newCpuMilli": cpuM, "newMemoryMi": memMi, "maxRssMiB": ru.Maxrss / 1024,
	}
	b, err := json.Marshal(summary)
	check(err)
	fmt.Println(string(b))
}

func selfCPU() time.Duration {
	var ru syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &ru))
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// machineCPU is the time all CPUs spent not idle (10 ms grain).
func machineCPU() time.Duration {
	b, err := os.ReadFile("/proc/stat")
	check(err)
	var u, n, sy, id, io, irq, sirq int64
	_, err = fmt.Sscanf(string(b), "cpu %d %d %d %d %d %d %d", &u, &n, &sy, &id, &io, &irq, &sirq)
	check(err)
	return time.Duration(u+n+sy+irq+sirq) * 10 * time.Millisecond
}

func names(ps []*corev1.Pod) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.Name)
	}
	return out
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func stat(rs []RunResult, quant float64, total bool) float64 {
	v := []float64{}
	for _, r := range rs {
		x := r.SolveMs
		if total {
			x += r.SetupMs
		}
		v = append(v, x)
	}
	sort.Float64s(v)
	if len(v) == 0 {
		return 0
	}
	if quant == 0 {
		return v[0]
	}
	if len(v)%2 == 0 {
		return (v[len(v)/2-1] + v[len(v)/2]) / 2
	}
	return v[len(v)/2]
}

func minCPU(rs []RunResult) float64 {
	m := math.Inf(1)
	for _, r := range rs {
		m = math.Min(m, r.CPUMs)
	}
	return m
}
