// Command outcry is the whole product in one binary: the server, its demo,
// and the commands that import, watch, post, query, check and replay. It is
// the only place where the stages meet (app.go), and the only one that reads
// flags and the environment or exits.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:])) }

// run gives the exit code: 0, 1 for failure, 2 for misuse.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // whoever asks twice does not want to wait
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var misuse *misuseError
	if errors.As(err, &misuse) {
		fmt.Fprintf(os.Stderr, "outcry: %v\n%s --help says more\n", err, misuse.command)
		return 2
	}
	fmt.Fprintf(os.Stderr, "outcry: %v\n", err)
	return 1
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "outcry",
		Short: "One connection for the tape and the talk",
		Long: `Outcry carries market prices and chat over one connection: every instrument and
every room is an actor fed by a log that loses nothing it acknowledged.

Start with "outcry demo", then look at http://127.0.0.1:8080.`,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse(cmd, "unknown command %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return misuse(cmd, "%w", err) })
	root.AddCommand(newServe(), newDemo(), newImport(), newFeed(), newTail(), newPost(), newRoom(), newQuery(), newLog(), newPipeline(), newPoison(), newReplay(), newSessions(), newToken(), newRevoke(), newMigrate(), newBench(), newVersion())
	return root
}

// misuseError is an error of whoever typed the command.
type misuseError struct {
	command string
	err     error
}

func (e *misuseError) Error() string { return e.err.Error() }
func (e *misuseError) Unwrap() error { return e.err }

func misuse(cmd *cobra.Command, format string, args ...any) error {
	return &misuseError{cmd.CommandPath(), fmt.Errorf(format, args...)}
}

// needArgs refuses other numbers of arguments than least to most (-1: no bound), saying what they are.
func needArgs(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least {
			return misuse(cmd, "%s needed", what)
		}
		if most >= 0 && len(args) > most {
			return misuse(cmd, "unexpected argument %q", args[most])
		}
		return nil
	}
}
