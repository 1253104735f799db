package talk

import (
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// A demo where people answer messages that nobody wrote would show refusals.
func TestPeopleOnlyTouchWhatWasSaid(t *testing.T) {
	talk := New(3)
	said := map[string]map[uint64]string{}
	for _, r := range talk.Rooms {
		said[r.ID] = map[uint64]string{}
	}
	kinds := map[string]int{}
	for seq := uint64(1); seq < 2000; seq++ {
		a := talk.Next("ACME", "12.5")
		switch c := a.Command.Command.(type) {
		case *outcryv1.Command_Post:
			kinds["post"]++
			if to := c.Post.ReplyTo; to != 0 && said[a.Room][to] == "" {
				t.Fatalf("%v answers what nobody said", a)
			}
			said[a.Room][seq] = a.User
			talk.Said(a, seq)
		case *outcryv1.Command_React:
			kinds["react"]++
			if said[a.Room][c.React.TargetSeq] == "" {
				t.Fatal(a)
			}
		case *outcryv1.Command_Edit:
			kinds["edit"]++
			if said[a.Room][c.Edit.TargetSeq] != a.User {
				t.Fatal(a)
			}
		case *outcryv1.Command_Delete:
			kinds["delete"]++
			if said[a.Room][c.Delete.TargetSeq] != a.User {
				t.Fatal(a)
			}
			delete(said[a.Room], c.Delete.TargetSeq)
		}
	}
	if len(kinds) != 4 {
		t.Errorf("only %v", kinds)
	}
}
