package webtest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// View is how a tab looks at the page. The zero value is a light desktop of 1440 x 900.
type View struct {
	Width, Height int
	Dark          bool
	ReducedMotion bool
	// Touch makes it a phone: touch instead of a mouse, two device pixels a pixel.
	Touch bool
}

// Tab is one page in a window of its own, so that it is painted whatever other tabs do.
type Tab struct {
	t       testing.TB
	browser *Browser
	session string
	target  string
	profile string

	mu       sync.Mutex
	problems []string
}

const mostProblems = 100

// Open opens an address in a profile of its own: another person's browser.
func (b *Browser) Open(address string, view View) *Tab {
	b.t.Helper()
	var profile struct{ BrowserContextID string }
	b.must("", "Target.createBrowserContext", nil, &profile)
	return b.open(profile.BrowserContextID, address, view)
}

// Open opens an address in the same profile: another tab of the same person.
func (tab *Tab) Open(address string, view View) *Tab {
	tab.t.Helper()
	return tab.browser.open(tab.profile, address, view)
}

func (b *Browser) open(profile, address string, view View) *Tab {
	b.t.Helper()
	var target struct{ TargetID string }
	b.must("", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": profile, "newWindow": true}, &target)
	var session struct{ SessionID string }
	b.must("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	tab := &Tab{t: b.t, browser: b, session: session.SessionID, target: target.TargetID, profile: profile}
	b.mu.Lock()
	b.tabs[tab.session] = tab
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		tab.must(domain+".enable", nil, nil)
	}
	tab.Look(view)
	tab.must("Page.navigate", map[string]any{"url": address}, nil)
	return tab
}

// Look changes how the tab looks at the page.
func (tab *Tab) Look(view View) {
	tab.t.Helper()
	if view.Width == 0 {
		view.Width, view.Height = 1440, 900
	}
	scale := 1
	if view.Touch {
		scale = 2
	}
	tab.must("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": view.Width, "height": view.Height, "deviceScaleFactor": scale, "mobile": view.Touch,
	}, nil)
	tab.must("Emulation.setTouchEmulationEnabled", map[string]any{"enabled": view.Touch}, nil)
	features := []map[string]string{
		{"name": "prefers-color-scheme", "value": choose(view.Dark, "dark", "light")},
		{"name": "prefers-reduced-motion", "value": choose(view.ReducedMotion, "reduce", "no-preference")},
	}
	tab.must("Emulation.setEmulatedMedia", map[string]any{"features": features}, nil)
}

// Eval evaluates JavaScript, waits for it if it is a promise, and decodes its
// value into result unless that is nil. What it throws is the error.
func (tab *Tab) Eval(script string, result any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	params := map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true}
	if err := tab.browser.pipe.call(tab.session, "Runtime.evaluate", params, &answer); err != nil {
		return err
	}
	if thrown := answer.ExceptionDetails; thrown != nil {
		return fmt.Errorf("evaluating %q: %s %s", script, thrown.Text, thrown.Exception.Description)
	}
	if result == nil {
		return nil
	}
	if answer.Result.Value == nil {
		return fmt.Errorf("evaluating %q: it has no value", script)
	}
	return json.Unmarshal(answer.Result.Value, result)
}

// Text evaluates a script that gives a string.
func (tab *Tab) Text(script string) string {
	tab.t.Helper()
	var text string
	if err := tab.Eval(script, &text); err != nil {
		tab.t.Fatal(err)
	}
	return text
}

// waitTimeout bounds WaitFor.
const waitTimeout = 15 * time.Second

// WaitFor waits in the page until a condition in JavaScript is true, at most 15 s. It survives the page being loaded anew.
func (tab *Tab) WaitFor(condition string) {
	tab.t.Helper()
	script := fmt.Sprintf(`new Promise((done) => {
		const until = performance.now() + 1000;
		const look = () => { let ok = false; try { ok = !!(%s) } catch {}
			if (ok || performance.now() > until) done(ok); else setTimeout(look, 10) };
		look() })`, condition)
	var last error
	for deadline := time.Now().Add(waitTimeout); time.Now().Before(deadline); {
		var ok bool
		if last = tab.Eval(script, &ok); ok {
			return
		} else if errors.Is(last, errClosed) {
			break
		}
	}
	tab.t.Fatalf("waiting for %s: not within %v (%v); the page said: %s", condition, waitTimeout, last, strings.Join(tab.Problems(), "; "))
}

// Screenshot writes what the tab shows as a PNG.
func (tab *Tab) Screenshot(path string) {
	tab.t.Helper()
	var shot struct{ Data string }
	tab.must("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	image, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		tab.t.Fatalf("decoding a screenshot: %v", err)
	}
	if err := os.WriteFile(path, image, 0o644); err != nil {
		tab.t.Fatalf("writing a screenshot: %v", err)
	}
}

// Problems lists what the page logged as errors: exceptions, refused
// resources, violated policies. Lost connections are among them.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.problems...)
}

// Close closes the tab.
func (tab *Tab) Close() {
	tab.t.Helper()
	tab.browser.must("", "Target.closeTarget", map[string]any{"targetId": tab.target}, nil)
}

func (tab *Tab) event(method string, params json.RawMessage) {
	var event struct {
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Entry struct{ Level, Text, URL string }
	}
	if json.Unmarshal(params, &event) != nil {
		return // an event of another shape, and of no interest here
	}
	switch {
	case method == "Runtime.exceptionThrown":
		d := event.ExceptionDetails
		tab.note(d.Text + " " + d.Exception.Description)
	case method == "Log.entryAdded" && event.Entry.Level == "error":
		tab.note(event.Entry.Text + " " + event.Entry.URL)
	}
}

func (tab *Tab) note(problem string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	if len(tab.problems) < mostProblems {
		tab.problems = append(tab.problems, problem)
	}
}

func (tab *Tab) must(method string, params, result any) {
	tab.t.Helper()
	tab.browser.must(tab.session, method, params, result)
}

func (b *Browser) must(session, method string, params, result any) {
	b.t.Helper()
	if err := b.pipe.call(session, method, params, result); err != nil {
		b.t.Fatal(err)
	}
}

func choose(on bool, yes, no string) string {
	if on {
		return yes
	}
	return no
}
