package gatewaytest

import outcryv1 "outcry/proto/outcry/v1"

func quotes(id string) *outcryv1.Topic {
	return &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_QUOTE, Id: id}
}

func trading(id string) *outcryv1.Topic {
	return &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_TRADES, Id: id}
}

func talk(id string) *outcryv1.Topic {
	return &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: id}
}

func bars(c outcryv1.Channel, id string, r outcryv1.Resolution) *outcryv1.Topic {
	return &outcryv1.Topic{Channel: c, Id: id, Resolution: r}
}

func to(t *outcryv1.Topic) *outcryv1.Subscription { return &outcryv1.Subscription{Topic: t} }

func after(t *outcryv1.Topic, seq uint64) *outcryv1.Subscription {
	return &outcryv1.Subscription{Topic: t, AfterSeq: &seq}
}
