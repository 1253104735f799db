package kafka

import (
	"fmt"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"
)

// Secure sets TLS and sign-in of a client of sarama, as the log's own has
// them. Whoever reads topics beside the log uses it.
func (c *Config) Secure(s *sarama.Config) error {
	config, err := c.TLS.config()
	if err != nil {
		return err
	}
	s.Net.TLS.Enable, s.Net.TLS.Config = config != nil, config
	if c.SASL.Mechanism == "" {
		return nil
	}
	s.Net.SASL.Enable, s.Net.SASL.Mechanism = true, sarama.SASLMechanism(c.SASL.Mechanism)
	s.Net.SASL.User, s.Net.SASL.Password = c.SASL.User, c.SASL.Password
	switch c.SASL.Mechanism {
	case scram256:
		s.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scramClient{hash: scram.SHA256} }
	case scram512:
		s.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scramClient{hash: scram.SHA512} }
	}
	return nil
}

// scramClient holds one conversation, for sarama, which brings none of its own.
type scramClient struct {
	hash scram.HashGeneratorFcn
	*scram.ClientConversation
}

// Begin starts a conversation.
func (c *scramClient) Begin(user, password, authorization string) error {
	client, err := c.hash.NewClient(user, password, authorization)
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	c.ClientConversation = client.NewConversation()
	return nil
}
