package room

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

// TestScriptsTellTheRules: the rules of the talk as stories. Where one of them
// changes unasked, people may do what they may not, or lose what they said.
//
// Lines after "when" are one group: "ada post reply=2: text". Each has a client
// message id of its own unless id= says which, sent at ms= (default: now).
// "at 5000" is the ms at which the group is folded, "import source=a epoch=1" begins
// a group of an archive (seq= of each line), base=2@9 puts the stored row of message 2, read
// as of change 9, beside a command. "fill 600" is that many posts of ada's, "restore"
// goes on from a snapshot, "show what" tells the state. What came of it stands after "then".
func TestScriptsTellTheRules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			id := "pit"
			if strings.HasSuffix(file, "direct.txt") {
				id = DirectID("ada", "bob")
			}
			got := play(t, id, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// script plays steps on one room.
type script struct {
	t      *testing.T
	state  *State
	header *events.Header
	now    int // ms after at0
	n      int // of commands
	inputs []*outcryv1.RoomInput
	rows   map[uint64]*outcryv1.Message // as a store has them
	out    []string
}

func play(t *testing.T, id, text string) string {
	s := &script{t: t, state: New(id), rows: map[uint64]*outcryv1.Message{}}
	var shown []string
	expected := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "then":
			expected = true
			s.fold()
			shown = append(append(append(shown, line), s.out...), "")
			s.out = nil
		case line == "":
			if !expected {
				shown = append(shown, line)
			}
			expected = false
		case expected:
		default:
			shown = append(shown, line)
			if line == "when" {
				s.now += 1000
				s.header = headerAt(s.now)
			} else if line[0] != '#' {
				s.do(line)
			}
		}
	}
	return strings.TrimRight(strings.Join(shown, "\n"), "\n") + "\n"
}

// do takes one line: words, name=value, and text after a colon.
func (s *script) do(line string) {
	front, text, _ := strings.Cut(line, ": ")
	words, fields := []string{}, map[string]string{"text": text}
	for _, w := range strings.Fields(strings.TrimSuffix(front, ":")) {
		if name, value, ok := strings.Cut(w, "="); ok {
			fields[name] = value
		} else {
			words = append(words, w)
		}
	}
	switch words[0] {
	case "at":
		s.now = s.number(words[1])
		s.header = headerAt(s.now)
	case "import":
		s.fold()
		s.header = headerAt(s.now)
		s.header.Source, s.header.Epoch, s.header.Mode = fields["source"], fields["epoch"], outcryv1.Mode_MODE_IMPORT
	case "fill":
		s.fold()
		for range s.number(words[1]) {
			s.n++
			s.keep(fold(s.state, s.now, posting("ada", idOf(s.now, s.n), "so much to say", 0)))
		}
	case "restore":
		s.fold()
		s.state = restored(s.t, s.state)
	case "show":
		s.fold()
		s.show(words[1:])
	default:
		s.input(words[0], words[1], fields)
	}
}

func (s *script) number(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// input adds what a user asks for, or an archive tells.
func (s *script) input(user, verb string, f map[string]string) {
	s.n++
	ms, n := s.now, s.n
	if f["ms"] != "" {
		ms = s.number(f["ms"])
	}
	if f["id"] != "" {
		n, ms = s.number(f["id"]), s.number(f["ms"])
	}
	in := s.command(user, verb, idOf(ms, n), f)
	if s.header.Source != "gateway" {
		in = s.told(user, verb, f)
	}
	in.With = f["with"]
	if seq, asOf, ok := strings.Cut(f["base"], "@"); ok {
		in.Base = &outcryv1.Base{AsOfSeq: uint64(s.number(asOf))}
		if m := s.rows[uint64(s.number(seq))]; m != nil {
			in.Base.Message = clone(m)
		}
	}
	s.inputs = append(s.inputs, in)
}

func (s *script) command(user, verb string, id []byte, f map[string]string) *outcryv1.RoomInput {
	of, text := uint64(s.number(f["of"])), f["text"]
	if f["times"] != "" {
		text = strings.Repeat(text, s.number(f["times"]))
	}
	switch verb {
	case "post", "action":
		in := posting(user, id, text, uint64(s.number(f["reply"])))
		in.GetPost().Action = verb == "action"
		if f["characters"] != "" {
			in.GetPost().Text.Characters = uint32(s.number(f["characters"]))
		}
		return in
	case "edit":
		return editing(user, id, of, text)
	case "delete":
		return deleting(user, id, of)
	case "react", "unreact":
		return reacting(user, id, of, f["emoji"], verb == "unreact")
	case "join":
		return joining(user, id)
	case "leave":
		return leaving(user, id)
	case "settings":
		return setting(user, id, &outcryv1.RoomSettings{Title: f["title"], Topic: text, MaxCharacters: uint32(s.number(f["max"])), Private: f["private"] != "", SinceJoin: f["since_join"] != ""})
	case "kick", "ban", "unban", "mute", "unmute", "add":
		in := moderating(user, id, verb, f["whom"])
		in.Staff = f["staff"] != ""
		return in
	}
	return &outcryv1.RoomInput{User: user, ClientMsgId: id}
}

func (s *script) told(user, verb string, f map[string]string) *outcryv1.RoomInput {
	i := &outcryv1.Imported{Kind: outcryv1.MessageKind(outcryv1.MessageKind_value["MESSAGE_KIND_"+strings.ToUpper(verb)])}
	if f["text"] != "" {
		i.Text = textOf(f["text"])
	}
	for _, seq := range strings.FieldsFunc(f["replies"], func(r rune) bool { return r == ',' }) {
		i.RepliesToSourceSeq = append(i.RepliesToSourceSeq, uint64(s.number(seq)))
	}
	return &outcryv1.RoomInput{User: user, SourceSeq: uint64(s.number(f["seq"])), Input: &outcryv1.RoomInput_Imported{Imported: i}}
}

func (s *script) fold() {
	if len(s.inputs) == 0 {
		return
	}
	out := &Facts{}
	s.state.Fold(s.header, &outcryv1.RoomGroup{Room: s.state.id, Inputs: s.inputs}, out)
	s.inputs = nil
	s.keep(out)
	s.report(out)
}

func (s *script) keep(f *Facts) {
	for _, m := range f.Rows {
		s.rows[m.Seq] = m
	}
}

func (s *script) say(format string, args ...any) { s.out = append(s.out, fmt.Sprintf(format, args...)) }
