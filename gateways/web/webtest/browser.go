package webtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"
)

// names under which Chromium is found in the PATH.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// flags keep the browser from asking anything of anybody but the test's server.
var flags = []string{
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
	"--disable-default-apps", "--disable-extensions", "--no-default-browser-check",
	"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
	"--disable-renderer-backgrounding", "--mute-audio", "--remote-debugging-pipe",
}

// Browser is one running Chromium.
type Browser struct {
	t    testing.TB
	pipe *pipe
	mu   sync.Mutex
	tabs map[string]*Tab // by session
}

// Start runs a browser until the test ends. The test is skipped where there is
// no Chromium, and where its pipe cannot be handed over (Windows).
func Start(t testing.TB) *Browser {
	t.Helper()
	program := find()
	if program == "" || runtime.GOOS == "windows" {
		t.Skip("no Chromium in the PATH: the page is not tested in a browser")
	}
	b := &Browser{t: t, tabs: map[string]*Tab{}}
	if err := b.run(program); err != nil {
		t.Fatalf("starting %s: %v", program, err)
	}
	return b
}

func find() string {
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

// run starts the process with the DevTools pipe as its files 3 and 4.
func (b *Browser) run(program string) error {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return err
	}
	profile, err := os.MkdirTemp("", "outcry-chromium-")
	if err != nil {
		return err
	}
	cmd := exec.Command(program, append(flags, "--user-data-dir="+profile, "about:blank")...)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		return err
	}
	theirIn.Close()
	theirOut.Close()
	b.pipe = newPipe(in, b.event)
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.pipe.read(out)
	}()
	b.t.Cleanup(func() {
		b.stop(cmd)
		in.Close()
		<-read
		out.Close()
		removeProfile(b.t, profile)
	})
	return b.pipe.call("", "Browser.getVersion", nil, nil)
}

// stop asks the browser to end, and ends it when it does not.
func (b *Browser) stop(cmd *exec.Cmd) {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := b.pipe.call("", "Browser.close", nil, nil); err != nil {
		b.t.Logf("closing the browser: %v", err)
	}
	patience := time.NewTimer(10 * time.Second)
	defer patience.Stop()
	select {
	case <-ended:
	case <-patience.C:
		if err := cmd.Process.Kill(); err != nil {
			b.t.Logf("killing the browser: %v", err)
		}
		<-ended
	}
}

// removeProfile tries twice: helpers of the browser may still be writing when it has ended.
func removeProfile(t testing.TB, profile string) {
	if os.RemoveAll(profile) == nil {
		return
	}
	if err := os.RemoveAll(profile); err != nil {
		t.Logf("removing the browser's profile: %v", err)
	}
}

// event hands an event to the tab that it is about.
func (b *Browser) event(session, method string, params json.RawMessage) {
	b.mu.Lock()
	tab := b.tabs[session]
	b.mu.Unlock()
	if tab != nil {
		tab.event(method, params)
	}
}
