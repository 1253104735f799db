// Package webtest drives a headless Chromium for tests of the page, over the
// DevTools protocol on a pipe: it opens tabs, evaluates JavaScript, presses
// keys, waits for conditions and takes screenshots. It stands beside the way of
// an event, where a person would sit.
//
// A Browser and its Tabs may be used from many goroutines. Faults end the test
// that started the browser; a machine without Chromium skips it. The browser
// ends with the test, and what a page logs as an error is kept (Tab.Problems),
// at most 100 lines a tab.
package webtest
