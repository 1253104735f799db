package webtest

import "fmt"

// codes of the keys that are more than a character.
var codes = map[string]struct {
	code int
	text string
}{
	"Enter": {13, "\r"}, "Escape": {27, ""}, "Tab": {9, ""}, "Backspace": {8, ""},
	"ArrowUp": {38, ""}, "ArrowDown": {40, ""}, "Home": {36, ""}, "End": {35, ""},
}

// Press presses and releases a key, as KeyboardEvent.key names it.
func (tab *Tab) Press(key string) {
	tab.t.Helper()
	params := map[string]any{"type": "keyDown", "key": key, "text": key}
	if known, ok := codes[key]; ok {
		params["text"] = known.text
		params["windowsVirtualKeyCode"] = known.code
	}
	tab.must("Input.dispatchKeyEvent", params, nil)
	params["type"] = "keyUp"
	delete(params, "text")
	tab.must("Input.dispatchKeyEvent", params, nil)
}

// Type writes text into what has the focus.
func (tab *Tab) Type(text string) {
	tab.t.Helper()
	tab.must("Input.insertText", map[string]any{"text": text}, nil)
}

// Click clicks in the middle of the first element that the CSS selector finds, once there is one.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Hover(selector)
	at := tab.middle(selector)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		at["type"], at["button"], at["clickCount"] = kind, "left", 1
		tab.must("Input.dispatchMouseEvent", at, nil)
	}
}

// Hover moves the mouse over the first element that the CSS selector finds, once there is one.
func (tab *Tab) Hover(selector string) {
	tab.t.Helper()
	tab.WaitFor(fmt.Sprintf("document.querySelector(%q)?.checkVisibility()", selector))
	at := tab.middle(selector)
	at["type"] = "mouseMoved"
	tab.must("Input.dispatchMouseEvent", at, nil)
}

func (tab *Tab) middle(selector string) map[string]any {
	tab.t.Helper()
	var at struct{ X, Y float64 }
	script := fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.scrollIntoView({block: "nearest"});
		const r = e.getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2} })()`, selector)
	if err := tab.Eval(script, &at); err != nil {
		tab.t.Fatal(err)
	}
	return map[string]any{"x": at.X, "y": at.Y}
}
