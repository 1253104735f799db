"""Rooms: from batches to the history of a room, by the rules of actors/room.

What a command may do depends on what the room still knows at that moment (its
newest changes and ids), so this keeps the same windows; the rows are all kept.
"""

import re
from base64 import b32encode
from collections import OrderedDict
from hashlib import sha256

from outcry.v1 import room_pb2 as words

from .windows import DUPLICATE, LATE, Windows

IDS, RECENT, TOUCHED = 4096, (512, 4 << 20), (256, 2 << 20)  # of the latter two: messages, bytes
POSTS = (words.MESSAGE_KIND_POST, words.MESSAGE_KIND_ACTION)
IMPORTED = (*POSTS, words.MESSAGE_KIND_JOIN, words.MESSAGE_KIND_LEAVE, words.MESSAGE_KIND_SYSTEM, words.MESSAGE_KIND_RENAME)
STAFF = (words.ROLE_OWNER, words.ROLE_MODERATOR)
DONE, REFUSED, STALE = "done", "refused", "stale"  # stale: the gateway sends it again, with what it read


class Member:
    def __init__(self, role: int, person: bool, joined: int):
        self.role, self.person, self.joined = role, person, joined


def cost(m) -> int:
    size = 400 + len(m.text.data) + len(m.user.encode()) + len(m.emoji.encode()) + 8 * len(m.also_replies_to)
    size += len(m.settings.title.encode()) + len(m.settings.topic.encode())
    return size + sum(100 + len(r.emoji.encode()) + sum(16 + len(u.encode()) for u in r.users) for r in m.reactions)


class Known(OrderedDict):
    """Messages that the room knows, by seq, with their cost; the first one leaves."""

    def __init__(self, bounds):
        super().__init__()
        self.most, self.bytes, self.sum = *bounds, 0

    def put(self, m) -> None:
        self.sum += cost(m) - self.get(m.seq, 0)
        self[m.seq] = cost(m)

    def leaving(self):
        while len(self) > self.most or self.sum > self.bytes and len(self) > 1:
            seq, size = self.popitem(last=False)
            self.sum -= size
            yield seq


def valid_user(name: str) -> bool:
    return 0 < len(name.encode()) <= 257


def direct_id(one: str, other: str) -> str:
    """The room of two people's conversation."""
    names = sorted((one.encode(), other.encode()))
    return "dm:" + b32encode(sha256(b"\n".join((b"outcry direct", *names))).digest()[:20]).decode().lower()


def is_direct(id: str) -> bool:
    return re.fullmatch("dm:[a-z2-7]{32}", id) is not None


class Room:
    def __init__(self, id: str):
        self.id, self.head, self.clock, self.forgotten = id, 0, 0, 0
        self.rows: dict[int, words.Message] = {}  # every change, in its present state
        self.members: dict[str, Member] = {}
        self.owner, self.settings = "", words.RoomSettings()
        self.banned: set[str] = set()
        self.muted: set[str] = set()
        self.ids: OrderedDict[tuple, list] = OrderedDict()  # (user, id) -> [what was asked for, what became of it]
        self.oldest = 0  # ms: ids before it are too old
        self.sources, self.recent, self.touched = Windows(), Known(RECENT), Known(TOUCHED)

    def history(self):
        return (self.rows[seq] for seq in sorted(self.rows))

    def fold(self, batch, group) -> None:
        self.batch = batch
        for one in group.inputs:
            (self.bring if one.WhichOneof("input") == "imported" else self.ask)(one)

    def ask(self, one) -> None:
        """A command counts once: the same id again is answered, not done."""
        id, kind = one.client_msg_id, one.WhichOneof("input")
        at = int.from_bytes(id[:6], "big")
        if not valid_user(one.user) or len(id) != 16 or id[6] >> 4 != 7 or at > max(self.batch.ingest_time_ns, 0) // 10**6 + 60_000 or not kind:
            return
        key, body = (one.user, id), (kind, getattr(one, kind).SerializeToString(deterministic=True))
        if before := self.ids.get(key):
            if before == [body, STALE]:
                before[1] = self.command(one, kind)
            return
        if at < self.oldest:
            return
        outcome = self.command(one, kind)
        if self.head:
            self.ids[key] = [body, outcome]
            if len(self.ids) > IDS:
                (_, old), _ = self.ids.popitem(last=False)
                self.oldest = max(self.oldest, int.from_bytes(old[:6], "big") + 1)

    def command(self, one, kind: str) -> str:
        opened, misplaced = self.direct(one, kind)
        if misplaced:
            return REFUSED
        if opened and kind == "join":
            return DONE
        me = self.members.get(one.user)
        if one.staff and kind in ("moderate", "delete", "settings"):  # granted to moderate, in the room or not
            me = me if me and me.person and me.role in STAFF else Member(words.ROLE_MODERATOR, True, 0)
        if kind != "join" and not (me and me.person):
            return REFUSED
        if one.user in self.muted and (kind in ("post", "edit") or kind == "react" and not one.react.remove):
            return REFUSED
        return getattr(self, "on_" + kind)(one, getattr(one, kind), me) or DONE

    def direct(self, one, kind: str) -> tuple[bool, bool]:
        """Whether the input opens a conversation of two, and whether it has no place where it came to."""
        two, other = is_direct(self.id), getattr(one, "with")
        if not two or other and (other == one.user or not valid_user(other) or direct_id(one.user, other) != self.id):
            return False, bool(two or other)
        if kind in ("leave", "settings", "moderate") or kind == "join" and not other:
            return False, True
        if not other or (them := self.members.get(other)) and them.person:
            return False, False
        first, second = sorted((one.user, other), key=str.encode)
        title = f"{first}, {second}"
        self.settings = words.RoomSettings(private=True, title=title if len(title.encode()) <= 256 else "")
        m = self.next(one, words.MESSAGE_KIND_ADD, role=words.ROLE_MEMBER, settings=self.settings, text=words.Text(data=other.encode(), characters=len(other)))
        m.ClearField("client_msg_id")
        for user in (one.user, other):
            self.members[user] = Member(m.role, True, m.seq)
        self.put(m)
        return True, False

    def next(self, one, kind: int, **more) -> words.Message:
        self.head += 1
        self.clock = max(self.clock + 1, self.batch.ingest_time_ns // 1000)
        return words.Message(room=self.id, seq=self.head, kind=kind, user=one.user, clock_us=self.clock, event_time_ns=one.event_time_ns,
                             client_msg_id=one.client_msg_id, change_seq=self.head, **more)

    def put(self, m) -> None:
        self.rows[m.seq] = m
        self.recent.put(m)
        self.forget(self.recent)

    def replace(self, m) -> None:
        m.change_seq = self.head
        self.rows[m.seq] = m
        if m.seq in self.recent:
            self.recent.put(m)
            return
        self.touched.put(m)
        self.touched.move_to_end(m.seq)
        self.forget(self.touched)

    def forget(self, known: Known) -> None:
        for seq in known.leaving():
            m = self.rows[seq]
            if m.kind in POSTS and m.change_seq > seq:
                self.forgotten = max(self.forgotten, m.change_seq)

    def find(self, one, seq: int, changes: bool):
        """A copy of a post that is to be changed or answered, or why there is none."""
        if not 0 < seq <= self.head:
            return None, REFUSED
        if seq not in self.recent and seq not in self.touched:
            base = one.base
            if base.message.room != self.id or base.message.seq != seq or not base.message.change_seq <= base.as_of_seq <= self.head \
                    or changes and base.as_of_seq < self.forgotten:
                return None, STALE
        if self.rows[seq].kind not in POSTS:
            return None, REFUSED
        post = words.Message()
        post.CopyFrom(self.rows[seq])
        return post, DONE

    def fits(self, text) -> bool:
        size, characters = len(text.data), text.characters
        return size <= 64 << 10 and 0 < characters <= size <= 4 * characters + 64 and characters <= (self.settings.max_characters or 2000)

    def on_post(self, one, post, me):
        if not self.fits(post.text):
            return REFUSED
        root = 0
        if post.reply_to:
            target, why = self.find(one, post.reply_to, changes=False)
            if target is None:
                return why
            root = target.thread_root or target.seq
        self.put(self.next(one, POSTS[post.action], text=post.text, reply_to=post.reply_to, thread_root=root))

    def on_edit(self, one, edit, me):
        now, why = self.find(one, edit.target_seq, changes=True)
        if now is None:
            return why
        if now.imported or now.user != one.user or now.deleted or not self.fits(edit.text):
            return REFUSED
        change = self.next(one, words.MESSAGE_KIND_EDIT, target_seq=now.seq, text=edit.text)
        now.text.CopyFrom(edit.text)
        now.edited_us = change.clock_us
        self.put(change)
        self.replace(now)

    def on_delete(self, one, delete, me):
        now, why = self.find(one, delete.target_seq, changes=True)
        if now is None:
            return why
        staff = me.role in STAFF
        if now.deleted or not staff and (now.imported or now.user != one.user):
            return REFUSED
        change = self.next(one, words.MESSAGE_KIND_DELETE, target_seq=now.seq)
        self.put(change)
        edits = [self.rows[s] for s in self.recent if self.rows[s].kind == words.MESSAGE_KIND_EDIT and self.rows[s].target_seq == now.seq]
        for m in (now, *edits):  # the text goes, also that of edits that are recent
            m.deleted = True
            m.ClearField("text")
            m.ClearField("reactions")
            self.replace(m)

    def on_react(self, one, react, me):
        if not 0 < len(react.emoji.encode()) <= 64:
            return REFUSED
        now, why = self.find(one, react.target_seq, changes=True)
        if now is None:
            return why
        if now.deleted:
            return REFUSED
        all = {r.emoji: list(r.users) for r in now.reactions}
        if (one.user in all.get(react.emoji, [])) != react.remove:
            return DONE  # it is so already
        if not react.remove and (sum(map(len, all.values())) == 1024 or react.emoji not in all and len(all) == 64):
            return REFUSED
        users = set(all.get(react.emoji, [])) ^ {one.user}
        all[react.emoji] = sorted(users)
        kind = words.MESSAGE_KIND_UNREACT if react.remove else words.MESSAGE_KIND_REACT
        change = self.next(one, kind, target_seq=now.seq, emoji=react.emoji)
        now.ClearField("reactions")
        now.reactions.extend(words.Reaction(emoji=e, users=u) for e, u in all.items() if u)
        self.put(change)
        self.replace(now)

    def on_settings(self, one, settings, me):
        sound = len(settings.title.encode()) <= 256 and len(settings.topic.encode()) <= 2048 and settings.max_characters <= 16_000
        if me.role not in STAFF or not sound:
            return REFUSED
        self.settings = settings
        self.put(self.next(one, words.MESSAGE_KIND_SETTINGS, settings=settings))

    def on_join(self, one, join, me):
        if me and me.person:
            return DONE
        if one.user in self.banned or self.settings.private or not me and len(self.members) >= 10_000:
            return REFUSED
        self.enter(one.user, self.next(one, words.MESSAGE_KIND_JOIN, role=self.role_of_next()))

    def role_of_next(self) -> int:
        return words.ROLE_MEMBER if self.owner else words.ROLE_OWNER

    def enter(self, user: str, change) -> None:
        self.members[user] = Member(change.role, True, change.seq)
        self.owner = self.owner or user
        self.put(change)

    def on_moderate(self, one, moderate, me):
        whom, action = moderate.user, moderate.action
        them = self.members.get(whom)
        if me.role not in STAFF or not valid_user(whom):
            return REFUSED
        about = {"text": words.Text(data=whom.encode(), characters=len(whom))}
        if action == words.MODERATE_ACTION_ADD:
            if whom in self.banned or not them and len(self.members) >= 10_000:
                return REFUSED
            if not (them and them.person):
                self.enter(whom, self.next(one, words.MESSAGE_KIND_ADD, role=self.role_of_next(), **about))
            return DONE
        if action == words.MODERATE_ACTION_UNBAN:
            if whom not in self.banned:
                return REFUSED
            self.banned.remove(whom)
            self.put(self.next(one, words.MESSAGE_KIND_UNBAN, **about))
            return DONE
        if action == words.MODERATE_ACTION_UNMUTE:
            if whom not in self.muted:
                return REFUSED
            self.muted.remove(whom)
            self.put(self.next(one, words.MESSAGE_KIND_UNMUTE, **about))
            return DONE
        if action == words.MODERATE_ACTION_MUTE and whom != one.user and whom != self.owner:
            if whom not in self.muted:
                if len(self.muted) >= 1_000:
                    return REFUSED
                self.muted.add(whom)
                self.put(self.next(one, words.MESSAGE_KIND_MUTE, **about))
            return DONE
        if whom == one.user or whom == self.owner or action not in (words.MODERATE_ACTION_KICK, words.MODERATE_ACTION_BAN):
            return REFUSED
        if action == words.MODERATE_ACTION_KICK:
            if not them:
                return REFUSED
            kind = words.MESSAGE_KIND_KICK
        else:
            if whom in self.banned:
                return DONE
            if len(self.banned) >= 1_000:
                return REFUSED
            self.banned.add(whom)
            kind = words.MESSAGE_KIND_BAN
        self.put(self.next(one, kind, **about))
        self.members.pop(whom, None)

    def on_leave(self, one, leave, me):
        change = self.next(one, words.MESSAGE_KIND_LEAVE)
        del self.members[one.user]
        if self.owner == one.user:  # the person who has been in for longest follows
            people = [(m.joined, user) for user, m in self.members.items() if m.person]
            self.owner = min(people)[1] if people else ""
            if people:
                self.members[self.owner].role = words.ROLE_OWNER
        self.put(change)

    def bring(self, one) -> None:
        """A change of an archive."""
        i, seq = one.imported, one.source_seq
        if not valid_user(one.user) or len(i.text.data) > 64 << 10 or i.kind not in IMPORTED or is_direct(self.id):
            return
        if i.kind == words.MESSAGE_KIND_RENAME and not valid_user(i.text.data.decode(errors="surrogateescape")):
            return
        window = self.sources.of((self.batch.source, self.batch.epoch), seq)
        if window is None or seq and window.see(seq) in (DUPLICATE, LATE):
            return
        m = self.next(one, i.kind, imported=True)
        m.ClearField("client_msg_id")
        if i.HasField("text"):
            m.text.CopyFrom(i.text)
        for n, answered in enumerate(i.replies_to_source_seq):
            to, root = window.links.get(answered, (0, 0)) if n < 64 else (0, 0)
            if to and not m.reply_to:
                m.reply_to, m.thread_root = to, root or to
            elif to and to != m.reply_to and to not in m.also_replies_to:
                m.also_replies_to.append(to)
        self.move(m)
        window.say(seq, (m.seq, m.thread_root))
        self.put(m)

    def move(self, m) -> None:
        """Names come and go; people who joined themselves are left alone."""
        here = self.members.get(m.user)
        if m.kind == words.MESSAGE_KIND_JOIN:
            m.role = words.ROLE_MEMBER
            if not here and len(self.members) < 10_000:
                self.members[m.user] = Member(m.role, False, m.seq)
        elif m.kind in (words.MESSAGE_KIND_LEAVE, words.MESSAGE_KIND_RENAME) and here and not here.person:
            del self.members[m.user]
            name = m.text.data.decode()
            if m.kind == words.MESSAGE_KIND_RENAME:
                m.role = words.ROLE_MEMBER
                if name not in self.members and len(self.members) < 10_000:
                    self.members[name] = Member(m.role, False, m.seq)
