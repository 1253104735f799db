package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

func unzippedLines(t *testing.T, path string) (lines []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(z)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// archived is what one line of an archive says, found with other rules than the product's.
type archived struct {
	kind     outcryv1.MessageKind
	text     string // of posts
	answers  []uint64
	root     uint64
	line     string
	fileName string
}

func kindOfLine(line string) (kind outcryv1.MessageKind, text string) {
	if rest, ok := strings.CutPrefix(line, "["); ok {
		_, rest, _ = strings.Cut(rest, "] ")
		if strings.HasPrefix(rest, "<") {
			_, text, _ = strings.Cut(rest, ">")
			return outcryv1.MessageKind_MESSAGE_KIND_POST, strings.TrimPrefix(text, " ")
		}
		return outcryv1.MessageKind_MESSAGE_KIND_ACTION, ""
	}
	words := strings.Fields(line)
	has := slices.Index(words, "has")
	switch {
	case strings.Contains(line, " is now known as "):
		return outcryv1.MessageKind_MESSAGE_KIND_RENAME, ""
	case strings.HasPrefix(words[1], "mode/"), strings.HasPrefix(words[1], "..["), strings.Contains(line, " was kicked off "):
		return outcryv1.MessageKind_MESSAGE_KIND_SYSTEM, ""
	case has > 1 && strings.HasSuffix(words[has-1], "]") && words[has+1] == "joined":
		return outcryv1.MessageKind_MESSAGE_KIND_JOIN, ""
	case has > 1 && strings.HasSuffix(words[has-1], "]") && (words[has+1] == "left" || words[has+1] == "quit"):
		return outcryv1.MessageKind_MESSAGE_KIND_LEAVE, ""
	}
	return outcryv1.MessageKind_MESSAGE_KIND_ACTION, "" // "=== nick does something", as old logs have it
}

// wantArchive reads the raw files and their annotations: one change a line, so
// that line n of a file has the seq of the files before plus n.
func wantArchive(t *testing.T, files []string) (all []archived) {
	t.Helper()
	for _, file := range files {
		base := uint64(len(all)) + 1 // seq of line 0
		for _, line := range unzippedLines(t, file) {
			kind, text := kindOfLine(line)
			all = append(all, archived{kind: kind, text: text, line: line, fileName: filepath.Base(file)})
		}
		for _, link := range unzippedLines(t, strings.Replace(file, ".raw.", ".annotation.", 1)) {
			var a, b uint64
			if _, err := fmt.Sscanf(link, "%d %d -", &a, &b); err != nil {
				t.Fatal(file, link, err)
			}
			if at := &all[base+b-1]; a != b && !slices.Contains(at.answers, base+a) {
				at.answers = append(at.answers, base+a)
			}
		}
	}
	for i := range all {
		if a := all[i].answers; len(a) > 0 {
			all[i].root = a[0]
			if above := all[a[0]-1].root; above > 0 {
				all[i].root = above
			}
		}
	}
	return all
}

// Whoever reads an archive in a room must find all of it, who answered whom
// included, and find it once, however often it was imported.
func TestArchivesOfTalkAreWholeInTheRoom(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "irc"), "*.raw.txt.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	want := wantArchive(t, files)
	s := newServer(t)
	printed := s.run(append([]string{"import", "--format", "irc"}, files...)...)
	if n := strings.Count(printed, " 0 duplicates, 0 late, 0 refused"); n != len(files) {
		t.Errorf("%d of %d files say that nothing was refused:\n%s", n, len(files), printed)
	}
	s.sameArchive("ubuntu", want)
	again := s.run(append([]string{"import", "--format", "irc"}, files...)...)
	if n := strings.Count(again, ": 0 accepted, "); n != len(files) {
		t.Errorf("importing again accepts something:\n%s", again)
	}
	s.sameArchive("ubuntu", want)
}

func (s *server) sameArchive(room string, want []archived) {
	s.t.Helper()
	head, err := s.client().Messages(s.t.Context(), &outcryv1.MessagesRequest{Room: room, Limit: 1})
	if err != nil || head.HeadSeq != uint64(len(want)) {
		s.t.Fatalf("the room has %d changes, the files %d lines; %v", head.GetHeadSeq(), len(want), err)
	}
	got, wanted, several := map[outcryv1.MessageKind]int{}, map[outcryv1.MessageKind]int{}, 0
	for i, it := range messagesOf(s.t, s.client(), room, 0, head.HeadSeq) {
		m, w := it.GetMessage(), want[i]
		got[m.Kind]++
		wanted[w.kind]++
		answers := m.AlsoRepliesTo
		if m.ReplyTo > 0 {
			answers = append([]uint64{m.ReplyTo}, answers...)
		}
		if len(w.answers) > 1 {
			several++
		}
		isPost := w.kind == outcryv1.MessageKind_MESSAGE_KIND_POST
		if m.Seq != uint64(i)+1 || m.Kind != w.kind || isPost && string(m.Text.GetData()) != w.text ||
			!slices.Equal(answers, w.answers) || m.ThreadRoot != w.root {
			s.t.Fatalf("%s, line %q: got seq %d, %v %q, answers %v in thread %d; want %d, %v %q, %v, %d", w.fileName, w.line,
				m.Seq, m.Kind, m.Text.GetData(), answers, m.ThreadRoot, i+1, w.kind, w.text, w.answers, w.root)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(wanted) || several == 0 {
		s.t.Errorf("the room has %v, the files %v; %d answer several", got, wanted, several)
	}
	s.t.Logf("%d changes: %v, %d of them answer several", head.HeadSeq, got, several)
}
