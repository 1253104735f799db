// Command faultdoc writes docs/ERRORS.md to standard output: every error code with what
// it means and what to do, from the descriptor of proto/outcry/v1/errors.proto.
// `make generate` runs it and `make generated` compares.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"outcry/gateways/fault"
	outcryv1 "outcry/proto/outcry/v1"
)

const head = `# Error codes

Made from [errors.proto](../proto/outcry/v1/errors.proto) by ` + "`make generate`" + `; change it there.

An ` + "`Error`" + ` has a stable ` + "`code`, a `text` for people, `retry` and `retry_after_ms`" + `. In JSON a code is called ` + "`ERROR_CODE_`" + ` and its name. In unary calls (gRPC, gRPC-Web, Connect) the
` + "`Error`" + ` is the detail of the status; other HTTP answers have it as their JSON body, and ` + "`Retry-After`" + ` in seconds. A WebSocket whose conversation ends with an error closes with 4000 + the code's number.
A code that a client does not know means what its ` + "`retry`" + ` says.

| retry | what a client may do |
|---|---|
`

const codesHead = `
| no. | code | retry | gRPC status | HTTP | close code | what it means | what to do |
|---:|---|---|---|---:|---:|---|---|
`

// retries explains the classes; their order is that of the enum.
var retries = map[outcryv1.Retry]string{
	outcryv1.Retry_RETRY_NEVER:          "The same would be refused again.",
	outcryv1.Retry_RETRY_AFTER:          "Try the same again after `retry_after_ms`; in the table is how long that is where the error says nothing better.",
	outcryv1.Retry_RETRY_SIGN_IN:        "Get a fresh token, then try the same again.",
	outcryv1.Retry_RETRY_RESEND_SAME_ID: "Send the same command with the same `client_msg_id`: it is done at most once.",
	outcryv1.Retry_RETRY_RESYNC:         "Read how things are, then ask anew.",
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	write(out)
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "writing the page:", err)
		os.Exit(1)
	}
}

// write makes the page. A bufio.Writer keeps its first error for Flush.
func write(out io.Writer) {
	io.WriteString(out, head)
	for n := 1; n < len(outcryv1.Retry_name); n++ {
		fmt.Fprintf(out, "| `%s` | %s |\n", word(outcryv1.Retry(n)), retries[outcryv1.Retry(n)])
	}
	io.WriteString(out, codesHead)
	values := outcryv1.ErrorCode(0).Descriptor().Values()
	for i := 1; i < values.Len(); i++ {
		writeCode(out, outcryv1.ErrorCode(values.Get(i).Number()))
	}
}

func writeCode(out io.Writer, code outcryv1.ErrorCode) {
	info := fault.Of(code)
	retry := "`" + word(info.Retry) + "`"
	if info.RetryAfterMs > 0 {
		retry += fmt.Sprintf(" %d ms", info.RetryAfterMs)
	}
	fmt.Fprintf(out, "| %d | `%s` | %s | `%s` | %d | %d | %s | %s |\n", code, word(code), retry, word(info.Status),
		fault.HTTPStatus(code), fault.CloseCode(code), info.Meaning, info.Remedy)
}

// word is an enum value without the name of its enum.
func word(v fmt.Stringer) string {
	for _, prefix := range []string{"ERROR_CODE_", "RETRY_", "STATUS_"} {
		if rest, ok := strings.CutPrefix(v.String(), prefix); ok {
			return rest
		}
	}
	return v.String()
}
