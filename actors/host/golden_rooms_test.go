package host

import (
	"outcry/actors/room"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// goldenRooms has rooms that are moderated, private, or read from one's joining on, and a conversation of two.
func goldenRooms(publish func(events.Kind, *events.Batch)) {
	r, n := &powerRoom{id: "desk"}, 0
	ask := func(id, user string, in *outcryv1.RoomInput) {
		n++
		in.User, in.ClientMsgId = user, r.msgID(n)
		publish(events.Room, &events.Batch{Header: events.Header{Source: "gateway", Mode: outcryv1.Mode_MODE_LIVE},
			Rooms: []*outcryv1.RoomGroup{{Room: id, Inputs: []*outcryv1.RoomInput{in}}}})
	}
	join := func() *outcryv1.RoomInput {
		return &outcryv1.RoomInput{Input: &outcryv1.RoomInput_Join{Join: &outcryv1.Join{}}}
	}
	post := func(with string) *outcryv1.RoomInput {
		return &outcryv1.RoomInput{With: with, Input: &outcryv1.RoomInput_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte("words"), Characters: 5}}}}
	}
	for _, user := range []string{"ada", "bob", "cyd"} {
		ask("desk", user, join())
	}
	for i := range 4 {
		ask("desk", "ada", &outcryv1.RoomInput{Input: &outcryv1.RoomInput_Settings{Settings: &outcryv1.RoomSettings{Private: i%2 == 1, SinceJoin: i > 1}}})
		for action := range outcryv1.ModerateAction(len(outcryv1.ModerateAction_name)) {
			for _, whom := range []string{"bob", "cyd", "eve", "ada"} {
				by, staff := "ada", false
				if action%3 == 1 {
					by, staff = "root", true
				}
				ask("desk", by, &outcryv1.RoomInput{Staff: staff, Input: &outcryv1.RoomInput_Moderate{Moderate: &outcryv1.Moderate{Action: action, User: whom}}})
				ask("desk", whom, post(""))
			}
			ask("desk", "cyd", join())
		}
	}
	two := room.DirectID("ada", "bob")
	for _, user := range []string{"ada", "bob", "cyd"} {
		ask(two, user, post(""))
		ask(two, user, post("bob"))
		ask(two, user, post("ada"))
		ask(two, user, join())
	}
}
