// Command tfstub stands in for the provider hashicorp/aws where none can be
// installed. "terraform validate", and "terraform test" with a mock_provider, ask
// a provider for its schema and for a judgement of the configuration, nothing
// else. tfstub serves the real provider's schema from a file and judges values by
// the table in rules.go.
//
//	tfstub -schema FILE -env FILE [-tree DIRECTORY]...
//
// It listens on a socket, writes TF_REATTACH_PROVIDERS to the file -env, and
// serves any number of runs, at the same time too, until SIGINT or SIGTERM.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
)

// Without a host: Terraform and OpenTofu each put that of their own registry before it.
const address = "hashicorp/aws"

type options struct {
	schema, env string
	trees       []string
}

func main() {
	var o options

	flag.StringVar(&o.schema, "schema", "", "`file` as \"terraform providers schema -json\" prints it")
	flag.StringVar(&o.env, "env", "", "`file` that gets TF_REATTACH_PROVIDERS")
	flag.Func("tree", "serve only what this `directory` names, and others given: ten times faster",
		func(tree string) error { o.trees = append(o.trees, tree); return nil })
	flag.Parse()

	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "tfstub:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	words := map[string]bool{}
	for _, tree := range o.trees {
		if err := addWordsOf(os.DirFS(tree), words); err != nil {
			return err
		}
	}
	isWanted := func(name string) bool { return len(o.trees) == 0 || words[name] }
	file, err := os.Open(o.schema)
	if err != nil {
		return err
	}
	defer file.Close()
	c, err := readCatalog(file, isWanted)
	if err != nil {
		return fmt.Errorf("%s: %w", o.schema, err)
	}
	return serve(c, o.env)
}

func serve(c *catalog, env string) error {
	quiet := hclog.New(&hclog.LoggerOptions{Output: io.Discard})
	if err := os.Setenv("TF_LOG_SDK_PROTO", "off"); err != nil {
		return err
	}
	return tf5server.Serve(address, func() tfprotov5.ProviderServer { return &provider{catalog: c} },
		tf5server.WithGoPluginLogger(quiet),
		tf5server.WithManagedDebug(),
		tf5server.WithManagedDebugEnvFilePath(env),
		tf5server.WithManagedDebugStopSignals([]os.Signal{os.Interrupt, syscall.SIGTERM}))
}
