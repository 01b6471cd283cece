// crictl: what kubeadm, and people who look into a lab host, use of the tool of that name, which Debian does not
// package. Built against the CRI client that the Kubernetes source vendors.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1alpha2"
)

const usage = `usage: crictl [-r SOCKET] COMMAND
  info | version | images [-q] | inspecti IMAGE | pull IMAGE
  pods [-q] [--name NAME] | inspectp POD | stopp POD... | rmp [-f] POD...
  ps [-a] [-q] [--name REGEXP] [--state STATE] [--label KEY=VALUE] | inspect CONTAINER | stop CONTAINER... | rm [-f] CONTAINER...
  logs [--tail N] CONTAINER | exec CONTAINER COMMAND...   (no standard input)`

type client struct {
	ctx     context.Context
	runtime cri.RuntimeServiceClient
	images  cri.ImageServiceClient
}

// options of the subcommands; each takes those it knows and ignores none silently.
type options struct {
	quiet, all, force  bool
	name, state, label string
	tail               int
}

func main() {
	socket := flag.String("r", "unix:///run/containerd/containerd.sock", "")
	flag.StringVar(socket, "runtime-endpoint", *socket, "")
	flag.String("i", "", "")
	flag.String("image-endpoint", "", "")
	flag.String("t", "", "")
	flag.String("timeout", "", "")
	flag.Bool("D", false, "")
	flag.Bool("debug", false, "")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, usage) }
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	c, err := connect(strings.TrimPrefix(*socket, "unix://"))
	if err == nil {
		opts, args := parse(flag.Arg(0), flag.Args()[1:])
		err = c.run(flag.Arg(0), opts, args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crictl:", err)
		os.Exit(1)
	}
}

func connect(path string) (*client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	dial := func(ctx context.Context, path string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	conn, err := grpc.DialContext(ctx, path, grpc.WithInsecure(), grpc.WithContextDialer(dial),
		grpc.WithBlock(), grpc.FailOnNonTempDialError(true), grpc.WithUnaryInterceptor(newest),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &client{context.Background(), cri.NewRuntimeServiceClient(conn), cri.NewImageServiceClient(conn)}, nil
}

// newest asks the runtime over CRI v1, and over v1alpha2 where it has none: containerd 1.5 and older know v1alpha2 alone, 1.7
// was the last to know it. The names of the services are all that differs in what is used here; the messages are the same.
func newest(ctx context.Context, method string, request, reply interface{}, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, strings.Replace(method, "/runtime.v1alpha2.", "/runtime.v1.", 1), request, reply, conn, opts...)
	if status.Code(err) == codes.Unimplemented {
		err = invoke(ctx, method, request, reply, conn, opts...)
	}
	return err
}

func parse(command string, args []string) (options, []string) {
	var o options
	set := flag.NewFlagSet(command, flag.ExitOnError)
	set.Usage = flag.Usage
	boolean := func(to *bool, names ...string) {
		for _, name := range names {
			set.BoolVar(to, name, false, "")
		}
	}
	var ignored bool
	boolean(&o.quiet, "q", "quiet")
	boolean(&o.all, "a", "all")
	boolean(&o.force, "f", "force")
	boolean(&ignored, "i", "t", "s", "sync", "no-trunc")
	set.StringVar(&o.name, "name", "", "")
	set.StringVar(&o.state, "state", "", "")
	set.StringVar(&o.label, "label", "", "")
	set.IntVar(&o.tail, "tail", -1, "")
	set.Parse(args)
	return o, set.Args()
}

func (c *client) run(command string, o options, args []string) error {
	switch command {
	case "info":
		return c.info()
	case "version":
		return c.version()
	case "images":
		return c.listImages(o)
	case "pods":
		return c.listPods(o)
	case "ps":
		return c.listContainers(o)
	}
	if len(args) == 0 {
		return fmt.Errorf("%s: nothing named\n%s", command, usage)
	}
	switch command {
	case "inspecti":
		return c.inspectImage(args[0])
	case "pull":
		return c.pull(args[0])
	case "inspectp", "inspect":
		return c.inspect(command, args[0])
	case "stopp", "rmp":
		return c.each(args, c.podID, func(id string) error { return c.endPod(command, id, o.force) })
	case "stop", "rm":
		return c.each(args, c.containerID, func(id string) error { return c.endContainer(command, id, o.force) })
	case "logs":
		return c.logs(args[0], o.tail)
	case "exec":
		return c.exec(args[0], args[1:])
	}
	return fmt.Errorf("the lab's crictl has no %q\n%s", command, usage)
}

func (c *client) version() error {
	version, err := c.runtime.Version(c.ctx, &cri.VersionRequest{})
	if err != nil {
		return err
	}
	fmt.Printf("Version:  %s\nRuntimeName:  %s\nRuntimeVersion:  %s\nRuntimeApiVersion:  %s\n",
		version.Version, version.RuntimeName, version.RuntimeVersion, version.RuntimeApiVersion)
	return nil
}

func (c *client) info() error {
	version, err := c.runtime.Version(c.ctx, &cri.VersionRequest{})
	if err != nil {
		return err
	}
	status, err := c.runtime.Status(c.ctx, &cri.StatusRequest{})
	if err != nil {
		return err
	}
	return show(map[string]interface{}{"version": version, "status": status.Status})
}

func (c *client) listImages(o options) error {
	list, err := c.images.ListImages(c.ctx, &cri.ListImagesRequest{})
	if err != nil {
		return err
	}
	rows := table(o.quiet, "IMAGE", "IMAGE ID", "SIZE")
	for _, image := range list.Images {
		for _, tag := range append(image.RepoTags, "")[:max(1, len(image.RepoTags))] {
			rows.add(image.Id, tag, image.Id, fmt.Sprint(image.Size_))
		}
	}
	return rows.print()
}

func (c *client) inspectImage(name string) error {
	status, err := c.images.ImageStatus(c.ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: name}})
	if err != nil {
		return err
	}
	if status.Image == nil {
		return fmt.Errorf("no such image %q present", name)
	}
	return show(map[string]interface{}{"status": status.Image})
}

func (c *client) pull(name string) error {
	pulled, err := c.images.PullImage(c.ctx, &cri.PullImageRequest{Image: &cri.ImageSpec{Image: name}})
	if err == nil {
		fmt.Println("Image is up to date for", pulled.ImageRef)
	}
	return err
}

func (c *client) pods() ([]*cri.PodSandbox, error) {
	list, err := c.runtime.ListPodSandbox(c.ctx, &cri.ListPodSandboxRequest{})
	return list.GetItems(), err
}

func (c *client) containers() ([]*cri.Container, error) {
	list, err := c.runtime.ListContainers(c.ctx, &cri.ListContainersRequest{})
	return list.GetContainers(), err
}

func (c *client) listPods(o options) error {
	pods, err := c.pods()
	if err != nil {
		return err
	}
	rows := table(o.quiet, "POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT")
	for _, pod := range pods {
		if strings.Contains(pod.Metadata.Name, o.name) {
			rows.add(pod.Id, pod.Id[:13], when(pod.CreatedAt), short(pod.State.String(), "SANDBOX_"), pod.Metadata.Name,
				pod.Metadata.Namespace, fmt.Sprint(pod.Metadata.Attempt))
		}
	}
	return rows.print()
}

func (c *client) listContainers(o options) error {
	containers, err := c.containers()
	if err != nil {
		return err
	}
	rows := table(o.quiet, "CONTAINER", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD")
	name, err := regexp.Compile(o.name)
	if err != nil {
		return err
	}
	for _, container := range containers {
		state := short(container.State.String(), "CONTAINER_")
		shown := o.all || state == "Running"
		if o.state != "" {
			shown = strings.EqualFold(state, o.state)
		}
		if key, value, found := cut(o.label); found && container.Labels[key] != value {
			continue
		}
		if shown && name.MatchString(container.Metadata.Name) {
			rows.add(container.Id, container.Id[:13], when(container.CreatedAt), state,
				container.Metadata.Name, fmt.Sprint(container.Metadata.Attempt), container.PodSandboxId[:13],
				container.Labels["io.kubernetes.pod.name"])
		}
	}
	return rows.print()
}

// cut is strings.Cut at the first =, which old releases of Go lack.
func cut(label string) (key, value string, found bool) {
	place := strings.Index(label, "=")
	if place < 0 {
		return label, "", false
	}
	return label[:place], label[place+1:], true
}

func (c *client) inspect(command, name string) error {
	if command == "inspectp" {
		id, err := c.podID(name)
		if err != nil {
			return err
		}
		status, err := c.runtime.PodSandboxStatus(c.ctx, &cri.PodSandboxStatusRequest{PodSandboxId: id})
		if err != nil {
			return err
		}
		return show(map[string]interface{}{"status": status.Status})
	}
	status, err := c.containerStatus(name)
	if err != nil {
		return err
	}
	return show(map[string]interface{}{"status": status})
}

func (c *client) endPod(command, id string, force bool) error {
	var err error
	if command == "stopp" || force {
		_, err = c.runtime.StopPodSandbox(c.ctx, &cri.StopPodSandboxRequest{PodSandboxId: id})
	}
	if command == "rmp" && err == nil {
		_, err = c.runtime.RemovePodSandbox(c.ctx, &cri.RemovePodSandboxRequest{PodSandboxId: id})
	}
	return err
}

func (c *client) endContainer(command, id string, force bool) error {
	var err error
	if command == "stop" || force {
		_, err = c.runtime.StopContainer(c.ctx, &cri.StopContainerRequest{ContainerId: id})
	}
	if command == "rm" && err == nil {
		_, err = c.runtime.RemoveContainer(c.ctx, &cri.RemoveContainerRequest{ContainerId: id})
	}
	return err
}

func (c *client) each(names []string, identify func(string) (string, error), do func(string) error) error {
	for _, name := range names {
		id, err := identify(name)
		if err != nil {
			return err
		}
		if err := do(id); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println(name)
	}
	return nil
}

func (c *client) logs(name string, tail int) error {
	status, err := c.containerStatus(name)
	if err != nil {
		return err
	}
	file, err := os.Open(status.LogPath)
	if err != nil {
		return err
	}
	defer file.Close()
	var lines []string
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if tail >= 0 && tail < len(lines) {
		lines = lines[len(lines)-tail:]
	}
	for _, line := range lines {
		// TIME STREAM TAG TEXT; a tag of P means that the line goes on in the next one.
		parts := strings.SplitN(line, " ", 4)
		if len(parts) < 4 {
			continue
		}
		to, end := os.Stdout, "\n"
		if parts[1] == "stderr" {
			to = os.Stderr
		}
		if parts[2] == "P" {
			end = ""
		}
		fmt.Fprint(to, parts[3], end)
	}
	return scanner.Err()
}

func (c *client) exec(name string, command []string) error {
	id, err := c.containerID(name)
	if err != nil {
		return err
	}
	result, err := c.runtime.ExecSync(c.ctx, &cri.ExecSyncRequest{ContainerId: id, Cmd: command})
	if err != nil {
		return err
	}
	os.Stdout.Write(result.Stdout)
	os.Stderr.Write(result.Stderr)
	if result.ExitCode != 0 {
		os.Exit(int(result.ExitCode))
	}
	return nil
}

func (c *client) containerStatus(name string) (*cri.ContainerStatus, error) {
	id, err := c.containerID(name)
	if err != nil {
		return nil, err
	}
	status, err := c.runtime.ContainerStatus(c.ctx, &cri.ContainerStatusRequest{ContainerId: id})
	return status.GetStatus(), err
}

func (c *client) podID(prefix string) (string, error) {
	pods, err := c.pods()
	if err != nil {
		return "", err
	}
	ids := make([]string, 0, len(pods))
	for _, pod := range pods {
		ids = append(ids, pod.Id)
	}
	return match(ids, prefix)
}

func (c *client) containerID(prefix string) (string, error) {
	containers, err := c.containers()
	if err != nil {
		return "", err
	}
	ids := make([]string, 0, len(containers))
	for _, container := range containers {
		ids = append(ids, container.Id)
	}
	return match(ids, prefix)
}

func match(ids []string, prefix string) (string, error) {
	var found []string
	for _, id := range ids {
		if strings.HasPrefix(id, prefix) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%q names %d of those here, not one", prefix, len(found))
	}
	return found[0], nil
}

// rows prints as a table with its heading, or, when quiet, as identifiers alone.
type rows struct {
	quiet bool
	out   *tabwriter.Writer
}

func table(quiet bool, heading ...string) rows {
	r := rows{quiet, tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)}
	if !quiet {
		fmt.Fprintln(r.out, strings.Join(heading, "\t"))
	}
	return r
}

func (r rows) add(id string, cells ...string) {
	if r.quiet {
		fmt.Fprintln(r.out, id)
		return
	}
	fmt.Fprintln(r.out, strings.Join(cells, "\t"))
}

func (r rows) print() error { return r.out.Flush() }

func show(value interface{}) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err == nil {
		fmt.Println(string(text))
	}
	return err
}

func when(nanoseconds int64) string {
	return time.Since(time.Unix(0, nanoseconds)).Round(time.Second).String() + " ago"
}

func short(state, prefix string) string {
	state = strings.TrimPrefix(state, prefix)
	return strings.ToUpper(state[:1]) + strings.ToLower(state[1:])
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}
