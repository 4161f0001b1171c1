package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// kubeStateMetrics stands in for kube-state-metrics as k8s/kube-state-metrics/deployment.yaml starts it: the resources
// nodes and pods, and the metrics that its allow-list names. It is not the real one and proves nothing about it; a test
// compares what it writes with a recording of the real one.
func kubeStateMetrics() {
	flags := pflag.NewFlagSet("kube-state-metrics", pflag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "path of a kubeconfig")
	listen := flags.String("listen", "127.0.0.1:8080", "address to serve /metrics at")
	_ = flags.Parse(os.Args[1:])
	if err := serveSeries(*kubeconfig, *listen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveSeries(kubeconfig, listen string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	// Asking for a lister is what makes the factory watch the resource.
	pods, nodes := factory.Core().V1().Pods().Lister(), factory.Core().V1().Nodes().Lister()
	ctx := context.Background()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	http.HandleFunc("/metrics", func(response http.ResponseWriter, _ *http.Request) {
		allPods, podsErr := pods.List(labels.Everything())
		allNodes, nodesErr := nodes.List(labels.Everything())
		if podsErr != nil || nodesErr != nil {
			http.Error(response, fmt.Sprint(podsErr, nodesErr), http.StatusInternalServerError)
			return
		}
		var text bytes.Buffer
		writeSeries(&text, allNodes, allPods)
		response.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = response.Write(text.Bytes())
	})
	server := &http.Server{Addr: listen, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}
