// The control plane of the end-to-end tests: one program with the real etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler and KWOK in it, so that their common dependencies are compiled and linked once, and a stand-in for
// kube-state-metrics, whose module cannot be had where this is built. ../support/ builds, starts and ends it.
package main

import (
	"fmt"
	"os"
	// Machines of continuous integration may have no time zones.
	_ "time/tzdata"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var components = map[string]func(){
	"etcd":                    func() { etcdmain.Main(os.Args) },
	"kube-apiserver":          func() { os.Exit(cli.Run(apiserver.NewAPIServerCommand())) },
	"kube-controller-manager": func() { os.Exit(cli.Run(controllermanager.NewControllerManagerCommand())) },
	"kube-scheduler":          func() { os.Exit(cli.Run(scheduler.NewSchedulerCommand())) },
	"kwok":                    kwok,
	"kwok-stages":             printStages,
	"kube-state-metrics":      kubeStateMetrics,
}

func main() {
	if len(os.Args) < 2 || components[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: control-plane <component> [flags]; components:")
		for name := range components {
			fmt.Fprintln(os.Stderr, "  "+name)
		}
		os.Exit(2)
	}
	name := os.Args[1]
	// Each component reads the arguments as if it were alone.
	os.Args = append([]string{name}, os.Args[2:]...)
	components[name]()
}
