// Joins the parts of the page.

import { Access, takeFragment } from "./access";
import { SCALES, type Scale } from "./bars";
import { Board } from "./board";
import { ChartCanvas } from "./canvas";
import { Chart } from "./chart";
import { ServerClock, wallMs } from "./clock";
import { openHelp, setUpHelp, setUpName } from "./dialogs";
import { byId } from "./dom";
import { signRequests } from "./http";
import { IdSource } from "./ids";
import { setUpKeys } from "./keys";
import { loadUser, ReadMarks, saveUser } from "./marks";
import { Painter } from "./painter";
import type { Room } from "./room";
import { RoomList } from "./roomlist";
import { pollRows } from "./rows";
import { Session } from "./session";
import { SignIn } from "./signin";
import { Status } from "./status";
import { Talk } from "./talk";
import { TalkFeed } from "./talkfeed";
import { Tape, type Instrument } from "./tape";
import { TapeFeed } from "./tapefeed";
import { setUpTabs } from "./tabs";
import { setUpTheme } from "./theme";
import { Ticker } from "./ticker";

const painter = new Painter(new URLSearchParams(location.search).get("measure") === "1");
const clock = new ServerClock();
const marks = new ReadMarks(localStorage);
const tape = new Tape();
let name = loadUser(localStorage);
// Before anything else: a token must not stay in the address.
const access = new Access(sessionStorage, localStorage, takeFragment());
signRequests(() => ({ token: access.token, name: access.mode === "named" ? name : "" }));
let total = 0;
/** The person chose a resolution; until then the page may. */
let scalePicked = false;

const session = new Session(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, () => access.hello(name), clock, {
  state: (state) => status.turn(state),
  unauthenticated: (text) => signIn.unauthenticated(text),
  signedIn: (answer) => signIn.signedIn(answer),
  hello: (hello) => {
    if (!signIn.hello(hello)) return false;
    marks.use(hello.lineage ?? "", signIn.named ? "" : signIn.user);
    talk.composer.limit(hello.limits?.messageCharacters || 2_000);
    status.hello(hello);
    return true;
  },
  replaced: () => status.replaced(),
  refused: (text) => status.notice(text),
});
const status = new Status(clock, () => session);
const signIn = new SignIn(access, localStorage, () => name, {
  reconnect: () => session.reconnect(),
  renew: (token) => session.signIn(token),
  reload: () => location.reload(),
  notice: (text) => status.notice(text),
  nowMs: () => clock.nowMs(),
});

// The tape: board, ticker, chart.
const canvas = new ChartCanvas();
const ticker = new Ticker((scale) => choose(scale));
canvas.onPoint = (bar) => ticker.point(bar);
const board = new Board(painter, {
  selected: (instrument) => select(instrument),
  filtered: (text) => tapeFeed.search(text),
});
const tapeFeed = new TapeFeed(session, tape, {
  rows: (instruments) => board.show(instruments),
  changed: (instrument, receivedMs) => {
    status.tick(receivedMs);
    board.changed(instrument, receivedMs);
    if (instrument.id === board.selected) painter.request(drawTicker);
  },
  bar: (bar) => chart.live(bar),
  reopened: () => chart.reload(),
  failed: (text) => status.notice(text),
  unread: (text) => {
    board.unread(text);
    status.notice(text);
  },
});
const chart = new Chart(canvas, painter, {
  watch: (instrument, resolution) => tapeFeed.watchBars(instrument, resolution),
  status: (text) => (byId("chart-status").textContent = text),
  sparse: () => !scalePicked && pickScale(SCALES[0]),
  ample: () => !scalePicked && pickScale(SCALES[1]),
});

function drawTicker(): void {
  ticker.draw();
}

function select(instrument: Instrument): void {
  ticker.show(instrument, chart.shown.scale);
  chart.show(instrument);
}

function choose(scale: Scale | undefined): void {
  scalePicked = true;
  pickScale(scale);
}

function pickScale(scale: Scale | undefined): void {
  const instrument = tape.instruments.get(board.selected);
  if (!scale || !instrument) return;
  canvas.showSeconds(scale.seconds < 60);
  ticker.show(instrument, scale);
  chart.show(instrument, scale);
}

// The talk: rooms, lines, composer.
const ids = new IdSource(() => clock.nowMs(), (n) => crypto.getRandomValues(new Uint8Array(n)));
const talkFeed = new TalkFeed(session, signIn, marks, () => ids.next(), {
  rooms: () => painter.request(drawRooms),
  room: (room, seq) => {
    if (room === talk.room) talk.changed(seq);
    painter.request(drawRooms);
  },
  pending: (room) => room === talk.room?.id && talk.redraw(),
  failed: (text) => status.notice(text),
});
const talk = new Talk(talkFeed, painter, {
  me: () => signIn.user,
  isInstrument: (word) => tape.instruments.has(word),
  pickInstrument: (id) => {
    board.clearFilter();
    board.select(id);
    tabs.show("chart");
  },
});
const roomList = new RoomList({
  picked: (room) => openRoom(room),
  join: (id) => openRoom(talkFeed.join(id)),
  direct: (user) => void talkFeed.direct(user).then((room) => room && openRoom(room)),
});
const tabs = setUpTabs((tab) => tab === "rooms" && talk.redraw());

function roomsInOrder(): Room[] {
  return [...talkFeed.rooms.values()].sort((a, b) => a.title.localeCompare(b.title));
}

function drawRooms(): void {
  const rooms = roomsInOrder();
  if (!talk.room && rooms[0]) talk.show(rooms[0]);
  if (rooms.length === 0) byId("talk-empty").textContent = "No rooms yet: join one by its name, and it is there.";
  total = roomList.draw(rooms, talk.room, signIn.user);
  tabs.badge("rooms", total);
}

function openRoom(room: Room): void {
  talk.show(room);
  drawRooms();
}

function moveRoom(by: number): void {
  const rooms = roomsInOrder();
  const at = talk.room ? rooms.indexOf(talk.room) : 0;
  const room = rooms[(at + by + rooms.length) % rooms.length];
  if (room) openRoom(room);
}

// The rest.
session.parts.push(tapeFeed, talkFeed);
const theme = setUpTheme(localStorage, () => canvas.recolour());
setUpHelp();
const openName = setUpName(() => name, (chosen) => {
  name = chosen;
  saveUser(localStorage, name);
  talkFeed.renamed();
  session.reconnect();
});
byId("user").addEventListener("click", () => (signIn.named ? openName() : signIn.open()));
setUpKeys({
  move: (by) => board.move(by),
  scale: (n) => choose(SCALES[n]),
  room: moveRoom,
  filter: () => {
    tabs.show("board");
    board.focusFilter();
  },
  chat: () => {
    tabs.show("rooms");
    talk.composer.focus();
  },
  theme: () => theme.toggle(),
  help: openHelp,
  escape: () => {
    if (talk.leaveThread()) return;
    board.clearFilter();
    (document.activeElement as HTMLElement | null)?.blur();
  },
});
byId("banner-now").addEventListener("click", () => session.reconnect());
byId("replaced-close").addEventListener("click", () => (byId("replaced").hidden = true));
setInterval(() => {
  const i = tape.instruments.get(board.selected);
  const price = i?.last === undefined ? "" : `${byId("ticker-last").textContent} ${i.id} · `;
  document.title = (total > 0 ? `(${total}) ` : "") + price + "Outcry";
}, 1_000);

/** For measurements and tests; see Painter about `latency`, in ms, filled with `?measure=1`. */
const hook = { latency: painter.latency, chart: () => chart.shown, now: wallMs };
declare global {
  interface Window {
    outcry: typeof hook;
  }
}
window.outcry = hook;
session.start();
pollRows(() => status.live, (words) => status.rows(words));
