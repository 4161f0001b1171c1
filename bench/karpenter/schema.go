// Neutral input and output ("pack-bench/1", see README.md), and the generator of the mix.
package main

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
)

type Input struct {
	Schema        string         `json:"schema"`
	Note          string         `json:"note,omitempty"`
	InstanceTypes []InstanceType `json:"instanceTypes"`
	ExistingNodes []ExistingNode `json:"existingNodes"`
	Pods          []Pod          `json:"pods"`
}

type InstanceType struct {
	Name             string   `json:"name"`
	CPUMilli         int64    `json:"cpuMilli"`
	MemoryMi         int64    `json:"memoryMi"`
	Pods             int64    `json:"pods"`
	ReservedCPUMilli int64    `json:"reservedCpuMilli"`
	ReservedMemoryMi int64    `json:"reservedMemoryMi"`
	Price            float64  `json:"price"` // per hour, same in every zone
	Zones            []string `json:"zones"`
}

type ExistingNode struct {
	Name     string            `json:"name"`
	Zone     string            `json:"zone"`
	CPUMilli int64             `json:"cpuMilli"` // allocatable
	MemoryMi int64             `json:"memoryMi"`
	Pods     int64             `json:"pods"`
	Labels   map[string]string `json:"labels,omitempty"`
	Running  []Pod             `json:"running"`
}

type Pod struct {
	Name            string            `json:"name"`
	UID             string            `json:"uid"`
	CPUMilli        int64             `json:"cpuMilli"`
	MemoryMi        int64             `json:"memoryMi"`
	Labels          map[string]string `json:"labels,omitempty"`
	NodeSelector    map[string]string `json:"nodeSelector,omitempty"`
	TopologySpread  []Spread          `json:"topologySpread,omitempty"`
	PodAffinity     []Term            `json:"podAffinity,omitempty"`     // required
	PodAntiAffinity []Term            `json:"podAntiAffinity,omitempty"` // required
}

type Spread struct { // whenUnsatisfiable is always DoNotSchedule
	TopologyKey string            `json:"topologyKey"`
	MaxSkew     int32             `json:"maxSkew"`
	MatchLabels map[string]string `json:"matchLabels"`
}

type Term struct {
	TopologyKey string            `json:"topologyKey"`
	MatchLabels map[string]string `json:"matchLabels"`
}

type Plan struct {
	NewNodes    []PlanNode        `json:"newNodes"`
	Existing    []PlanNode        `json:"existing"`
	Unscheduled map[string]string `json:"unscheduled"`
	Order       []string          `json:"order,omitempty"` // names, as they were placed over all nodes
}

type PlanNode struct {
	Name         string   `json:"name,omitempty"`         // existing nodes
	InstanceType string   `json:"instanceType,omitempty"` // new nodes: cheapest option left
	Options      int      `json:"options,omitempty"`      // new nodes: how many types are left
	Zones        []string `json:"zones"`                  // zones still possible
	Pods         []string `json:"pods"`
}

const (
	zoneKey = "topology.kubernetes.io/zone"
	hostKey = "kubernetes.io/hostname"
)

var zones = []string{"zone-1", "zone-2", "zone-3"}

// gen makes the "diverse pods" mix in the five equal fifths that Karpenter's own benchmark uses: the same
// value lists, and the same order of draws from rand.NewSource(42), so the same requests and labels.
func gen(pods, types, nodes int, seed int64) Input {
	in := Input{Schema: "pack-bench/1", Note: fmt.Sprintf("pods=%d types=%d nodes=%d seed=%d", pods, types, nodes, seed),
		InstanceTypes: []InstanceType{}, ExistingNodes: []ExistingNode{}, Pods: []Pod{}}
	for i := 1; i <= types; i++ {
		memMi := int64(i) * 2048
		in.InstanceTypes = append(in.InstanceTypes, InstanceType{
			Name: fmt.Sprintf("it-%03d", i), CPUMilli: int64(i) * 1000, MemoryMi: memMi, Pods: int64(i) * 10,
			ReservedCPUMilli: 100, ReservedMemoryMi: 10,
			Price: 0.1*float64(i) + 0.1*float64(memMi)*1048576/1e9, Zones: zones,
		})
	}
	r := rand.New(rand.NewSource(seed))
	val := func() string { return []string{"a", "b", "c", "d", "e", "f", "g"}[r.Intn(7)] }
	cpu := func() int64 { return []int64{100, 250, 500, 1000, 1500}[r.Intn(5)] }
	mem := func() int64 { return []int64{100, 256, 512, 1024, 2048, 4096}[r.Intn(6)] }
	uid := func(n string) string { h := sha1.Sum([]byte(n)); return hex.EncodeToString(h[:8]) }
	add := func(kind string, count int, fill func(p *Pod)) {
		for i := 0; i < count; i++ {
			n := fmt.Sprintf("%s-%05d", kind, len(in.Pods))
			p := Pod{Name: n, UID: uid(n)}
			fill(&p)
			p.CPUMilli = cpu()
			p.MemoryMi = mem()
			in.Pods = append(in.Pods, p)
		}
	}
	generic := func(p *Pod) { p.Labels = map[string]string{"my-label": val()} }
	spread := func(key string) func(p *Pod) {
		return func(p *Pod) {
			p.Labels = map[string]string{"my-label": val()}
			p.TopologySpread = []Spread{{TopologyKey: key, MaxSkew: 1, MatchLabels: map[string]string{"my-label": val()}}}
		}
	}
	fifth := pods / 5
	add("generic", fifth, generic)
	add("zonespread", fifth, spread(zoneKey))
	add("hostspread", fifth, spread(hostKey))
	add("zoneaff", fifth, func(p *Pod) {
		p.Labels = map[string]string{"my-affininity": val()}
		p.PodAffinity = []Term{{TopologyKey: zoneKey, MatchLabels: p.Labels}}
	})
	add("hostanti", fifth, func(p *Pod) {
		p.Labels = map[string]string{"app": "nginx"}
		p.PodAntiAffinity = []Term{{TopologyKey: hostKey, MatchLabels: p.Labels}}
	})
	add("generic", pods-len(in.Pods), generic)

	// existing nodes: 8 vCPU, 16 GiB, half used by four plain running pods
	for i := 0; i < nodes; i++ {
		n := ExistingNode{Name: fmt.Sprintf("node-%04d", i), Zone: zones[i%3], CPUMilli: 8000, MemoryMi: 16384, Pods: 110}
		for j := 0; j < 4; j++ {
			rn := fmt.Sprintf("run-%04d-%d", i, j)
			n.Running = append(n.Running, Pod{Name: rn, UID: uid(rn), CPUMilli: 1000, MemoryMi: 2048,
				Labels: map[string]string{"my-label": val()}})
		}
		in.ExistingNodes = append(in.ExistingNodes, n)
	}
	return in
}

func readJSON(path string, v any) {
	b, err := os.ReadFile(path)
	check(err)
	check(json.Unmarshal(b, v))
}

func writeJSON(path string, v any) {
	b, err := json.Marshal(v)
	check(err)
	check(os.WriteFile(path, append(b, '\n'), 0o644))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
