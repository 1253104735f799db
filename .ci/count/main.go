// Command count reads what `go test -json` prints and shows what people want
// to see of it: a line a package, everything that a failed test said, why
// tests were skipped, and at the end one line of counts. Subtests count as
// tests. Its exit code is 1 when something failed or nothing ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of `go test -json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

type counter struct {
	out                     io.Writer
	passed, failed, skipped int
	said                    map[string][]string // output of what still runs, by package and test
	failedIn                map[string]bool     // packages with a failed test
}

func main() {
	c := &counter{out: os.Stdout, said: map[string][]string{}, failedIn: map[string]bool{}}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadString('\n')
		var e event
		if json.Unmarshal([]byte(line), &e) == nil {
			c.take(e)
		} else if line != "" {
			fmt.Fprint(c.out, line) // the go command itself says something
		}
		if err != nil {
			break
		}
	}
	fmt.Fprintf(c.out, "%d passed, %d failed, %d skipped\n", c.passed, c.failed, c.skipped)
	if c.failed > 0 || c.passed == 0 {
		os.Exit(1)
	}
}

func (c *counter) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		c.said[key] = append(c.said[key], e.Output)
		return
	case "build-output":
		fmt.Fprint(c.out, e.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	if e.Test == "" {
		c.ended(e, c.said[key])
	} else {
		c.tested(e, c.said[key])
	}
	delete(c.said, key)
}

// tested takes the end of one test.
func (c *counter) tested(e event, said []string) {
	switch e.Action {
	case "pass":
		c.passed++
	case "fail":
		c.failed++
		c.failedIn[e.Package] = true
		fmt.Fprintf(c.out, "FAIL %s %s\n%s", e.Package, e.Test, strings.Join(said, ""))
	case "skip":
		c.skipped++
		fmt.Fprintf(c.out, "skip %s %s\n%s", e.Package, e.Test, strings.Join(said, ""))
	}
}

// ended takes the end of a package. One that fails without a failed test did
// not build, or ended in the middle: that is a failure of its own.
func (c *counter) ended(e event, said []string) {
	switch {
	case e.Action == "fail" && !c.failedIn[e.Package]:
		c.failed++
		fmt.Fprintf(c.out, "FAIL %s\n%s", e.Package, strings.Join(said, ""))
	case e.Action != "skip": // a package without tests is not worth a line
		fmt.Fprintf(c.out, "%-4s %s %.1fs\n", map[string]string{"pass": "ok", "fail": "FAIL"}[e.Action], e.Package, e.Elapsed)
	}
}
