// Package command is the one way of commands (post, edit, react, join, ...)
// from any transport to a room, and of the room's decision back: it stands between
// sessions and the log.
//
// A command is checked, appended to the log and answered when its record is
// durable and the room decided on it. Every command is answered exactly once, at
// the latest after Limits.Wait; only SubmitWait may give up earlier. Nothing here
// blocks a caller.
//
// Order: the commands of one session to one room are appended as they were
// submitted. One that names an older message (an answer, edit, delete or reaction)
// holds back those behind it until it is decided: if the message is too old for the
// room to know, the room asks for what is stored of it (STALE_BASE), and the
// command goes to the log once more with that, up to three times. After a failed
// append whatever was appended behind it may have come first; what the session
// submits later to that room is refused (RESEND_IN_ORDER) until it has sent the
// failed ones again, oldest first.
//
// Ownership: commands are copied; answers belong to the caller.
//
// Full: commands under way are bounded in all and per session; more are
// answered OVERLOADED at once, nothing done. When the log is slow, the bound is
// reached, and that is all the back-pressure there is. The largest commands take
// 64 KiB each, so the default bound is 128 MiB.
//
// To test with it: fakes of the three interfaces in Config; synctest for time.
package command
