package feed

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// ircParser reads a log of a channel. Lines carry only hours and minutes.
type ircParser struct {
	room    string
	replies map[uint64][]uint64
	day     time.Time
	at      time.Time // of the newest line that had a time
}

func newIRC(o Options) (lineParser, error) {
	day, err := time.Parse(time.DateOnly, o.Date)
	if err != nil {
		return nil, fmt.Errorf("an irc log needs its date: name the file YYYY-MM-DD… or give --date (now %q)", o.Date)
	}
	room := o.Room
	if room == "" {
		room = "ubuntu"
	}
	return &ircParser{room: room, replies: o.Replies, day: day, at: day}, nil
}

var (
	ircLine   = regexp.MustCompile(`^\[(\d\d):(\d\d)\] (.*)$`)
	ircPost   = regexp.MustCompile(`^<([^>]*)>(?: (.*))?$`)
	ircAction = regexp.MustCompile(`^ ?\* (\S+)(?: (.*))?$`)
	ircMember = regexp.MustCompile(`^=== (.+?)\s+\[[^\[\]\s]*\]\s+has (joined|left|quit)(?: .*)?$`)
	ircRename = regexp.MustCompile(`^=== (.+?) is now known as (.+)$`)
	ircKick   = regexp.MustCompile(`^=== (\S+) was kicked off `)
	ircSystem = regexp.MustCompile(`^=== (?:mode/|\.\.\[)`)
	ircOld    = regexp.MustCompile(`^=== (\S+) (.*)$`)
)

func (p *ircParser) parse(line string, n uint64, emit func(*outcryv1.IngestEvent)) error {
	var user, text string
	var kind outcryv1.MessageKind
	if m := ircLine.FindStringSubmatch(line); m != nil {
		if err := p.clock(m[1], m[2]); err != nil {
			return err
		}
		user, kind, text = said(m[3])
	} else {
		user, kind, text = noticed(line)
	}
	if kind == outcryv1.MessageKind_MESSAGE_KIND_UNSPECIFIED {
		return errors.New("neither a post, an action nor a notice (===)")
	}
	emit(imported(p.room, user, n, p.at.UnixNano(), kind, text, p.replies[n]...))
	return nil
}

// clock moves on to a line's time; a smaller one than before is the next day.
func (p *ircParser) clock(hours, minutes string) error {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	if h > 23 || m > 59 {
		return fmt.Errorf("%s:%s is no time of the day", hours, minutes)
	}
	at := p.day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
	if p.at.Sub(at) > 12*time.Hour {
		p.day, at = p.day.AddDate(0, 0, 1), at.AddDate(0, 0, 1)
	}
	p.at = at
	return nil
}

// nick takes out the blanks that the logs put after brackets: "[B] olinho" is [B]olinho.
func nick(text string) string { return strings.Join(strings.Fields(text), "") }

func said(rest string) (user string, kind outcryv1.MessageKind, text string) {
	if m := ircPost.FindStringSubmatch(rest); m != nil {
		return nick(m[1]), outcryv1.MessageKind_MESSAGE_KIND_POST, m[2]
	}
	if m := ircAction.FindStringSubmatch(rest); m != nil {
		return m[1], outcryv1.MessageKind_MESSAGE_KIND_ACTION, m[2]
	}
	return "", 0, ""
}

// noticed reads the lines without a time. Logs before 2007 write actions
// there too ("=== ogra goes to bed now").
func noticed(line string) (user string, kind outcryv1.MessageKind, text string) {
	if m := ircMember.FindStringSubmatch(line); m != nil {
		if m[2] == "joined" {
			return nick(m[1]), outcryv1.MessageKind_MESSAGE_KIND_JOIN, ""
		}
		return nick(m[1]), outcryv1.MessageKind_MESSAGE_KIND_LEAVE, ""
	}
	if m := ircRename.FindStringSubmatch(line); m != nil {
		return nick(m[1]), outcryv1.MessageKind_MESSAGE_KIND_RENAME, nick(m[2])
	}
	if ircKick.MatchString(line) || ircSystem.MatchString(line) {
		return "system", outcryv1.MessageKind_MESSAGE_KIND_SYSTEM, strings.TrimPrefix(line, "=== ")
	}
	if m := ircOld.FindStringSubmatch(line); m != nil {
		return m[1], outcryv1.MessageKind_MESSAGE_KIND_ACTION, m[2]
	}
	return "", 0, ""
}

// ReadReplies reads annotations "a b -": line b answers line a, counted from
// 0; a = b starts a thread. The answer counts lines from 1, as Options.Replies does.
func ReadReplies(r io.Reader, name string) (map[uint64][]uint64, error) {
	l, err := openLines(r)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	replies := map[uint64][]uint64{}
	for {
		line, n, err := l.next()
		if errors.Is(err, io.EOF) {
			return replies, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s:%d: %w", name, n, err)
		}
		var a, b uint64
		if _, err := fmt.Sscanf(line, "%d %d -", &a, &b); err != nil {
			return nil, fmt.Errorf("reading %s:%d: %q is not \"LINE LINE -\"", name, n, line)
		}
		if a != b {
			replies[b+1] = append(replies[b+1], a+1)
		}
	}
}
